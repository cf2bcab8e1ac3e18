"""A slow disk and a wrong clock for a process of our own: a preloaded library."""

from __future__ import annotations

import contextlib
import mmap
import os
import shutil
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE = Path(__file__).parent / "fault" / "shim.c"
_FSYNC_US, _CLOCK_MS, _FSYNCS, _CLOCKS = range(4)


@dataclass(frozen=True)
class Shim:
    """What the processes started under it see, from the next call on."""

    library: Path
    control: Path
    _map: mmap.mmap

    def slow_disk(self, seconds: float) -> None:
        self._put(_FSYNC_US, int(seconds * 1_000_000))

    def shift_clock(self, seconds: float) -> None:
        """Put their clock so far from this machine's, ahead or behind."""
        self._put(_CLOCK_MS, int(seconds * 1000))

    @property
    def fsyncs(self) -> int:
        return self._get(_FSYNCS)

    @property
    def clocks(self) -> int:
        return self._get(_CLOCKS)

    def _put(self, place: int, value: int) -> None:
        struct.pack_into("=q", self._map, place * 8, value)

    def _get(self, place: int) -> int:
        (value,) = struct.unpack_from("=q", self._map, place * 8)
        return int(value)

    @contextlib.contextmanager
    def over_what_starts(self) -> Iterator[None]:
        """Preload it in every process that is started inside the block."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("LD_PRELOAD", str(self.library))
            patch.setenv("FAULT_SHIM", str(self.control))
            yield


def build_shim(folder: Path) -> Shim:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.fail("no C compiler for the slow disk and the clock: install gcc")
    library, control = folder / "shim.so", folder / "shim.control"
    subprocess.run(
        [compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(SOURCE)],
        check=True,
    )
    control.write_bytes(bytes(32))
    descriptor = os.open(control, os.O_RDWR)
    try:
        shared = mmap.mmap(descriptor, 32)
    finally:
        os.close(descriptor)
    return Shim(library, control, shared)
