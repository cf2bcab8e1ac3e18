"""Former and newer versions of berichttypen, made from the real data files.

The versions differ as they would in life: a person edits the data folder, and publishes
it. ``evolved`` gives the catalogus of after, with the one of before in its archive.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corvus_schemas.catalogus import read_catalogus
from corvus_schemas.indeling import Indeling, parse_indeling

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # tools is no package of the distribution

from tools import publish_schemas  # noqa: E402 - see above

if TYPE_CHECKING:
    from collections.abc import Callable

    from corvus_schemas.catalogus import Catalogus

DATA = ROOT / "schemas" / "corvus_schemas" / "data"
CODE = "politiemelding"


def copy_data(target: Path) -> Path:
    """Copy the data folder, to be edited."""
    return Path(shutil.copytree(DATA, target / "data"))


def edit(data: Path, change: Callable[[Any], None], file: str = CODE) -> None:
    """Change one data file as a person would."""
    [path] = data.glob(f"**/{file}.json")
    value = json.loads(path.read_text(encoding="utf-8"))
    change(value)
    path.write_text(json.dumps(value), encoding="utf-8")


def rubriek(value: Any, naam: str) -> Any:
    return next(one for one in value["rubrieken"] if one["naam"] == naam)


def add_field(record: Any, naam: str, **attributes: object) -> None:
    record["fields"].append(
        {
            "name": naam,
            "type": ["null", "string"],
            "default": None,
            "verplicht": "N",
            "gevoeligheid": "GEWOON",
            "soort": "string",
            **attributes,
        }
    )


def add_rubriek(value: Any, naam: str, at: int, *, verplicht: bool = False) -> None:
    record = {"type": "record", "name": f"corvus.{CODE}.{naam}", "fields": []}
    add_field(record, "toelichting")
    value["rubrieken"].insert(
        at, {"naam": naam, "verplicht": verplicht, "avro": record}
    )


def grow(value: Any) -> None:
    """Change politiemelding in every way that is allowed: positions move too."""
    melding = rubriek(value, "melding")["avro"]
    add_field(melding, "kanaal")
    add_field(melding, "taal", type="string", default="nl", verplicht="J")
    add_rubriek(value, "drone", 0)


def publish(data: Path) -> int:
    """Publish a data folder as its owner would; gives the exit code."""
    return publish_schemas.run(data)


def evolved(folder: Path) -> Catalogus:
    """Edit and publish: the newer software, that knows both versions."""
    data = copy_data(folder)
    edit(data, grow)
    assert publish(data) == 0
    return read_catalogus(data)


def as_data(catalogus: Catalogus, code: str = CODE) -> Indeling:
    """Give the version that is sent as it comes to older software: as a file."""
    berichttype = catalogus.berichttype(code)
    former = catalogus.gepubliceerd.fingerprints(code)[:-1]
    return parse_indeling(Indeling(berichttype, former, catalogus.codelijsten).encode())
