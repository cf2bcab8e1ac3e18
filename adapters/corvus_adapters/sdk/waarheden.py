"""Reads ``ja`` and ``nee`` of a message file as true and false, where that is meant.

A field that holds a code keeps the code, whatever it looks like.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from corvus_schemas.berichttypen import ROL_SLEUTELS
from corvus_schemas.velden import Kaart, Lijst, Record, Waarheid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from corvus_schemas.catalogus import Berichttype, Catalogus
    from corvus_schemas.velden import Soort

_WAARHEID: Final = {"ja": True, "nee": False}


def read_truths(value: object, catalogus: Catalogus) -> object:
    """Give a message file's content with truths in the place of ``ja`` and ``nee``."""
    if not isinstance(value, dict):
        return value
    result = dict(value)
    kenmerken = result.get("kenmerken")
    if isinstance(kenmerken, dict):
        result["kenmerken"] = {
            naam: _kenmerk(catalogus, naam, one) for naam, one in kenmerken.items()
        }
    berichttype = catalogus.berichttypen.get(str(result.get("berichttype")))
    if berichttype is not None and isinstance(result.get("inhoud"), dict):
        result["inhoud"] = _inhoud(result["inhoud"], berichttype, catalogus)
    return result


def _kenmerk(catalogus: Catalogus, naam: object, value: object) -> object:
    kenmerk = catalogus.kenmerken.get(str(naam))
    if kenmerk is None or kenmerk.soort != "bool" or not isinstance(value, str):
        return value
    return _WAARHEID.get(value, value)


def _inhoud(
    inhoud: Mapping[str, object], berichttype: Berichttype, catalogus: Catalogus
) -> dict[str, object]:
    soorten = {
        (rubriek.groep, rubriek.rol, rubriek.kort): catalogus.velden(rubriek)
        for rubriek in berichttype.rubrieken
    }
    result: dict[str, object] = {}
    for naam, value in inhoud.items():
        if naam in ROL_SLEUTELS and isinstance(value, list):
            result[naam] = [_record(naam, one, soorten) for one in value]
        else:
            result[naam] = _value(value, soorten.get((None, None, naam)))
    return result


def _record(
    groep: str,
    value: object,
    soorten: Mapping[tuple[str | None, str | None, str], Record],
) -> object:
    if not isinstance(value, dict):
        return value
    rol = value.get(ROL_SLEUTELS[groep])
    return {
        kort: _value(one, soorten.get((groep, rol, kort)))
        for kort, one in value.items()
    }


def _value(value: object, soort: Soort | None) -> object:
    match soort:
        case Waarheid() if isinstance(value, str):
            return _WAARHEID.get(value, value)
        case Lijst(item) if isinstance(value, list):
            return [_value(one, item) for one in value]
        case Kaart(_, item) if isinstance(value, dict):
            return {key: _value(one, item) for key, one in value.items()}
        case Record(velden) if isinstance(value, dict):
            return {
                naam: _value(one, velden[naam].soort if naam in velden else None)
                for naam, one in value.items()
            }
        case _:
            return value
