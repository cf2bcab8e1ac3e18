"""Layouts that came as a file, and types that are nobody: neither widens who may send."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from schema_versies import CODE, as_data, evolved
from simulator import CATALOGUS, POL, RECL
from simulator_registers import opened, organisation

from corvus_broker.auditboek import open_auditbatch
from corvus_broker.herbeoordeling import Naslag, replay
from corvus_broker.topics import AUDIT
from corvus_schemas.errors import RegisterError

if TYPE_CHECKING:
    from pathlib import Path

    from simulator import Simulator

    from corvus_adapters.installatie import Installatie
    from corvus_broker.register.formaat import RegisterStuk


def test_a_layout_from_a_file_does_not_say_who_may_send_or_to_whom(
    tmp_path: Path,
) -> None:
    """Its fingerprint covers positions; whoever made the file may have added himself."""
    newer = as_data(evolved(tmp_path))
    bent = replace(
        newer,
        berichttype=replace(
            newer.berichttype,
            verstrekkers=("RECL",),
            ontvangers=("POL",),
            adressering="gericht",
            antwoord=True,
        ),
    )
    fingerprint = newer.berichttype.fingerprint
    assert bent.berichttype.fingerprint == fingerprint
    own = CATALOGUS.berichttype(CODE)
    installed = CATALOGUS.with_indeling(bent).versie(CODE, fingerprint)
    assert installed.verstrekkers == own.verstrekkers
    assert installed.ontvangers == own.ontvangers
    assert (installed.adressering, installed.antwoord) == (
        own.adressering,
        own.antwoord,
    )
    assert installed.rubrieken == newer.berichttype.rubrieken


def test_what_was_decided_by_an_older_layout_is_decided_again(
    sim: Simulator, tmp_path: Path
) -> None:
    """A court may ask after the layout was followed up."""
    newer = evolved(tmp_path)
    assert (
        newer.berichttype(CODE).fingerprint != CATALOGUS.berichttype(CODE).fingerprint
    )
    assert sim.submit(sim.message(POL)).code == ""
    batch = sim.log.records[AUDIT, 0][-1].value or b""
    [dossier] = open_auditbatch(batch, sim.registers)
    assert replay(dossier, Naslag(sim.registers, newer)) == []


def test_no_organisation_is_the_broker(sandbox: Installatie) -> None:
    """Or it would be sealed to by the rules with recipient BROKER, and read."""

    def change(stuk: RegisterStuk) -> None:
        organisation(stuk, sandbox.keystore(RECL).oin)["type"] = "BROKER"

    with pytest.raises(RegisterError, match="BROKER") as caught:
        opened(sandbox, change)
    assert caught.value.code == "adresboek.ongeldig"
