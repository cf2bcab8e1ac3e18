"""kill -9 in the middle of commits: each commit is there as a whole, or not at all."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from reading import read_to_end

from corvus_broker.ports import TopicSpec

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from transport_backends import Backend

    from corvus_broker.ports import Transport

PROGRAM = Path(__file__).with_name("commit_forever.py")
KILLS = 4


async def commit_and_kill(backend: Backend, *args: str, commits: int) -> int:
    """Run the program, kill it after some commits; give the last it reported."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(PROGRAM),
        backend.as_json(),
        *args,
        stdout=asyncio.subprocess.PIPE,
        env={"PYTHONPATH": str(PROGRAM.parent.parent)},
    )
    assert process.stdout is not None
    line = b""
    try:
        for _ in range(commits):
            line = await asyncio.wait_for(process.stdout.readline(), 30)
            assert line, "the program ended by itself"
    finally:
        process.kill()
    rest = (line + await process.stdout.read()).decode().split()
    await process.wait()
    return int(rest[-1])


async def test_a_killed_process_leaves_whole_commits_only(
    backend: Backend,
    connect: Callable[[], Awaitable[Transport]],
    name: Callable[[str], str],
) -> None:
    source = name("inzending")
    outputs = [name("levering"), name("audit"), name("zaakstaat")]
    transport = await connect()
    await transport.ensure_topics([TopicSpec(topic) for topic in [source, *outputs]])

    for kill in range(KILLS):
        reported = await commit_and_kill(
            backend, "router", source, json.dumps(outputs), commits=5 + 7 * kill
        )
        claim = await transport.claim("router", source, 0)
        committed = await claim.committed()
        await claim.close()
        # What was reported as committed is; one more may be, unreported.
        assert reported <= committed <= reported + 1
        for topic in outputs:
            found = await read_to_end(transport, topic)
            assert [int(r.value or b"") for r in found] == list(range(committed))
