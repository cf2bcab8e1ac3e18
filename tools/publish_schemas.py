"""Publishes the berichttypen as they are now: adds them to the archive.

    python tools/publish_schemas.py

Refuses what breaks a rule of evolution (schemas/README.md). Commit the file it writes
together with the change: `corvus schema check` and the tests ask for it.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # so that it also runs as a plain script

from tools.domain_write import write_json  # noqa: E402 - see above

from corvus_schemas.catalogus import read_catalogus  # noqa: E402 - see above
from corvus_schemas.gepubliceerd import (  # noqa: E402 - see above
    BESTAND,
    Gepubliceerd,
    publish,
)
from corvus_schemas.verenigbaarheid import (  # noqa: E402 - see above
    check_changes,
    check_published,
)

DATA = ROOT / "schemas" / "corvus_schemas" / "data"


def run(data: Path) -> int:
    """Publish what a data folder holds; gives the exit code."""
    catalogus = read_catalogus(data)
    gepubliceerd = Gepubliceerd(data / BESTAND)
    for one in (broken := check_changes(catalogus, gepubliceerd)):
        print(one)
    if broken:
        print(f"nothing was published: {len(broken)} changes break a rule")
        return 1
    fresh = check_published(catalogus, gepubliceerd)
    write_json(data / BESTAND, publish(catalogus, gepubliceerd))
    for bevinding in fresh:
        print(bevinding.plaats)
    print(f"published: {len(fresh)} changed")
    return 0


if __name__ == "__main__":
    sys.exit(run(Path(sys.argv[1]) if len(sys.argv) > 1 else DATA))
