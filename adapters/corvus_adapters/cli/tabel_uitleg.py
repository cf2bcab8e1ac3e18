"""Words for ``corvus tabel explain``: what was asked, checked, and what it comes to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from corvus_adapters.cli.schema_lijsten import near
from corvus_schemas.catalogus import load_catalogus
from corvus_schemas.errors import SchemaError

if TYPE_CHECKING:
    from corvus_routing.explain import Uitleg

_INDEX: Final = re.compile(r"#\d+\]")


def check_rubriek(berichttype: str, rubriek: str) -> str:
    """Give the name of a rubriek as the table has it; ``[rol#0]`` is ``[rol]``.

    Raises:
        SchemaError: ``berichttype.onbekend``, ``rubriek.onbekend``.
    """
    known = load_catalogus().rubrieknamen(berichttype)
    naam = _INDEX.sub("]", rubriek)
    if naam not in known:
        raise SchemaError(
            "rubriek.onbekend",
            f"a {berichttype} has no rubriek {rubriek!r:.60}",
            advice=near(naam, known, f"corvus schema list {berichttype}"),
        )
    return naam


def check_organisatietype(code: str, option: str) -> str:
    """Give an organisatietype, in capitals or not.

    Raises:
        SchemaError: ``organisatietype.onbekend``.
    """
    known = load_catalogus().codelijsten["organisatietype"].codes
    if code.upper() not in known:
        raise SchemaError(
            "organisatietype.onbekend",
            f"{option}: there is no organisatietype {code!r:.40}",
            advice=near(code.upper(), known, "corvus schema codes organisatietype"),
        )
    return code.upper()


def conclude(uitleg: Uitleg) -> str:
    """Say in one sentence what it comes to."""
    what = f"{uitleg.rubriek} of a {uitleg.berichttype} from {uitleg.van}"
    rules = " and ".join(uitleg.uitkomst.regel_ids)
    match uitleg.uitkomst.soort.value:
        case "toegestaan":
            return f"So {uitleg.naar} gets {what}, under {rules}."
        case "aangehouden":
            return (
                f"So {what} is held for {uitleg.naar} until it is released, by {rules}."
            )
        case "geweigerd":
            return _refused(uitleg, what, rules)


def _refused(uitleg: Uitleg, what: str, rules: str) -> str:
    unknown = sorted({naam for regel in uitleg.regels for naam in regel.onbekend})
    ask = (
        f" Without a value: {', '.join(unknown)}; give one with -k." if unknown else ""
    )
    if rules:
        return f"So {uitleg.naar} does not get {what}: {rules} forbids it.{ask}"
    if not uitleg.regels:
        return f"So {uitleg.naar} does not get {what}: no rule speaks about it."
    return f"So {uitleg.naar} does not get {what}: no rule that allows it applies.{ask}"
