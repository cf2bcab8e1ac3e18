"""Converts termijnen.csv; what starts and ends a term becomes machine-readable.

The source says start and einde in prose. EVENTS says the same in events a broker can
see: berichttype, parties, what a message establishes, which rubrieken it fills. What
no header tells is a `veld` or a `moment`: the sender's SDK supplies it from content.
A term that is absent here has no event that passes the broker.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from tools.domain_source import Row, Source

Json: TypeAlias = "dict[str, object]"

AFDOENING = "besluit.afdoening"
DIENST = {"broker": "BROKER", "beheer": "BEHEER", "inbrenger": "AFZENDER"}
ALARM = {
    "gevraagde organisatie": ["GEVRAAGDE"],
    "informerende organisatie; OM": ["INFORMERENDE", "OM"],
}


def on(*berichttypen: str, soort: str = "aangeboden", **rest: object) -> Json:
    """One event; what is not named does not matter."""
    return {"soort": soort, "berichttypen": list(berichttypen), **rest}


_AANHOUDING = on(
    "zsm_aanmelding", kenmerken={"zaak_vast": True}, moment="zaak.aanhouding_tijdstip"
)
_INCIDENT = "incident.incident_tijdstip"
_MELDINGEN = ("politiemelding", "vt_melding")
_NIET_VAST = {"zaak_vast": False}

EVENTS: dict[str, Json] = {
    # Any first decision ends it: besluit_moment is not needed, and the broker is
    # not told. Putting off is a first decision too.
    "T01": {"start": [_AANHOUDING], "einde": [on("zsm_besluit")]},
    # deel_a is the lowest part, so any assessment will do.
    "T02": {"start": [_AANHOUDING], "einde": [on("veiligheidsbeoordeling")]},
    "T03": {"start": [_AANHOUDING], "einde": [on("veiligheidsbeoordeling")]},
    # Navraag: an answer by VT stands for the assessment (process.md 2).
    "T04": {
        "start": [on("politiemelding", soort="afgeleverd", kenmerken=_NIET_VAST)],
        "einde": [
            on(
                "veiligheidsbeoordeling",
                velden={"oordeel.deel": ["volledig", "aangepast", "herbeoordeling"]},
            ),
            on("informatieverzoek_antwoord", van=["VT"]),
        ],
    },
    "T05": {
        "start": [on("zsm_besluit", velden={AFDOENING: ["inverzekeringstelling"]})],
        "einde": [on("zsm_besluit", "invrijheidstelling")],
    },
    "T06": {
        "start": [
            on(
                "huisverbod",
                velden={"huisverbod.status": ["opgelegd"]},
                moment="huisverbod.begin",
            )
        ],
        "einde": [
            on("huisverbod", velden={"huisverbod.status": ["ingetrokken", "geeindigd"]})
        ],
    },
    # A broken condition is criterion A9: acute again (process.md I23).
    "T07": {
        "start": [on("acuut_signaal", "melding_niet_nakoming")],
        "einde": [on("acuut_afspraken", "veiligheidsbeoordeling")],
    },
    "T08": {
        "start": [on("acuut_signaal", "melding_aan_politie")],
        "einde": [on("onderzoeksplan"), on("acuut_afspraken", rubriek="sporen")],
    },
    "T11": {
        "start": [on("vt_melding_verzoek", kenmerken={"zaak_vast": True})],
        "einde": [on("politiemelding")],
    },
    "T12": {
        "start": [on("zsm_besluit", velden={AFDOENING: ["aangehouden_spreekuur"]})],
        "einde": [
            on("reclasseringsadvies", velden={"advies.advies_soort": ["spreekuur"]})
        ],
    },
    # The case is discussed when what was brought in or agreed is sent (process.md 5).
    "T13": {
        "start": [
            on(*_MELDINGEN, soort="afgeleverd"),
            on("actieoverleg_aanmelding"),
        ],
        "einde": [
            on("actieoverleg_uitkomst", "actieoverleg_inbreng"),
            on("zsm_scenario", kenmerken={"afstemmingsmoment": "actieoverleg"}),
        ],
    },
    "T15": {
        "start": [
            on("politiemelding", kenmerken={"kind_betrokken": True}, moment=_INCIDENT)
        ],
        "einde": [on("handle_with_care", soort="afgeleverd")],
    },
    "T16": {
        "start": [on("gedragsaanwijzing", soort="afgeleverd", naar=["POL"])],
        "einde": [on("gedragsaanwijzing", moment="aanwijzing.uitgereikt_op")],
    },
    "T17": {
        "start": [on("vt_melding", "acuut_signaal", soort="afgeleverd", naar=["VT"])],
        "einde": [
            on("acuut_signaal", "melding_aan_politie", soort="afgeleverd", naar=["OM"])
        ],
    },
    "T18": {
        "start": [on("zsm_besluit", vaststelling={"zaak_op_de_plank": True})],
        "einde": [on("terugkoppeling", rubriek="bevindingen")],
    },
    "T19": {
        "start": [on("zsm_besluit")],
        "einde": [
            on(
                "informering_registratie",
                vaststelling={"slachtoffer_geinformeerd": True},
            )
        ],
    },
    "T20": {
        "start": [
            on("zsm_besluit", rubriek="maatregelen", moment="besluit.besloten_op")
        ],
        "einde": [
            on(
                "gedragsaanwijzing",
                "beschermingsmaatregel",
                soort="afgeleverd",
                naar=["POL"],
            )
        ],
    },
    "T21": {
        "start": [on("zsm_besluit", "rechterlijk_besluit")],
        "einde": [
            on(
                "zsm_besluit",
                "rechterlijk_besluit",
                soort="afgehandeld",
                zelfde_bericht=True,
            )
        ],
    },
    "T22": {
        "start": [
            on("zsm_besluit", velden={AFDOENING: ["vertraagde_stroom", "plandatum"]})
        ],
        "einde": [on("zsm_besluit")],
        "uiterlijk_veld": "besluit.plandatum",
    },
    # Kennisname by the police of what is acute counts as the signal.
    "T26": {
        "start": [
            on("acuut_signaal"),
            on(
                "politiemelding",
                kenmerken={"acute_onveiligheid": True},
                moment=_INCIDENT,
            ),
        ],
        "einde": [
            on("acuut_signaal", "politiemelding", soort="gelezen", zelfde_bericht=True)
        ],
    },
    "T27": {
        "start": [on("politiemelding", moment=_INCIDENT)],
        "einde": [on("politiemelding", zelfde_bericht=True)],
    },
    "T28": {
        "start": [on("zsm_besluit", vaststelling={"eindbeslissing_genomen": True})],
        "einde": [on("overdracht_lokaal")],
    },
    "T29": {
        "start": [on(*_MELDINGEN, soort="afgeleverd")],
        "einde": [on("terugkoppeling", van=["VT"])],
    },
    "T30": {
        "start": [on("informatieverzoek", soort="afgeleverd", kenmerken=_NIET_VAST)],
        "einde": [on("informatieverzoek_antwoord", antwoord=True)],
        "per": "ontvanger",
    },
    "T38": {
        "start": [
            on(
                "bekendheidscheck",
                soort="afgeleverd",
                kenmerken={"zaak_vast": False, "acute_onveiligheid": False},
                spoed=["normaal", "hoog"],
            )
        ],
        "einde": [on("bekendheidscheck_antwoord", antwoord=True)],
        "per": "ontvanger",
    },
    "T31": {
        "start": [
            on("bekendheidscheck", soort="afgeleverd", kenmerken={kenmerk: True})
            for kenmerk in ("zaak_vast", "acute_onveiligheid")
        ]
        + [on("bekendheidscheck", soort="afgeleverd", spoed=["acuut"])],
        "einde": [on("bekendheidscheck_antwoord", antwoord=True)],
        "per": "ontvanger",
    },
    # Once a zaak: the first that VT provides without their knowing.
    "T32": {
        "start": [on(soort="afgeleverd", van=["VT"])],
        "einde": [on("informering_registratie")],
        "per": "zaak",
    },
    "T35": {
        "start": [on(soort="aangehouden")],
        "einde": [on("vrijgave")],
    },
    "T36": {
        "start": [
            on("huisverbod", velden={"huisverbod.status": ["toetsing_gevraagd"]})
        ],
        "einde": [
            on(
                "huisverbod",
                velden={
                    "huisverbod.status": [
                        "overwogen",
                        "opgelegd",
                        "niet_mogelijk",
                        "verlengd",
                        "ingetrokken",
                        "overtreden",
                        "geeindigd",
                    ]
                },
            )
        ],
    },
    # Invariant I17 also takes a politiemelding.
    "T40": {
        "start": [on("actieoverleg_aanmelding", niet_van=["VT"])],
        "einde": [on(*_MELDINGEN)],
    },
    "T42": {
        "start": [on()],
        "einde": [on(soort="afgehandeld", zelfde_bericht=True)],
        "bij_spoed": {"acuut": [1, "minuten"]},
    },
    "T43": {
        "start": [
            on("zsm_aanmelding", "ambtshalve_bericht", soort="afgeleverd", naar=["SHN"])
        ],
        "einde": [on("slachtofferwens")],
    },
}
# The source's T42 is two clocks in one row: the broker's, and that of people.
GELEZEN: Json = {
    "start": [on(soort="afgeleverd")],
    "einde": [on(soort="gelezen", zelfde_bericht=True)],
    "per": "ontvanger",
    "bij_spoed": {
        "acuut": [15, "minuten"],
        "hoog": [1, "uren"],
        "normaal": [1, "werkdagen"],
    },
}


def termijnen(source: Source) -> dict[str, Json]:
    """Give every term by its id.

    Raises:
        ValueError: EVENTS names a term that the source does not have.
    """
    rows = source.rows("termijnen.csv")
    unknown = EVENTS.keys() - {row["id"] for row in rows}
    if unknown:
        message = f"no such termijn in the source: {sorted(unknown)}"
        raise ValueError(message)
    made = {row["id"]: _termijn(row) for row in rows}
    made["T42M"] = {
        **made["T42"],
        "naam": "Menselijke acceptatie",
        "alarm_naar": ["GEVRAAGDE"],
        **GELEZEN,
    }
    return made


def _termijn(row: Row) -> Json:
    events = EVENTS.get(row["id"], {})
    number = row["lengte"]
    return {
        "naam": row["naam"],
        "lengte": int(number) if number.isdigit() else None,
        "eenheid": row["eenheid"].replace(" ", "_"),
        "aard": row["aard"],
        "configureerbaar": row["configureerbaar"] == "ja",
        "alarm_naar": _alarm(row["alarm_naar"]),
        "per": "bericht",
        "start": [],
        "einde": [],
        "bij_spoed": {},
        **events,
        "bron_start": row["start"],
        "bron_einde": row["einde"],
        "bron": row["bron"],
        "opmerking": row["opmerking"],
    }


def _alarm(text: str) -> list[str]:
    if text == "-":
        return []
    return ALARM.get(text) or [DIENST.get(word, word) for word in text.split()]
