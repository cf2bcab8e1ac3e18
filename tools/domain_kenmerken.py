"""Converts the kenmerken, and says which messages establish the ones nobody declares.

`zetter` is who may declare a kenmerk in its own message: every sender, certain
organisation types, or the broker alone. `bronbericht` lists the messages that
establish it for the messages that follow in the zaak: the declared value of that
message (`waarde` null), or a fixed value when the named fields hold one of the codes.
`bereik` says what a fact is about, `rollen` (for facts about a person) of persons in
which role, `standaard` what holds while no source message
exists (null: unknown), `opheffers` who may lift a kenmerk that otherwise sticks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from tools.domain_source import Row, Source

Json: TypeAlias = "dict[str, object]"

_OWN = "verstrekker"
_SETTERS: dict[str, tuple[str, list[str]]] = {
    "structurele_onveiligheid": ("organisatie", ["VT"]),
    "vermoeden_strafbaar_feit": ("organisatie", ["POL", "OM", "VT"]),
    "hg_label": ("organisatie", ["POL", "OM"]),
    "stalking": ("organisatie", ["POL", "OM"]),
    "risico_stalking": ("organisatie", ["POL"]),
    "zsm_zaak": ("organisatie", ["POL", "OM"]),
    "zaak_vast": ("organisatie", ["POL", "OM"]),
    "zaak_op_de_plank": ("organisatie", ["OM"]),
    "opsporingsbelang": ("organisatie", ["POL", "OM"]),
    "ambtshalve_vervolging": ("organisatie", ["OM"]),
    "slachtoffer_geinformeerd": ("organisatie", ["OM"]),
    "aangifte_status": ("organisatie", ["POL"]),
    "vt_zaak_lopend": ("organisatie", ["VT"]),
    "genodigden": ("organisatie", ["VT"]),
    "te_informeren": ("organisatie", ["VT"]),
}


def _declared(berichttype: str, *senders: str) -> Json:
    return {"berichttype": berichttype, "verstrekkers": list(senders)}


def _fact(
    berichttype: str,
    senders: list[str],
    codes: dict[str, list[str]],
    *,
    waarde: object = True,
) -> Json:
    conditions = [{"veld": veld, "codes": found} for veld, found in codes.items()]
    return {
        "berichttype": berichttype,
        "verstrekkers": senders,
        "voorwaarde": conditions,
        "waarde": waarde,
    }


def _answers(sender: str, trajecten: list[str]) -> list[Json]:
    """An answer to a bekendheidscheck: running (of this kind), or not."""
    code = "bekendheidscheck_antwoord"
    running = {"antwoord.bekend": ["ja_lopend"]}
    kinds = {"traject.trajecten": trajecten} if trajecten else {}
    over = {"antwoord.bekend": ["nee", "ja_afgesloten"]}
    return [
        _fact(code, [sender], running | kinds),
        _fact(code, [sender], over, waarde=False),
    ]


def _consent(direction: str, sender: str) -> list[Json]:
    """Consent is directional; anything but given is no consent any more."""
    which = {"toestemming.richting": [direction]}
    state = "toestemming.status"
    no = ["gevraagd", "geweigerd", "ingetrokken", "niet_gevraagd_veiligheid"]
    return [
        _fact("toestemming", [sender], which | {state: ["gegeven"]}),
        _fact("toestemming", [sender], which | {state: no}, waarde=False),
    ]


def _sources(eind: list[str], melders: list[str]) -> dict[str, list[Json]]:
    """Per kenmerk the messages that establish it."""
    label = [
        _declared("zsm_aanmelding", "POL"),
        _declared("zsm_besluit", "OM"),
        _declared("zaakkenmerk_wijziging", "POL", "OM"),
    ]
    return {
        "acute_onveiligheid": [_declared("veiligheidsbeoordeling", "VT")],
        "structurele_onveiligheid": [_declared("veiligheidsbeoordeling", "VT")],
        # Every message in which one of the three names the offence.
        "vermoeden_strafbaar_feit": [
            _declared("politiemelding", "POL"),
            _declared("zsm_aanmelding", "POL"),
            _declared("informatieverzoek", "POL", "OM", "VT"),
            _declared("melding_aan_politie", "VT"),
            _declared("veiligheidsbeoordeling", "VT"),
            _declared("acuut_signaal", "POL", "VT"),
            _declared("actieoverleg_aanmelding", "POL", "OM", "VT"),
            _declared("zsm_besluit", "OM"),
        ],
        "hg_label": label,
        "stalking": [
            _declared("politiemelding", "POL"),
            _declared("sash_uitkomst", "POL"),
            _declared("zsm_aanmelding", "POL"),
            _declared("adviesverzoek", "OM"),
            _declared("zvh_aanmelding", "OM"),
        ],
        "risico_stalking": [
            _declared("sash_uitkomst", "POL"),
            _declared("politiemelding", "POL"),
        ],
        # A politiemelding says too whether the case is on ZSM: VT gets no other message
        # of a case that is not.
        "zsm_zaak": [*label, _declared("politiemelding", "POL")],
        "zaak_vast": label,
        "zaak_op_de_plank": [
            _fact("zsm_besluit", ["OM"], {"besluit.afdoening": ["op_de_plank"]}),
            _fact("zsm_besluit", ["OM"], {"besluit.afdoening": eind}, waarde=False),
        ],
        "eindbeslissing_genomen": [
            _fact("zsm_besluit", ["OM"], {"besluit.afdoening": eind})
        ],
        "toestemming_verdachte": _consent("RECL_naar_VT", "RECL"),
        "toestemming_slachtoffer": _consent("SHN_naar_VT", "SHN"),
        # The police brings the case in and its zsm_aanmelding has the field
        # `ambtshalve`; without this no victim support hears of an ordinary case.
        "ambtshalve_vervolging": [
            _declared("zsm_aanmelding", "POL"),
            _declared("zsm_besluit", "OM"),
            _declared("ambtshalve_bericht", "OM"),
        ],
        "slachtoffer_geinformeerd": [
            _declared("zsm_aanmelding", "POL"),
            _declared("ambtshalve_bericht", "OM"),
            _fact(
                "informering_registratie",
                ["OM", "POL", "SHN", "RECL", "VT", "RVDK"],
                {"informering.doelgroep": ["slachtoffer"]},
            ),
        ],
        "aangifte_status": [
            _declared("politiemelding", "POL"),
            _declared("zsm_aanmelding", "POL"),
        ],
        "politiemelding_ontvangen": [_fact("politiemelding", ["POL"], {})],
        "vt_zaak_lopend": [
            *_answers("VT", []),
            _declared("veiligheidsbeoordeling", "VT"),
            _declared("informatieverzoek_antwoord", "VT"),
        ],
        "toezicht_lopend": _answers("RECL", ["toezicht_3ro"]),
        "jeugdbescherming_lopend": _answers(
            "RVDK",
            ["jeugdbeschermingsmaatregel", "rvdk_onderzoek", "jeugdreclassering"],
        ),
        "bekend_bij_ontvanger": [
            found
            for sender in ("RECL", "RVDK", "VT", "ZVH")
            for found in _answers(sender, [])
        ],
        "genodigden": [_declared("actieoverleg_uitnodiging", "VT")],
        "te_informeren": [_declared("actieoverleg_uitkomst", "VT")],
        "ontvanger_is_melder": [
            _fact("politiemelding", ["POL"], {}),
            _fact("vt_melding", melders, {}),
            _fact("melding_aan_politie", ["VT"], {}),
            _fact("melding_niet_nakoming", ["RECL", "POL", "VT", "SHN"], {}),
        ],
    }


_SCOPE = {
    "betrokkene": (
        "toestemming_verdachte",
        "toestemming_slachtoffer",
        "toezicht_lopend",
        "jeugdbescherming_lopend",
    ),
    "ontvanger": (
        "bekend_bij_ontvanger",
        "ontvanger_is_melder",
        "ontvanger",
        "ontvangers_oorspronkelijk",
    ),
}
# What the broker's own records settle: no source message means the opposite is so.
_DEFAULTS = {
    "politiemelding_ontvangen": False,
    "ontvanger_is_melder": False,
    "schriftelijk_toegestaan": False,
}
_STICKY = {"geheim_adres": ["POL", "VT"]}
# A fact about a person is about persons in these roles.
_ROLES = {
    "toestemming_verdachte": ["verdachte"],
    "toestemming_slachtoffer": ["slachtoffer"],
    "toezicht_lopend": ["verdachte"],
    "jeugdbescherming_lopend": ["kind"],
}
_KINDS = {"pseudo": "enum"}


def kenmerken(source: Source) -> dict[str, Json]:
    """All kenmerken by name."""
    codes = [row for row in source.rows("codelists.csv") if row["list"] == "afdoening"]
    final = [row["code"] for row in codes if row["label"].startswith("[E]")]
    melders = next(
        row["verstrekkers"].split()
        for row in source.rows("berichttypen.csv")
        if row["code"] == "vt_melding"
    )
    found = _sources(final, melders)
    rows = source.rows("routeringsattributen.csv")
    unknown = set(found) - {row["attribuut"] for row in rows}
    if unknown:
        raise ValueError(f"no such kenmerk: {sorted(unknown)}")
    return {row["attribuut"]: _kenmerk(row, found) for row in rows}


def _kenmerk(row: Row, sources: dict[str, list[Json]]) -> Json:
    name = row["attribuut"]
    soort, types = _setter(row)
    made: Json = {
        "soort": _KINDS.get(row["type"], row["type"]),
        "codelijst": row["codelijst"] or None,
        "zetter": {"soort": soort, "types": types},
        "bereik": _scope(name, soort),
        "standaard": _DEFAULTS.get(name),
        "rollen": _ROLES.get(name, []),
        "opheffers": _STICKY.get(name, []),
        "bronbericht": sources.get(name, []),
        "bron": row["bron"],
        "omschrijving": row["omschrijving"],
    }
    return made


def _setter(row: Row) -> tuple[str, list[str]]:
    if row["attribuut"] in _SETTERS:
        return _SETTERS[row["attribuut"]]
    return ("broker", []) if row["zetter"].startswith("broker") else (_OWN, [])


def _scope(name: str, soort: str) -> str:
    named = next((scope for scope, names in _SCOPE.items() if name in names), None)
    return named or ("bericht" if soort == _OWN else "zaak")
