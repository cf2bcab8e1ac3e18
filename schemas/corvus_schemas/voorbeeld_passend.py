"""Makes made-up content fit the rules of inhoudsregels, and the kenmerken it goes with.

What was asked for by ``kern`` stays as it was asked, right or wrong.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from corvus_schemas.avro import JsonValue
    from corvus_schemas.kenmerken import KenmerkWaarde


class _Fix(Protocol):
    """Puts a value where nobody asked for another one."""

    def __call__(self, place: str, veld: str, value: JsonValue) -> None: ...


# A school gets the child and the school, and not who belongs to whom (I30).
NEVER_FILLED: Mapping[str, tuple[str, ...]] = {
    "handle_with_care": ("betrokkenen[kind].relaties", "betrokkenen[kind].koppeling")
}
_INDEX = re.compile(r"#[0-7]")
_GEEN_SLACHTOFFER = "verblijft_in_woning"


def fit_content(
    berichttype: str,
    found: Mapping[str, dict[str, JsonValue]],
    kern: Mapping[str, str],
    kenmerken: Mapping[str, KenmerkWaarde],
) -> None:
    """Change what was made up, by label, so that it contradicts nothing.

    Without kenmerken a message is about adults at known addresses and hides nobody.
    """

    def put(place: str, veld: str, value: JsonValue) -> None:
        for label, record in found.items():
            if _INDEX.sub("", label) == place and veld in record:
                asked = {f"{place}.{veld}", f"{label}.{veld}"} & kern.keys()
                record[veld] = record[veld] if asked else value

    _fit_message(berichttype, put)
    _fit_persons(put, kenmerken)
    if berichttype == "sash_uitkomst" and "uitkomst.eindoordeel" not in kern:
        _fit_sash(found)


def _fit_message(berichttype: str, put: _Fix) -> None:
    if berichttype == "zsm_besluit":
        put("informeren_slachtoffer", "informerende_organisatie", "SHN")
    if berichttype == "actieoverleg_aanmelding":
        put("aanmelding", "anoniem", value=False)


def _fit_persons(put: _Fix, kenmerken: Mapping[str, KenmerkWaarde]) -> None:
    minor = kenmerken.get("verdachte_minderjarig") is True
    secret = kenmerken.get("geheim_adres") is True
    put("zaak", "verdachte_minderjarig", value=minor)
    put(
        "melding",
        "melder_wil_anoniem_voor_gezin",
        value=kenmerken.get("melder_anoniem") is True,
    )
    for rol in ("verdachte", "slachtoffer", "kind"):
        stay = "geheim" if secret and rol != "verdachte" else "eigen_woning"
        put(f"betrokkenen[{rol}].verblijf", "verblijfsoort", stay)
    if minor:
        put("betrokkenen[verdachte].basis", "minderjarig", value=True)
    if kenmerken.get("kind_betrokken") is False:
        put("betrokkenen[kind].basis", "betrokkenheid_kind", _GEEN_SLACHTOFFER)


def _fit_sash(found: Mapping[str, dict[str, JsonValue]]) -> None:
    answers = found.get("items", {}).get("antwoorden")
    uitkomst = found.get("uitkomst")
    if isinstance(answers, dict) and uitkomst is not None:
        keys = [answers.get(naam) for naam in ("K1", "K2")]
        if "aanwezig" in keys:
            uitkomst["eindoordeel"] = "hoog"
