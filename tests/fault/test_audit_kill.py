"""kill -9 at every write of the audit log: nothing lost, nothing twice, no fork."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from auditlog_bouw import logboek, sqlite_url

from corvus_adapters.audit.opslag import Auditopslag
from corvus_crypto.boom import root_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from corvus_adapters.installatie import Installatie

PROGRAM = Path(__file__).with_name("audit_until_killed.py")
BATCHES = 530  # two steps, and more than two tiles


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def databases(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Callable[[], str]]:
    """Gives one empty database after the other."""
    if request.param == "sqlite":
        yield lambda: sqlite_url(tmp_path / f"{uuid4().hex}.sqlite")
        return
    from postgres_server import database  # noqa: PLC0415 - tests without it import nothing of it

    server = request.getfixturevalue("postgres_server")
    with contextlib.ExitStack() as stack:
        yield lambda: stack.enter_context(database(server, f"corvus_{uuid4().hex}"))


def run_program(path: Path, topic: Path, urls: list[str]) -> list[int]:
    done = subprocess.run(
        [sys.executable, str(PROGRAM), str(path), str(topic), json.dumps(urls)],
        env={**os.environ, "PYTHONPATH": str(PROGRAM.parent.parent)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [int(line) for line in done.stdout.split()]


@pytest.mark.slow
async def test_a_log_killed_at_any_write_goes_on_as_if_nothing_was(
    sandbox: Installatie, tmp_path: Path, databases: Callable[[], str]
) -> None:
    # SPEC 19-3, SPEC 19-6
    async with logboek(sandbox, tmp_path) as boek:
        await boek.record(BATCHES)
    whole = databases()
    [writes] = run_program(sandbox.path, tmp_path, [whole])
    assert writes > 20
    # The first of the list is not killed.
    urls = [databases() for _ in range(writes + 1)]
    assert run_program(sandbox.path, tmp_path, urls) == [writes, *range(1, writes + 1)]
    reference = Auditopslag(whole)
    assert reference.check_all() == BATCHES
    sizes, steps = set(), set()
    async with logboek(sandbox, tmp_path) as boek:
        for url in urls:
            opslag = Auditopslag(url)
            opslag.check()
            before = opslag.grootte()
            steps.add(before)
            assert opslag.bladeren(0, BATCHES) == reference.bladeren(0, before)
            for punt in opslag.punten(100):
                assert root_of(reference.boom, punt.grootte) == punt.wortel
                sizes.add(punt.grootte)
            await boek.follow(opslag)
            assert opslag.check_all() == BATCHES
            assert opslag.punten()[0].wortel == root_of(reference.boom, BATCHES)
            opslag.close()
        again = Auditopslag(urls[-1])
        assert await boek.auditlog(again).check_topic() == BATCHES
        again.close()
    reference.close()
    # It was killed before, between and after its steps.
    assert steps == {0, 512, BATCHES}
    assert sizes == {0, 512, BATCHES}
