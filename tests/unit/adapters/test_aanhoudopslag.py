"""The store of what is held: opened by several routers at once, and emptied for good."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING

from corvus_adapters.aanhouding import Opslag
from corvus_broker.ports import Bewaard

if TYPE_CHECKING:
    from pathlib import Path

ROUTERS = 8


def opened(folder: Path) -> Opslag:
    return Opslag(
        f"sqlite:///{folder}/inhoud.sqlite", f"sqlite:///{folder}/sleutels.sqlite"
    )


def test_routers_that_start_together_all_get_it(tmp_path: Path) -> None:
    for attempt in range(5):
        folder = tmp_path / str(attempt)
        start = Barrier(ROUTERS)

        def take(folder: Path = folder, start: Barrier = start) -> Opslag:
            start.wait()
            return opened(folder)

        with ThreadPoolExecutor(ROUTERS) as pool:
            found = [pool.submit(take) for _ in range(ROUTERS)]
        for one in found:
            one.result().close()


async def test_destroying_takes_the_key_from_the_file_too(tmp_path: Path) -> None:
    # SPEC 17-5
    opslag = opened(tmp_path)
    nummer = b"n" * 32
    await opslag.bewaar([Bewaard(nummer, b"z" * 16, 0, 1, 2, 3, b"sealed already")])
    file = tmp_path / "sleutels.sqlite"
    assert nummer in file.read_bytes()
    assert b"sealed already" not in (tmp_path / "inhoud.sqlite").read_bytes()
    await opslag.vernietig([nummer])
    assert nummer not in file.read_bytes()
    assert await opslag.haal(nummer) is None
    opslag.close()
