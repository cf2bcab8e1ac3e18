/* Slows the disk and shifts the wall clock of one process, as a shared file says. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

struct control {
    volatile int64_t fsync_us; /* how long each fsync takes longer */
    volatile int64_t clock_ms; /* how far the wall clock is ahead */
    volatile int64_t fsyncs;   /* how often it was asked: what is not is no test */
    volatile int64_t clocks;
};

static struct control *control;

__attribute__((constructor)) static void open_control(void) {
    const char *path = getenv("FAULT_SHIM");
    int fd = path ? open(path, O_RDWR) : -1;
    if (fd < 0) return;
    void *map = mmap(0, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map != MAP_FAILED) control = map;
    close(fd);
}

static int slow(long number, int fd) {
    if (control) {
        __atomic_fetch_add(&control->fsyncs, 1, __ATOMIC_RELAXED);
        int64_t us = control->fsync_us;
        struct timespec left = {us / 1000000, us % 1000000 * 1000};
        while (us && nanosleep(&left, &left) && errno == EINTR) {}
    }
    return (int)syscall(number, fd);
}

int fsync(int fd) { return slow(SYS_fsync, fd); }
int fdatasync(int fd) { return slow(SYS_fdatasync, fd); }

int clock_gettime(clockid_t clock, struct timespec *out) {
    int failed = (int)syscall(SYS_clock_gettime, clock, out);
    if (failed || clock != CLOCK_REALTIME || !control) return failed;
    __atomic_fetch_add(&control->clocks, 1, __ATOMIC_RELAXED);
    int64_t ms = control->clock_ms;
    out->tv_sec += ms / 1000;
    out->tv_nsec += ms % 1000 * 1000000;
    if (out->tv_nsec < 0) out->tv_sec--, out->tv_nsec += 1000000000;
    if (out->tv_nsec >= 1000000000) out->tv_sec++, out->tv_nsec -= 1000000000;
    return 0;
}

int gettimeofday(struct timeval *restrict out, void *restrict zone) {
    struct timespec now;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    out->tv_sec = now.tv_sec;
    out->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *out) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (out) *out = now.tv_sec;
    return now.tv_sec;
}
