"""The PostgreSQL of a test run: the one POSTGRES_URL names, or one of our own."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psycopg

if TYPE_CHECKING:
    from collections.abc import Iterator

ENV: Final = "POSTGRES_URL"
_NOBODY: Final = "nobody"
_WAIT_S: Final = 30.0


@contextlib.contextmanager
def server() -> Iterator[str]:
    """URL of a server on which databases may be made; no server is a failure."""
    if existing := os.environ.get(ENV):
        yield existing
        return
    folder = Path(tempfile.mkdtemp(prefix="corvus-pg-"))
    try:
        with _running(_programs(), folder) as url:
            yield url
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def database(url: str, name: str) -> Iterator[str]:
    """A new database on a server, gone afterwards."""
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"'.encode())
    try:
        yield f"{url.rpartition('/')[0]}/{name}"
    finally:
        with psycopg.connect(url, autocommit=True) as admin:
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


def _programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    which = shutil.which("initdb")
    if found or which:
        return Path(found[-1] if found else str(which)).parent
    raise AssertionError(
        "these tests need PostgreSQL: apt-get install postgresql, or set POSTGRES_URL,"
        " or leave them out with -m 'not postgres'"
    )


@contextlib.contextmanager
def _running(programs: Path, folder: Path) -> Iterator[str]:
    # PostgreSQL refuses to run as root; a build often is.
    user = _NOBODY if os.geteuid() == 0 else None
    if user:
        who = pwd.getpwnam(user)
        os.chown(folder, who.pw_uid, who.pw_gid)
    data, port = folder / "data", _free_port()
    _run([programs / "initdb", "-D", data, "-A", "trust", "-U", "corvus"], user)
    options = {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": "",
        "fsync": "off",  # the machine does not lose power in a test
    }
    process = subprocess.Popen(
        [
            *map(str, (programs / "postgres", "-D", data)),
            *(f"--{name}={value}" for name, value in options.items()),
        ],
        user=user,
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"postgresql://corvus@127.0.0.1:{port}/postgres"
    try:
        _await(url, process)
        yield url
    finally:
        process.terminate()
        process.wait(_WAIT_S)


def _run(command: list[Path | str], user: str | None) -> None:
    done = subprocess.run(
        [str(part) for part in command],
        user=user,
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def _await(url: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + _WAIT_S
    while True:
        assert process.poll() is None, "PostgreSQL ended by itself"
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError:
            assert time.monotonic() < end, "PostgreSQL did not start in time"
            time.sleep(0.05)
        else:
            return


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port
