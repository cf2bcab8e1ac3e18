"""The way back: content out of the cellen that came, in the version known here.

What the writer's version has and the reader's has not is given apart, by name; what
the reader's has and the writer's had not gets its default (ADR 0018).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from corvus_schemas.berichttypen import ROL_SLEUTELS
from corvus_schemas.errors import SchemaError
from corvus_schemas.leesvelden import Leesmelder
from corvus_schemas.problemen import InhoudError
from corvus_schemas.velden import strip

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from corvus_schemas.avro import AvroRecord, AvroValue, JsonValue
    from corvus_schemas.berichttypen import Berichttype, Rubriek
    from corvus_schemas.catalogus import Catalogus

_LABEL = re.compile(r"([a-z_]+)\[([A-Za-z_]+)#([0-7])\]\.([a-z_]+)\Z", re.ASCII)


@dataclass(frozen=True, eq=False)
class Gelezen:
    """Content as this side knows it, and what of the message it does not know.

    ``onbekende_codes`` are the paths of codes from a newer codelijst; the code itself
    stands in the content. ``buiten_schema`` holds rubrieken and fields that only the
    writer's version has, by their path: nothing that came is lost.
    """

    inhoud: dict[str, JsonValue] = field(repr=False)
    onbekende_codes: tuple[str, ...]
    buiten_schema: dict[str, JsonValue] = field(repr=False)


def open_inhoud(
    berichttype: Berichttype, cellen: Mapping[str, bytes], catalogus: Catalogus
) -> dict[str, JsonValue]:
    """Put the content together from the cellen a receiver got.

    Records stand in the order of the roles; what was not received is absent.

    Raises:
        SchemaError: as ``read_inhoud``.
    """
    return read_inhoud(berichttype, cellen, catalogus).inhoud


def read_inhoud(
    schrijver: Berichttype, cellen: Mapping[str, bytes], catalogus: Catalogus
) -> Gelezen:
    """Open cellen with the writer's version and give the content in the reader's own.

    Raises:
        SchemaError: ``inhoud.label_onbekend``, ``schema.onbekend``,
            ``schema.niet_canoniek``, ``schema.onverenigbaar`` or ``inhoud.ongeldig``
            (InhoudError).
    """
    lezing = _Lezing(schrijver, catalogus)
    for label, data in cellen.items():
        lezing.read(label, data)
    if lezing.melder.problemen:
        raise InhoudError(tuple(lezing.melder.problemen))
    return Gelezen(
        _assemble(lezing.lezer, lezing.plain, lezing.records),
        tuple(lezing.melder.onbekende_codes),
        lezing.beyond,
    )


class _Lezing:
    """One pass over the cellen of one message."""

    def __init__(self, schrijver: Berichttype, catalogus: Catalogus) -> None:
        self.schrijver = schrijver
        self.lezer = catalogus.berichttypen.get(schrijver.code, schrijver)
        self.catalogus = catalogus
        # Which numbers are BSNs of the test range is the sender's setting, not ours.
        self.melder = Leesmelder([], alleen_testbsn=False)
        self.plain: dict[str, JsonValue] = {}
        self.records: dict[tuple[str, str], dict[int, dict[str, JsonValue]]] = {}
        self.beyond: dict[str, JsonValue] = {}

    def read(self, label: str, data: bytes) -> None:
        """Read one cel: checked as its writer meant it, kept as its reader knows it."""
        written, index = _place(self.schrijver, label)
        self.melder.rol = written.rol
        record = written.schema.decode(data)
        velden = self.catalogus.leesvelden(written)
        checked = velden.check_record(record, label, self.melder)
        own = self.lezer.rubriek(written.naam)
        if own is None:
            self.beyond[label] = _plain(checked)
        else:
            self._keep(own, index, self._resolved(own, written, checked, data, label))

    def _resolved(
        self,
        own: Rubriek,
        written: Rubriek,
        checked: AvroRecord,
        data: bytes,
        label: str,
    ) -> AvroRecord:
        if own.fingerprint == written.fingerprint:
            return checked
        record = own.schema.resolve(data, written.schema)
        for pad, value in _left_out(checked, record, label):
            self.beyond[pad] = _plain(value)
        return record

    def _keep(self, own: Rubriek, index: int, record: AvroRecord) -> None:
        if own.groep is None or own.rol is None:
            self.plain[own.kort] = _plain(record)
        else:
            of_role = self.records.setdefault((own.groep, own.rol), {})
            of_role.setdefault(index, {})[own.kort] = _plain(record)


def _plain(value: AvroValue) -> JsonValue:
    return cast("JsonValue", strip(value))  # no bytes in our schemas


def _left_out(
    written: AvroValue, kept: AvroValue, pad: str
) -> Iterator[tuple[str, AvroValue]]:
    """Give what the writer filled and the reader's version has no place for."""
    if isinstance(written, dict) and isinstance(kept, dict):
        for naam, value in written.items():
            if naam in kept:
                yield from _left_out(value, kept[naam], f"{pad}.{naam}")
            elif value is not None:
                yield f"{pad}.{naam}", value
    elif isinstance(written, list) and isinstance(kept, list):
        for n, (one, other) in enumerate(zip(written, kept, strict=True)):
            yield from _left_out(one, other, f"{pad}[{n}]")


def _assemble(
    berichttype: Berichttype,
    plain: dict[str, JsonValue],
    records: dict[tuple[str, str], dict[int, dict[str, JsonValue]]],
) -> dict[str, JsonValue]:
    result: dict[str, JsonValue] = {
        r.kort: plain[r.kort] for r in berichttype.rubrieken if r.kort in plain
    }
    groups: dict[str, list[JsonValue]] = {}
    for groep, rol in berichttype.rollen:
        for _, found in sorted(records.get((groep, rol), {}).items()):
            named: dict[str, JsonValue] = {ROL_SLEUTELS[groep]: rol}
            groups.setdefault(groep, []).append(named | found)
    return result | {groep: list(found) for groep, found in groups.items()}


def _place(berichttype: Berichttype, label: str) -> tuple[Rubriek, int]:
    """Give rubriek and index of a label, strictly in its one notation."""
    found = _LABEL.match(label)
    naam = f"{found[1]}[{found[2]}].{found[4]}" if found else label
    rubriek = berichttype.rubriek(naam)
    index = int(found[3]) if found else 0
    if rubriek is None or rubriek.label(index) != label:
        raise SchemaError(
            "inhoud.label_onbekend", f"{berichttype.code} has no cel with this label"
        )
    return rubriek, index
