"""Register versions: what opens, and every way to refuse one, by code."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from register_bouw import (
    BROKER,
    NU,
    NU_MS,
    PERIODE,
    POL,
    TOT_MS,
    VAN,
    VAN_MS,
    VT,
    authorities,
    broker_key,
    officers,
    opened,
    parties,
    register_dsse,
    stuk,
    tabel_dsse,
    trust,
)

from corvus_broker.register import (
    REGISTER_TYPE,
    Registerreeks,
    Vertrouwen,
    declare_key,
    entry_digest,
    named_tabel,
    open_register,
    time_ms,
    time_text,
)
from corvus_crypto.autoriteit import Houder, Periode
from corvus_crypto.certificaten import thumbprint
from corvus_crypto.dsse import canonical_json, encode_base64, parse_json, sign_envelope
from corvus_crypto.suite import SUITES
from corvus_schemas.catalogus import load_catalogus
from corvus_schemas.errors import RegisterError

if TYPE_CHECKING:
    from collections.abc import Callable

    from corvus_broker.register import Registerversie
    from corvus_broker.register.formaat import CertificaatStuk, RegisterStuk

HOUR_MS = 3_600_000


def refusal(
    entry: RegisterStuk | None = None,
    *,
    data: bytes | None = None,
    tabel: bytes | None = None,
    vertrouwen: Vertrouwen | None = None,
) -> str:
    with pytest.raises(RegisterError) as caught:
        open_register(
            data if data is not None else register_dsse(entry),
            tabel if tabel is not None else tabel_dsse()[0],
            vertrouwen or trust(),
            load_catalogus(),
        )
    assert caught.value.advice
    return caught.value.code


def change(**fields: object) -> RegisterStuk:
    entry = stuk()
    entry.update(fields)  # type: ignore[typeddict-item] # wrong values are the point
    return entry


def change_org(number: int, **fields: object) -> RegisterStuk:
    entry = stuk()
    organisatie = entry["organisaties"][number]
    organisatie.update(fields)  # type: ignore[typeddict-item] # as above
    return entry


def test_a_right_register_opens() -> None:
    versie = opened()
    canonical = canonical_json(parse_json(canonical_json(dict(stuk()))))  # type: ignore[arg-type] # a TypedDict is JSON
    assert versie.digest == entry_digest(REGISTER_TYPE, canonical)
    assert versie.tabel_digest.hex() == tabel_dsse()[1] == named_tabel(register_dsse())
    assert (versie.volgnummer, versie.partities) == (1, 4)
    assert (versie.geldig_van_ms, versie.geldig_tot_ms) == (VAN_MS, TOT_MS)
    assert versie.broker_oin == BROKER
    assert versie.ondertekenaars == ("fg-1", "fg-2")
    assert versie.adresboek.organisatie(VT, NU).type == "VT"
    assert [regel.regel for regel in versie.tabel.regels] == ["R0001"]


def test_certificates_are_found_by_thumbprint() -> None:
    versie, (vt, _) = opened(), parties()
    found = versie.certificaat(vt.thumbprint)
    assert found is not None
    assert (found.oin, found.verify_key) == (VT, vt.key.public_key())
    assert found.usable(NU_MS)
    assert not found.usable(found.geldig_tot_ms)
    assert not found.usable(found.geldig_van_ms - 1)
    assert versie.certificaat(bytes(32)) is None


def test_keys_are_found_by_owner_suite_and_time() -> None:
    versie = opened()
    for suite in (1, 2):
        sleutel = versie.sleutel(POL, NU_MS, suite)
        assert sleutel is not None
        assert (sleutel.oin, sleutel.suite) == (POL, suite)
        assert sleutel.id == SUITES[suite].sleutel_id(sleutel.publiek)
        assert versie.sleutel_by_id(sleutel.id) is sleutel
    assert versie.sleutel(POL, TOT_MS, 1) is None
    assert versie.sleutel(POL, VAN_MS - 1, 1) is None
    assert versie.sleutel("00009999099099000000", NU_MS, 1) is None
    assert versie.sleutel(POL, NU_MS, 3) is None
    assert versie.sleutel_by_id(bytes(16)) is None


def test_the_newest_valid_key_is_sealed_to() -> None:
    vt, _ = parties()
    later = vt.declare(1, 3, (NU_MS + HOUR_MS, TOT_MS))
    newer = vt.declare(1, 2, (VAN_MS, NU_MS + HOUR_MS))
    oldest = vt.declare(1, 1)
    versie = opened(change_org(0, sleutels=[later, oldest, newer]))
    at = {moment: versie.sleutel(VT, moment, 1) for moment in (NU_MS, NU_MS + HOUR_MS)}
    assert [key and key.volgnummer for key in at.values()] == [2, 3]


def test_keys_declared_under_a_revoked_certificate_are_passed_over() -> None:
    entry = stuk()
    entry["organisaties"][0]["certificaten"][0]["ingetrokken_op"] = time_text(NU_MS)
    versie, (vt, _) = opened(entry), parties()
    assert versie.sleutel(VT, NU_MS - 1, 1)
    assert versie.sleutel(VT, NU_MS, 1) is None
    found = versie.certificaat(vt.thumbprint)
    assert found is not None
    assert found.usable(NU_MS - 1)
    assert not found.usable(NU_MS)


def test_suites_end() -> None:
    versie = opened()
    assert versie.suite_allowed(1, TOT_MS)
    assert versie.suite_allowed(2, NU_MS - 1)
    assert not versie.suite_allowed(2, NU_MS)
    assert not versie.suite_allowed(3, NU_MS)


def test_broker_keys_are_found_by_id() -> None:
    versie = opened()
    key_id = bytes.fromhex(stuk()["broker"]["sleutels"][0]["id"])
    assert versie.broker_key(key_id) == (broker_key().public_key(), VAN_MS, TOT_MS)
    assert versie.broker_key(bytes(16)) is None


def test_the_table_is_compiled_once_per_day_and_statuses() -> None:
    versie = opened()
    concept, tested = frozenset({"concept"}), frozenset({"juridisch_getoetst"})
    first = versie.compiled(concept, NU.date())
    assert versie.compiled(concept, NU.date()) is first
    assert versie.compiled(tested, NU.date()) is not first
    for days in range(1, 20):
        versie.compiled(concept, NU.date() + timedelta(days=days))
    assert versie.compiled(concept, NU.date()) is not first


def test_signatures_of_two_officers_are_needed_on_both_entries() -> None:
    # SPEC 15-1
    for signers in ((), (0,), (0, 0)):
        assert refusal(data=register_dsse(signers=signers)) == "register.handtekeningen"
        tabel = tabel_dsse(signers)[0]
        assert refusal(tabel=tabel) == "register.handtekeningen"
    assert refusal(vertrouwen=trust(drempel=3)) == "register.handtekeningen"
    nobody = replace(trust(), functionarissen={})
    assert refusal(vertrouwen=nobody) == "register.handtekeningen"


def test_an_entry_edited_after_signing_is_refused() -> None:
    # SPEC 15-1
    data = parse_json(register_dsse())
    assert isinstance(data, dict)
    edited = change(partities=8)
    data["payload"] = encode_base64(canonical_json(dict(edited)))  # type: ignore[arg-type] # a TypedDict is JSON
    assert refusal(data=canonical_json(data)) == "register.handtekeningen"


def test_a_register_is_no_table_and_the_other_way_around() -> None:
    assert refusal(data=tabel_dsse()[0]) == "register.ongeldig"
    assert refusal(tabel=register_dsse()) == "register.ongeldig"


def test_another_table_than_the_one_named_is_refused() -> None:
    # SPEC 15-3
    assert refusal(change(tabel="00" * 32)) == "register.tabel"


@pytest.mark.parametrize(
    "fields",
    [
        {"soort": "corvus.anders"},
        {"volgnummer": 0},
        {"volgnummer": "1"},
        {"volgnummer": True},
        {"geldig_van": "2026-11-22"},
        {"geldig_van": "2026-11-22T12:00:00+00:00"},
        {"geldig_van": "2026-02-30T12:00:00Z"},
        {"partities": 0},
        {"suites": []},
        {"tabel": "zz" * 32},
        {"tabel": "../" * 21 + "x"},
        {"organisaties": None},
        {"extra": 1},
    ],
)
def test_a_field_of_the_wrong_form_is_refused_and_named(
    fields: dict[str, object],
) -> None:
    # SPEC 15-2
    payload = {**stuk(), **fields}
    data = sign_envelope(payload, REGISTER_TYPE, officers()[:2])  # type: ignore[arg-type] # wrong values are the point
    with pytest.raises(RegisterError, match=next(iter(fields))) as caught:
        open_register(data, tabel_dsse()[0], trust(), load_catalogus())
    assert caught.value.code == "register.ongeldig"


def test_a_missing_field_is_refused() -> None:
    entry = {key: value for key, value in stuk().items() if key != "broker"}
    data = sign_envelope(entry, REGISTER_TYPE, officers()[:2])  # type: ignore[arg-type] # as above
    assert refusal(data=data) == "register.ongeldig"


def test_a_period_must_not_be_empty() -> None:
    assert refusal(change(geldig_tot=time_text(VAN_MS))) == "register.periode"


def test_two_entries_with_one_oin_are_refused() -> None:
    # SPEC 15-6
    entry = stuk()
    entry["organisaties"].append(entry["organisaties"][0])
    assert refusal(entry) == "register.dubbel"


def test_the_certificate_of_another_organisation_is_refused() -> None:
    # SPEC 15-4
    entry = stuk()
    entry["organisaties"][0]["certificaten"] = entry["organisaties"][1]["certificaten"]
    assert refusal(entry) == "register.oin"


def test_an_entry_under_another_oin_is_refused() -> None:
    assert refusal(change_org(0, oin="00009999002099000000")) == "register.oin"


def _listed(der: bytes) -> CertificaatStuk:
    tsp = authorities()[1].certificate.public_bytes(Encoding.DER)
    return {
        "der": encode_base64(der),
        "keten": [encode_base64(tsp)],
        "ingetrokken_op": None,
    }


@pytest.mark.parametrize(
    ("periode", "inner"),
    [
        (Periode(PERIODE.van, VAN - timedelta(days=1)), "certificaat.verlopen"),
        (Periode(NU, PERIODE.tot), "certificaat.nog_niet_geldig"),
    ],
)
def test_certificates_must_be_valid_when_the_version_starts(
    periode: Periode, inner: str
) -> None:
    # SPEC 15-4
    vt, _ = parties()
    tsp = authorities()[1]
    houder = Houder(VT, "Veilig Thuis proef")
    certificate = tsp.issue(houder, vt.key.public_key(), 5, periode)
    entry = change_org(
        0, certificaten=[_listed(certificate.public_bytes(Encoding.DER))], sleutels=[]
    )
    with pytest.raises(RegisterError, match=inner) as caught:
        opened(entry)
    assert caught.value.code == "register.certificaat"


def test_a_certificate_of_a_stranger_root_or_no_certificate_is_refused() -> None:
    assert refusal(vertrouwen=replace(trust(), ankers=())) == "register.certificaat"
    assert (
        refusal(change_org(0, certificaten=[_listed(b"no certificate")]))
        == "register.certificaat"
    )
    assert (
        refusal(
            change_org(
                0, certificaten=[stuk()["organisaties"][0]["certificaten"][0]] * 2
            )
        )
        == "register.dubbel"
    )


def _edit_key(**fields: object) -> RegisterStuk:
    entry = stuk()
    sleutel = entry["organisaties"][0]["sleutels"][0]
    sleutel.update(fields)  # type: ignore[typeddict-item] # wrong values are the point
    return entry


@pytest.mark.parametrize(
    "fields",
    [
        {"volgnummer": 2},
        {"geldig_tot": time_text(TOT_MS + 1000)},
        {"suite": 2},
        {"suite": 77},
        {"id": "00" * 16},
        {"publiek": encode_base64(bytes(32))},
        {"handtekening": encode_base64(bytes(64))},
        {"certificaat": "00" * 32},
    ],
)
def test_a_key_statement_edited_after_signing_is_refused(
    fields: dict[str, object],
) -> None:
    assert refusal(_edit_key(**fields)) == "register.sleutelverklaring"


def test_a_key_statement_by_anothers_certificate_is_refused() -> None:
    # SPEC 15-5
    vt, pol = parties()
    public = SUITES[1].generate_key()[1]
    geldig = (VAN_MS, TOT_MS)
    named = declare_key((VT, pol.thumbprint, pol.key), 1, public, 1, geldig)
    signed = declare_key((VT, vt.thumbprint, pol.key), 1, public, 1, geldig)
    for wrong in (named, signed):
        assert refusal(change_org(0, sleutels=[wrong])) == "register.sleutelverklaring"
    # The same the other way around: here the named certificate was read before.
    named = declare_key((POL, vt.thumbprint, vt.key), 1, public, 1, geldig)
    assert refusal(change_org(1, sleutels=[named])) == "register.sleutelverklaring"


def test_a_key_moved_or_copied_to_another_organisation_is_refused() -> None:
    vt, pol = parties()
    entry = stuk()
    theirs = entry["organisaties"][1]["sleutels"][0]
    assert refusal(change_org(0, sleutels=[theirs])) == "register.sleutelverklaring"
    public = SUITES[1].generate_key()[1]
    entry["organisaties"][0]["sleutels"] = [vt.declare(1, public=public)]
    entry["organisaties"][1]["sleutels"] = [pol.declare(1, public=public)]
    assert refusal(entry) == "register.dubbel"


def test_a_weak_key_is_refused() -> None:
    # SPEC 15-5
    vt, _ = parties()
    weak = vt.declare(2, public=bytes(32))
    assert refusal(change_org(0, sleutels=[weak])) == "register.sleutelverklaring"


@pytest.mark.parametrize(
    "damage",
    [
        lambda keys: keys[0].update(id="00" * 16),
        lambda keys: keys[0].update(publiek=encode_base64(bytes(31))),
        lambda keys: keys[0].update(publiek=encode_base64(b"\x01" + bytes(31))),
        lambda keys: keys.append(keys[0]),
    ],
)
def test_a_wrong_broker_key_is_refused(
    damage: Callable[[list[object]], None],
) -> None:
    entry = stuk()
    damage(entry["broker"]["sleutels"])  # type: ignore[arg-type] # wrong on purpose
    assert refusal(entry) == "register.brokersleutel"


def test_a_suite_listed_twice_is_refused() -> None:
    # SPEC 15-6
    assert refusal(change(suites=stuk()["suites"] * 2)) == "register.dubbel"


def _next(number: int, van_ms: int, tot_ms: int) -> Registerversie:
    return opened(
        change(
            volgnummer=number,
            geldig_van=time_text(van_ms),
            geldig_tot=time_text(tot_ms),
        )
    )


def test_the_version_in_force_is_the_last_one_started() -> None:
    first = opened()
    second = _next(2, NU_MS, NU_MS + HOUR_MS)
    reeks = Registerreeks([second, first])
    assert reeks.op(VAN_MS) is first
    assert reeks.op(NU_MS - 1) is first
    assert reeks.op(NU_MS) is second
    assert reeks.by_digest(first.digest) is first
    assert reeks.by_digest(bytes(32)) is None


@pytest.mark.parametrize("moment", [VAN_MS - 1, TOT_MS])
def test_a_future_or_expired_register_is_not_in_force(moment: int) -> None:
    for reeks in (Registerreeks([opened()]), Registerreeks([])):
        with pytest.raises(RegisterError) as caught:
            reeks.op(moment)
        assert caught.value.code == "register.geen_geldig"


def test_an_older_version_does_not_come_back() -> None:
    # SPEC 15-7
    reeks = Registerreeks([opened(), _next(2, NU_MS, NU_MS + HOUR_MS)])
    with pytest.raises(RegisterError) as caught:
        reeks.op(NU_MS + HOUR_MS)
    assert caught.value.code == "register.geen_geldig"


def test_versions_must_have_their_own_number_and_order() -> None:
    for wrong in (
        _next(1, NU_MS, TOT_MS),
        _next(2, VAN_MS - HOUR_MS, TOT_MS),
        opened(),
    ):
        with pytest.raises(RegisterError) as caught:
            Registerreeks([opened(), wrong])
        assert caught.value.code == "register.volgorde"


def test_times_have_one_spelling() -> None:
    assert time_text(time_ms("2026-11-22T12:00:00Z")) == "2026-11-22T12:00:00Z"
    for wrong in (
        "2026-11-22T12:00:00.0Z",
        "2026-11-22 12:00:00Z",
        "2026-11-22T12:00Z",
    ):
        with pytest.raises(ValueError, match="time"):
            time_ms(wrong)


def test_a_p256_signing_key_can_declare() -> None:
    """The certificate decides the kind of signature, not the format."""
    other = ec.generate_private_key(ec.SECP256R1())
    tsp = authorities()[1]
    certificate = tsp.issue(Houder(VT, "tweede"), other.public_key(), 6, PERIODE)
    owner = (VT, thumbprint(certificate), other)
    public = SUITES[2].generate_key()[1]
    second = declare_key(owner, 2, public, 9, (VAN_MS, TOT_MS))
    entry = stuk()
    entry["organisaties"][0]["certificaten"].append(
        _listed(certificate.public_bytes(Encoding.DER))
    )
    entry["organisaties"][0]["sleutels"].append(second)
    sleutel = opened(entry).sleutel(VT, NU_MS, 2)
    assert sleutel is not None
    assert sleutel.volgnummer == 9
