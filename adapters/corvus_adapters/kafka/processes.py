"""The process of a Kafka node, found again by its pid file, also by another program.

A pid is used again by the system, so nothing is signalled before its command line is
seen to name our own properties file.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import signal

# Children of this program, by pid: they have to be waited for, or they stay zombies.
_CHILDREN: dict[int, subprocess.Popen[bytes]] = {}


class NodeProcess:
    """One node of the cluster in a folder."""

    def __init__(self, folder: Path, node: int) -> None:
        """Name the node; nothing is touched yet."""
        self._pid_file = folder / f"node-{node}.pid"
        self._mark = str(folder / f"node-{node}.properties")

    def remember(self, process: subprocess.Popen[bytes]) -> None:
        """Keep the pid of a node just started."""
        _CHILDREN[process.pid] = process
        self._pid_file.write_text(str(process.pid), encoding="ascii")

    def forget(self) -> None:
        """Remove the pid file of a node that ended."""
        self._pid_file.unlink(missing_ok=True)

    def pid(self) -> int | None:
        """Pid of the node when it runs and is ours."""
        try:
            pid = int(self._pid_file.read_text(encoding="ascii"))
        except (FileNotFoundError, ValueError):
            return None
        child = _CHILDREN.get(pid)
        if child is not None:
            if child.poll() is None:
                return pid
            del _CHILDREN[pid]
            return None
        return pid if self._mark in _command_line(pid) else None

    def running(self) -> bool:
        """Whether the node runs."""
        return self.pid() is not None

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the node, if it runs and is ours."""
        pid = self.pid()
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def wait(self, timeout_s: float) -> bool:
        """Wait until it has ended; False when it has not."""
        deadline = time.monotonic() + timeout_s
        while self.running():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True


def _command_line(pid: int) -> str:
    proc = Path("/proc") / str(pid) / "cmdline"
    if proc.parent.parent.is_dir():
        try:
            return proc.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return ""
    ps = shutil.which("ps")
    if ps is None:
        return ""
    return subprocess.run(  # noqa: S603 - our own arguments, no shell
        [ps, "-o", "args=", "-p", str(pid)], check=False, capture_output=True, text=True
    ).stdout
