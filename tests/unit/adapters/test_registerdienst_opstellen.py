"""Drawing up what officers sign, and their signatures one after the other."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import pytest
from register_bouw import (
    NU,
    NU_MS,
    TOT_MS,
    officers,
    parties,
    register_dsse,
    stuk,
    tabel_dsse,
    trust,
)

from corvus_adapters.registerdienst import Keuring, Stukken
from corvus_adapters.registerdienst.opstellen import (
    draw_up,
    next_midnight,
    parse_moment,
    parse_organisatie,
)
from corvus_broker.register import (
    REGISTER_TYPE,
    Wijziging,
    next_version,
    sign_register,
    time_text,
)
from corvus_crypto.dsse import add_signature, open_envelope, parse_base64, peek_signers
from corvus_crypto.hybride import HybrideSigningKey
from corvus_schemas.catalogus import load_catalogus
from corvus_schemas.errors import CorvusError, RegisterError

KEURING = Keuring(trust(), load_catalogus(), frozenset({"concept"}))
BASIS = Stukken(register_dsse(), tabel_dsse()[0])


def _code(error: pytest.ExceptionInfo[CorvusError]) -> str:
    return error.value.code


def test_the_next_version_is_the_one_before_with_what_changes() -> None:
    made = next_version(stuk(), Wijziging(NU_MS, TOT_MS + 1000, "ab" * 32))
    expected = stuk()
    expected["volgnummer"], expected["tabel"] = 2, "ab" * 32
    expected["geldig_van"] = time_text(NU_MS)
    expected["geldig_tot"] = time_text(TOT_MS + 1000)
    assert made == expected


@pytest.mark.parametrize(
    ("before_ms", "after_ms"),
    [(None, NU_MS), (NU_MS + 5000, NU_MS), (NU_MS - 5000, NU_MS - 5000)],
)
def test_a_revocation_starts_with_the_version_or_earlier(
    before_ms: int | None, after_ms: int
) -> None:
    basis = stuk()
    certificaat = basis["organisaties"][0]["certificaten"][0]
    certificaat["ingetrokken_op"] = None if before_ms is None else time_text(before_ms)
    thumbprint = hashlib.sha256(parse_base64(certificaat["der"])).hexdigest()
    made = next_version(basis, Wijziging(NU_MS, ingetrokken=[thumbprint.upper()]))
    revoked = made["organisaties"][0]["certificaten"][0]["ingetrokken_op"]
    assert revoked == time_text(after_ms)
    assert made["organisaties"][1]["certificaten"][0]["ingetrokken_op"] is None


def test_a_draft_keeps_the_table_unless_another_is_given() -> None:
    made, tabel = draw_up(BASIS, Wijziging(NU_MS), None, KEURING)
    assert (made["tabel"], tabel) == (tabel_dsse()[1], BASIS.tabel)


@pytest.mark.parametrize(
    ("wijziging", "code"),
    [
        (Wijziging(TOT_MS), "register.periode"),
        (Wijziging(NU_MS - 10**9), "register.volgorde"),
        (Wijziging(NU_MS, nieuw=[parties()[0].stuk()]), "register.dubbel"),
        (Wijziging(NU_MS, ingetrokken=["ab" * 32]), "certificaat.onbekend"),
    ],
)
def test_a_draft_that_would_be_refused_is_not_drawn_up(
    wijziging: Wijziging, code: str
) -> None:
    with pytest.raises(CorvusError) as caught:
        draw_up(BASIS, wijziging, None, KEURING)
    assert _code(caught) == code


def test_a_draft_needs_a_table_that_two_officers_signed() -> None:
    with pytest.raises(RegisterError) as caught:
        draw_up(BASIS, Wijziging(NU_MS), tabel_dsse((1,))[0], KEURING)
    assert _code(caught) == "register.handtekeningen"


def test_officers_add_their_signatures_one_after_the_other() -> None:
    envelope, trusted = sign_register(stuk(), []), trust().functionarissen
    for count, (name, key) in enumerate(officers()[:2], 1):
        with pytest.raises(RegisterError):
            open_envelope(envelope, REGISTER_TYPE, trusted, 2)
        envelope = add_signature(envelope, REGISTER_TYPE, name, key)
        assert len(peek_signers(envelope, REGISTER_TYPE)) == count
    opened = open_envelope(envelope, REGISTER_TYPE, trusted, 2)
    assert opened.signers == ("fg-1", "fg-2")


def test_an_officer_signs_once() -> None:
    name, key = officers()[0]
    envelope = register_dsse(signers=(0,))
    with pytest.raises(RegisterError) as caught:
        add_signature(envelope, REGISTER_TYPE, name, key)
    assert _code(caught) == "register.handtekeningen"


def test_the_same_key_under_another_name_counts_once() -> None:
    # SPEC 15-1
    _, key = officers()[0]
    envelope = add_signature(register_dsse(signers=(0,)), REGISTER_TYPE, "fg-9", key)
    trusted = {**trust().functionarissen, "fg-9": key.public_key()}
    with pytest.raises(RegisterError) as caught:
        open_envelope(envelope, REGISTER_TYPE, trusted, 2)
    assert _code(caught) == "register.handtekeningen"


def test_what_is_not_canonical_gets_no_signature() -> None:
    loose = sign_register(stuk(), []).replace(b'"payload":"ey', b'"payload":"IHsi', 1)
    with pytest.raises(RegisterError) as caught:
        add_signature(loose, REGISTER_TYPE, "fg-1", HybrideSigningKey.generate())
    assert _code(caught) == "register.ongeldig"


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-12-01T09:00", "2026-12-01T08:00:00Z"),
        ("2026-07-01T09:00", "2026-07-01T07:00:00Z"),
        ("2026-12-01T09:00:00Z", "2026-12-01T09:00:00Z"),
        ("2026-12-01T09:00:00.5+01:00", "2026-12-01T08:00:01Z"),
    ],
)
def test_a_moment_without_an_offset_is_dutch_time(text: str, utc: str) -> None:
    assert time_text(parse_moment(text)) == utc


def test_a_moment_has_a_form() -> None:
    with pytest.raises(CorvusError) as caught:
        parse_moment("morgen")
    assert _code(caught) == "tijd.ongeldig"


def test_officers_get_a_working_day_to_sign() -> None:
    start = next_midnight(NU)
    assert start.astimezone(UTC) == datetime(2026, 11, 23, 23, tzinfo=UTC)


def test_an_organisation_is_checked_field_by_field() -> None:
    right = parties()[0].stuk()
    assert parse_organisatie(dict(right)) == right
    with pytest.raises(RegisterError) as caught:
        parse_organisatie({**right, "oin": "1"})
    assert _code(caught) == "register.ongeldig"
    assert "oin" in caught.value.message
