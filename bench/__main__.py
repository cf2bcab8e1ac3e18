"""Runs every bench: prints the tables, writes bench/results/<date>.md.

    python -m bench [--quick]

The quick mode takes about a minute and ends in one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bench import router, sdk, steps, table
from bench.measure import calibration, machine
from bench.world import World
from rich.console import Console

if TYPE_CHECKING:
    from bench.measure import Result

RESULTS = Path(__file__).parent / "results"
HEADLINES = (
    "pipeline_msgs_per_s",
    "pipeline_batched_sender_msgs_per_s",
    "router_vs_forwarder_kafka",
    "router_batched_vs_forwarder_kafka",
    "router_vs_forwarder_embedded",
    "rules_10000_vs_100",
)


def collect(folder: Path, *, quick: bool, transport: str) -> list[Result]:
    world = World(folder)
    return [
        calibration(),
        *steps.run(world, quick=quick),
        *table.run(quick=quick),
        *sdk.run(world, quick=quick),
        *router.run(world, folder, quick=quick, transport=transport),
    ]


def write(results: list[Result], now: datetime, *, quick: bool) -> Path:
    RESULTS.mkdir(exist_ok=True)
    kind = "quick" if quick else "full"
    path = RESULTS / f"{now:%Y-%m-%dT%H%M}-{kind}.md"
    head = [f"# Bench of {now:%Y-%m-%d %H:%M} UTC ({kind})", "", *machine(), ""]
    text = "\n".join([*head, *(one.markdown() for one in results)])
    path.write_text(text, "utf-8")
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description="Run every bench.")
    parser.add_argument("--quick", action="store_true", help="about a minute")
    parser.add_argument(
        "--transport", choices=("sqlite", "kafka", "both"), default="both"
    )
    options = parser.parse_args()
    console = Console()
    now = datetime.now(UTC)
    for line in machine():
        console.print(line, highlight=False)
    with tempfile.TemporaryDirectory() as name:
        results = collect(Path(name), quick=options.quick, transport=options.transport)
    for result in results:
        result.show(console)
    path = write(results, now, quick=options.quick)
    console.print(f"Written to bench/results/{path.name}")
    if options.quick:
        numbers = {k: v for one in results for k, v in one.numbers.items()}
        print(json.dumps({name: numbers.get(name) for name in HEADLINES}))


if __name__ == "__main__":
    main()
