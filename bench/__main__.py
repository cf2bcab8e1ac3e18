"""Runs every bench: prints the tables, writes bench/results/<date>.md.

    python -m bench [--quick]

The quick mode takes less than 50 seconds and ends in one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bench import csfle, groei, jose, processes, router, sdk, steps, sweep, table
from bench.measure import calibration, machine
from bench.quick import HEADLINES, Quick
from bench.world import World
from rich.console import Console

if TYPE_CHECKING:
    from bench.measure import Result

RESULTS = Path(__file__).parent / "results"


def collect(folder: Path, *, transport: str) -> list[Result]:
    """The full run: everything with a Kafka and a world of its own where it matters."""
    world = World(folder)
    results = [
        calibration(),
        *steps.run(world, quick=False),
        *table.run(quick=False),
        *sdk.run(world, quick=False),
        *jose.run(world, quick=False),
        *csfle.run(world, quick=False),
    ]
    results += groei.run(folder, quick=False)
    # Each with a log, and a Kafka, of its own: none finds what another left behind.
    for number, part in enumerate((router, processes, sweep)):
        own = folder / f"log-{number}"
        own.mkdir()
        results += part.run(World(own), own, quick=False, transport=transport)
    return results


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
    parser.add_argument("--quick", action="store_true", help="under 50 s")
    parser.add_argument(
        "--transport", choices=("sqlite", "kafka", "both"), default="both"
    )
    options = parser.parse_args()
    console = Console()
    now = datetime.now(UTC)
    for line in machine():
        console.print(line, highlight=False)
    reasons: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        if options.quick:
            run = Quick(Path(name))
            results, reasons = run.run(), run.reasons
        else:
            results = collect(Path(name), transport=options.transport)
    for result in results:
        result.show(console)
    path = write(results, now, quick=options.quick)
    console.print(f"Written to bench/results/{path.name}")
    for reason in reasons:
        console.print(f"Not measured: {reason}", highlight=False)
    if options.quick:
        numbers = {k: v for one in results for k, v in one.numbers.items()}
        print(json.dumps({name: numbers.get(name) for name in HEADLINES}))


if __name__ == "__main__":
    main()
