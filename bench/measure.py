"""Timing that holds on a shared machine: CPU time, interleaved rounds.

Work in memory is timed in CPU seconds of this process, so that neighbours who take the
core away do not count; those who slow it down still do, so the best round is given.
What is compared runs in turns in the same minutes, and a ratio is the median of the
ratios of the rounds.
"""

from __future__ import annotations

import gc
import hashlib
import importlib.metadata
import os
import platform
import sqlite3
import statistics
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric import ed25519
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rich.console import Console

PACKAGES = (
    *("cryptography", "pynacl", "aiokafka", "fastavro", "msgspec"),
    *("joserfc", "confluent-kafka"),
)


@dataclass
class Result:
    """One table of a report, and the numbers that go into the JSON line."""

    title: str
    columns: Sequence[str]
    rows: list[Sequence[str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    numbers: dict[str, float] = field(default_factory=dict)

    def add(self, *cells: object) -> None:
        self.rows.append([_text(cell) for cell in cells])

    def show(self, console: Console) -> None:
        table = Table(title=self.title, title_justify="left")
        for number, column in enumerate(self.columns):
            table.add_column(column, justify="right" if number else "left")
        for row in self.rows:
            table.add_row(*row)
        console.print(table)
        for note in self.notes:
            console.print(f"  {note}", highlight=False)

    def markdown(self) -> str:
        lines = [
            f"### {self.title}",
            "",
            "| " + " | ".join(self.columns) + " |",
            "|---" * 1 + "|---:" * (len(self.columns) - 1) + "|",
            *("| " + " | ".join(row) + " |" for row in self.rows),
            "",
            *(f"* {note}" for note in self.notes),
        ]
        return "\n".join(lines) + "\n"


def _text(cell: object) -> str:
    if isinstance(cell, float):
        return f"{cell:,.0f}" if abs(cell) >= 100 else f"{cell:.3g}"
    return f"{cell:,}" if isinstance(cell, int) else str(cell)


def cpu_us(step: Callable[[], object], count: int) -> float:
    """CPU microseconds of one of ``count`` things that a step does."""
    started = time.process_time()
    step()
    return (time.process_time() - started) / count * 1e6


def rounds(count: int) -> Iterator[int]:
    """Rounds with the heap frozen, so that the world is not scanned for garbage."""
    gc.collect()
    gc.freeze()
    yield from range(count)
    gc.unfreeze()


def best(values: Sequence[float]) -> float:
    """The round that was disturbed least."""
    return min(values)


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def ratio(over: Sequence[float], under: Sequence[float]) -> float:
    """Median of the ratios of the rounds."""
    return median([a / b for a, b in zip(over, under, strict=True)])


def calibration() -> Result:
    """What this machine makes of a few primitives right now."""
    key = ed25519.Ed25519PrivateKey.generate()
    public, data, large = key.public_key(), bytes(120), bytes(16_384)
    signature = key.sign(data)
    result = Result("This machine, during this run", ("primitive", "us"))
    for name, step, count in (
        ("Ed25519 verify (OpenSSL)", lambda: public.verify(signature, data), 300),
        ("SHA-256 of 16 KiB", lambda: hashlib.sha256(large).digest(), 2000),
        ("Python: sum(range(1000))", lambda: sum(range(1000)), 2000),
    ):
        result.add(name, best([cpu_us(repeated(step, count), count) for _ in "123"]))
    return result


def repeated(step: Callable[[], object], count: int) -> Callable[[], None]:
    def all_of_them() -> None:
        for _ in range(count):
            step()

    return all_of_them


def machine() -> list[str]:
    """CPU, memory and versions; never a host name."""
    versions = ", ".join(f"{p} {importlib.metadata.version(p)}" for p in PACKAGES)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    return [
        f"{_cpu_name()}, {os.cpu_count()} cores, {memory:.0f} GiB, load {load}",
        (
            f"{platform.system()} {platform.release().split('-')[0]},"
            f" Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
        ),
        versions,
    ]


def _cpu_name() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text("utf-8").splitlines() if info.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if "model name" in line]
    return names[0] if names else platform.processor() or platform.machine()
