"""Do a step again and again until told to stop; an outage is waited out."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from typing import TYPE_CHECKING, Final

from corvus_adapters.log import get_log
from corvus_schemas.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Sequence

_LONGEST_S: Final = 10.0
_FIRST_S: Final = 0.1


async def repeat(
    step: Callable[[], Awaitable[object]], stop: asyncio.Event, pause_s: float = 0.0
) -> None:
    """Run a step until told to stop. Raises what it raises, but for outages."""
    wait = pause_s
    while not stop.is_set():
        try:
            await step()
            wait = pause_s
        except UnavailableError as error:
            get_log().warning("wacht", code=error.code)
            wait = min(max(wait * 2, _FIRST_S), _LONGEST_S)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), wait or 0.001)


async def run_until_stopped(
    works: Sequence[Callable[[asyncio.Event], Coroutine[None, None, None]]],
) -> None:
    """Run side by side until SIGTERM, SIGINT, or one of them fails.

    Raises:
        CorvusError: of the one that failed.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    tasks = [asyncio.create_task(work(stop)) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        stop.set()
        await asyncio.gather(*tasks, return_exceptions=True)
        for task in done:
            task.result()
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
