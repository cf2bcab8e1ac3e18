"""A recipient's receipt: about a levering it got, signed by itself, or nothing."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
import pytest
from attack import check_dead
from simulator import OM, POL, VT, concept

from corvus_adapters.sdk.openen import open_levering
from corvus_adapters.sdk.post import Geweigerdepost, Ontvangenbewijs
from corvus_broker.ports import Append
from corvus_broker.terugmelding import SIGN_PURPOSE
from corvus_broker.topics import INZENDING
from corvus_crypto.ondertekening import sign_one
from corvus_crypto.zaak import alias_partition
from corvus_schemas.identifiers import ZaakAlias, parse_bericht_id
from corvus_schemas.wire.bewijs import Ontvangstbewijs, Status, Terugmelding

if TYPE_CHECKING:
    from simulator import Simulator

    from corvus_adapters.sdk.openen import Ontvangst
    from corvus_broker.effecten import Effecten


@dataclass
class Proef:
    """A delivery of POL to VT, and a right receipt on it."""

    sim: Simulator
    ontvangst: Ontvangst
    bewijs: Ontvangstbewijs

    def send(
        self,
        bewijs: Ontvangstbewijs | None = None,
        *,
        signer: str = VT,
        zaak: bytes | None = None,
        partitie: int | None = None,
        purpose: str = SIGN_PURPOSE,
        tail: bytes = b"",
    ) -> Effecten:
        zegel = self.sim.zegel(signer)
        encoded = (bewijs or self.bewijs).encode() + tail
        signed = sign_one(
            zegel.key,
            zegel.certificaat,
            purpose,
            hashlib.sha256(encoded).digest(),
        )
        alias = self.ontvangst.zaak_alias if zaak is None else zaak
        melding = Terugmelding(
            zaak=alias, bewijs=encoded, ondertekening=signed.encode()
        )
        if partitie is None:
            partitie = alias_partition(ZaakAlias(self.ontvangst.zaak_alias))
        self.sim.log.put(Append(INZENDING, partitie, b"", melding.encode()))
        return self.sim.effecten[-1]

    def bent(self, **fields: object) -> Ontvangstbewijs:
        return msgspec.structs.replace(self.bewijs, **fields)


@pytest.fixture
def proef(sim: Simulator) -> Proef:
    sim.submit(sim.message())
    return _about(sim, VT)


def _about(sim: Simulator, naam: str) -> Proef:
    ontvangst = open_levering(sim.deliveries(naam)[-1], sim.org(naam).lezer)
    bewijs = Ontvangstbewijs(
        status=Status.AFGELEVERD.value,
        bericht_id=parse_bericht_id(ontvangst.bericht_id),
        verstrekker=ontvangst.verstrekker,
        uitsteller=sim.org(naam).keystore.oin,
        manifest=ontvangst.manifest_digest,
        levering=ontvangst.levering_digest,
        tijd=sim.nu_ms,
        register=ontvangst.register,
    )
    return Proef(sim, ontvangst, bewijs)


async def test_a_right_receipt_goes_on_verbatim(proef: Proef) -> None:
    # SPEC 12-3
    effecten = proef.send()
    assert effecten.uitkomst == "AFGELEVERD"
    (bericht,) = effecten.berichten
    passed = Terugmelding.decode(bericht.inhoud)
    assert passed.bewijs == proef.bewijs.encode()
    assert passed.zaak != proef.ontvangst.zaak_alias, "under the sender's own alias"
    assert not effecten.beslisregels
    got = await proef.sim.post(POL)
    assert [one.bewijs for one in got if isinstance(one, Ontvangenbewijs)][1:] == [
        proef.bewijs
    ]


def test_a_receipt_on_another_digest_is_refused(proef: Proef) -> None:
    effecten = proef.send(proef.bent(levering=bytes(32)))
    check_dead(proef.sim, effecten, "bewijs.onbekend")
    assert len(proef.sim.deliveries(POL)) == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"levering": None},
        {"manifest": bytes(32)},
        {"bericht_id": bytes(16)},
        {"verstrekker": "1" * 20},
    ],
)
def test_a_receipt_about_something_else_is_refused(
    proef: Proef, fields: dict[str, object]
) -> None:
    check_dead(proef.sim, proef.send(proef.bent(**fields)), "bewijs.onbekend")


def test_who_got_nothing_has_nothing_to_confirm(proef: Proef) -> None:
    """OM signs a receipt on VT's levering in its own name, with an alias of its own."""
    sim = proef.sim
    wat = concept("zsm_aanmelding")
    sim.submit(sim.message(POL, wat))
    om = _about(sim, OM)
    bewijs = proef.bent(uitsteller=sim.org(OM).keystore.oin)
    partitie = alias_partition(ZaakAlias(om.ontvangst.zaak_alias))
    effecten = proef.send(
        bewijs, signer=OM, zaak=om.ontvangst.zaak_alias, partitie=partitie
    )
    check_dead(sim, effecten, "bewijs.onbekend")


def test_a_receipt_signed_by_another_is_refused(proef: Proef) -> None:
    check_dead(proef.sim, proef.send(signer=OM), "certificaat.oin")


def test_a_receipt_in_the_name_of_another_is_refused(proef: Proef) -> None:
    other = proef.bent(uitsteller=proef.sim.org(OM).keystore.oin)
    check_dead(proef.sim, proef.send(other), "certificaat.oin")


def test_a_signature_for_another_purpose_is_refused(proef: Proef) -> None:
    effecten = proef.send(purpose="inzending")
    check_dead(proef.sim, effecten, "handtekening.ongeldig")


@pytest.mark.parametrize(
    "status", ["GEACCEPTEERD", "AANGEHOUDEN", "AFGEWEZEN", "INGETROKKEN", "ZOEK", ""]
)
def test_a_recipient_says_only_what_a_recipient_can(proef: Proef, status: str) -> None:
    effecten = proef.send(proef.bent(status=status))
    check_dead(proef.sim, effecten, "bewijs.status")


def test_trailing_bytes_in_a_receipt_are_refused(proef: Proef) -> None:
    check_dead(proef.sim, proef.send(tail=b"\0"), "schema.niet_canoniek")


def test_a_receipt_with_a_strange_alias_is_refused(proef: Proef) -> None:
    check_dead(proef.sim, proef.send(zaak=bytes(34)), "zaak.onbekend")


def test_a_receipt_in_the_wrong_partition_is_refused(proef: Proef) -> None:
    right = alias_partition(ZaakAlias(proef.ontvangst.zaak_alias))
    effecten = proef.send(partitie=(right + 1) % 4)
    check_dead(proef.sim, effecten, "partitie.onjuist")


def test_the_ladder_only_goes_up(proef: Proef) -> None:
    # SPEC 12-4
    outcomes = [
        proef.send(proef.bent(status=status)).uitkomst
        for status in (
            "GELEZEN",
            "AFGELEVERD",
            "GELEZEN",
            "VERWERKT",
            "GEWEIGERD",
            "VERWERKT",
        )
    ]
    assert outcomes == [
        "GELEZEN",
        "HERHAALD",
        "HERHAALD",
        "VERWERKT",
        "HERHAALD",
        "HERHAALD",
    ]
    told = [one for one in proef.sim.deliveries(POL) if one.soort == "terugmelding"]
    assert len(told) == 2


@pytest.mark.parametrize("tijd", [0, 1, 253_402_300_799_999])
async def test_a_receipt_with_a_wild_time_does_not_stop_the_senders_post(
    proef: Proef, tijd: int
) -> None:
    """The time in a receipt is the recipient's word; the broker's own time counts."""
    proef.send(proef.bent(tijd=tijd))
    proef.send(proef.bent(status="VERWERKT"))
    post = await proef.sim.post(POL)
    assert not [one for one in post if isinstance(one, Geweigerdepost)]
    statussen = [one.bewijs.status for one in post if isinstance(one, Ontvangenbewijs)]
    assert statussen == ["GEACCEPTEERD", "AFGELEVERD", "VERWERKT"]
