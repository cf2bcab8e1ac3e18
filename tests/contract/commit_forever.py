"""Commits rounds until it is killed: round n writes n to every output topic."""

from __future__ import annotations

import asyncio
import json
import sys

from transport_backends import from_json

from corvus_broker.ports import Append


async def main(backend: str, group: str, source: str, outputs: list[str]) -> None:
    transport = from_json(backend).transport()
    await transport.start()
    claim = await transport.claim(group, source, 0)
    number = await claim.committed()
    while True:
        appends = [Append(topic, 0, b"k", str(number).encode()) for topic in outputs]
        await claim.commit(number + 1, appends)
        number += 1
        print(number, flush=True)  # noqa: T201 - the parent waits for this line


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], json.loads(sys.argv[4])))
