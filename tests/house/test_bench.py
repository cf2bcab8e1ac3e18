"""Every bench runs, on a size that measures nothing: so that none goes stale."""

from __future__ import annotations

import asyncio
import re
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from bench import csfle, groei, jose, processes, quick, router, soak, sweep
from bench.world import World

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.measure import Result

ROOT = Path(__file__).resolve().parents[2]
DISCLOSED = {"VT": 25, "OM": 16, "RVDK": 10, "RECL": 6}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("bench"))


def numbers(results: Sequence[Result]) -> dict[str, float]:
    return {name: value for one in results for name, value in one.numbers.items()}


def test_every_headline_is_described_and_comes_from_one_piece() -> None:
    described = (ROOT / "bench" / "README.md").read_text("utf-8")

    assert len(set(quick.HEADLINES)) == 9
    assert [one for one in quick.HEADLINES if f"`{one}`" not in described] == []


def test_the_conventional_broker_discloses_what_corvus_does(world: World) -> None:
    conventional = jose.Jose(world, world.design())

    posts = conventional.route(conventional.send())

    assert jose.check_same(conventional, posts) == DISCLOSED


def test_the_csfle_client_encrypts_what_corvus_delivers(world: World) -> None:
    topics = csfle.make_topics(world)

    csfle.check(topics, {naam: topic.produce() for naam, topic in topics.items()})

    assert {k: len(topic.velden) for k, topic in topics.items()} == {
        csfle.ALLEN: DISCLOSED["VT"],
        **DISCLOSED,
    }


def test_what_is_compared_in_memory_gives_its_ratios(world: World) -> None:
    results = [
        *jose.compare(world, count=2, turns=1),
        *csfle.compare(world, count=2, turns=1),
        quick.in_memory(world, quick.make_batches(world, 2), turns=1),
    ]

    found = numbers(results)
    assert found["vs_jose"] > 0
    assert found["vs_csfle"] > 0
    assert found["pipeline_msgs_per_s"] > 0


@pytest.mark.slow
def test_growth_is_measured_from_small_to_large(tmp_path: Path) -> None:
    found = groei.run(tmp_path, quick=True)

    assert [one.title for one in found] == [
        "Growth with recipients",
        "Growth with rubrieken",
        "Growth with plaintext bytes",
    ]
    for one in found:
        sizes = [int(row[3].replace(",", "")) for row in one.rows]
        assert all(a < b for a, b in pairwise(sizes))


@pytest.mark.slow
def test_routers_work_through_what_is_measured(world: World, tmp_path: Path) -> None:
    size = router.Size(8, 1, 8, (router.ROUTER, router.COPIES), (False,))
    found = numbers(
        [
            *asyncio.run(router.compare(world, tmp_path, None, size)),
            *asyncio.run(processes.compare(world, None, count=4, turns=1)),
        ]
    )

    assert found["router_vs_forwarder_embedded"] > 0
    assert found["two_processes_vs_one_embedded"] > 0


@pytest.mark.slow
def test_a_sweep_and_a_soak_lose_nothing(tmp_path: Path) -> None:
    plan, own = sweep.Plan(0.5, 0.5, 1), World(tmp_path)
    found = numbers(asyncio.run(sweep.sweep(own, None, plan)))
    assert found["latency_p50_ms_embedded"] <= found["latency_p999_ms_embedded"]

    result = asyncio.run(soak.soak(own, 128))

    assert result.numbers["soak_messages"] == 128
    assert result.numbers["soak_faults"] == 0
    assert any(re.search("faults: none", note) for note in result.notes)


def test_a_soak_sees_what_is_lost_doubled_or_out_of_order(world: World) -> None:
    sealed = world.seal(3, batched=True)
    check = soak.Check.of(world.partities)
    for one in sealed:
        check.sent(one)
    names = list(check.places)

    check.out_came(names[0])
    check.out_came(names[0])

    assert len(check.faults) == 1
    assert check.out == 1
    assert len(check.places) == 2
