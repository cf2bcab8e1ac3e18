"""What a log may not do, seen by witnesses who trust nobody."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Final

import pytest
from auditlog_bouw import (
    Getuigebron,
    Opslagbron,
    logboek,
    make_batch,
    make_beleid,
    make_getuige,
    sqlite_url,
)

from corvus_adapters.audit.medetekenen import Medetekenaar
from corvus_adapters.audit.opslag import Auditopslag
from corvus_adapters.getuige.server import Getuigenserver, add_checkpoint
from corvus_crypto.boom import consistency_path
from corvus_crypto.controlepunt import (
    Controlepunt,
    open_controlepunt,
    sign_controlepunt,
)
from corvus_crypto.hybride import HybrideSigningKey
from corvus_schemas.errors import (
    CorvusError,
    IntegrityError,
    UnavailableError,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from auditlog_bouw import Logboek

    from corvus_adapters.installatie import Installatie
    from corvus_crypto.controlepunt import Getekend

W1: Final = "een.example/getuige"
W2: Final = "twee.example/getuige"


@pytest.fixture
async def boek(sandbox: Installatie, tmp_path: Path) -> AsyncIterator[Logboek]:
    async with logboek(sandbox, tmp_path) as made:
        yield made


async def _log(boek: Logboek, path: Path, batches: int) -> Auditopslag:
    """A log of its own over the topic, of so many batches."""
    await boek.record(batches - boek.made)
    opslag = Auditopslag(sqlite_url(path))
    await boek.follow(opslag)
    return opslag


def make_folder(path: Path) -> Path:
    path.mkdir()
    return path


FACES: Final = {
    "changed": [0, 1, 2, 1003, 4, 5, 6, 7],
    "removed": [0, 1, 2, 4, 5, 6, 7],
    "inserted": [0, 1, 2, 1003, 3, 4, 5, 6, 7],
    "reordered": [0, 1, 2, 4, 3, 5, 6, 7],
}


async def _face(
    boek: Logboek, sandbox: Installatie, path: Path, numbers: list[int]
) -> Auditopslag:
    """Another log under the same name and keys."""
    async with logboek(sandbox, make_folder(path)) as other:
        await other.append(
            [make_batch(boek.attesteerder, one, boek.tijd_ms) for one in numbers]
        )
        opslag = Auditopslag(sqlite_url(path / "face.sqlite"))
        await other.follow(opslag)
        return opslag


def _request(opslag: Auditopslag, old: int, notitie: str = "") -> bytes:
    """What the log sends to a witness."""
    [punt] = opslag.punten()
    path = consistency_path(opslag.boom, old, punt.grootte)
    lines = [f"old {old}", *(base64.b64encode(one).decode() for one in path)]
    return ("\n".join(lines) + "\n\n" + (notitie or punt.notitie)).encode()


def _ignore(_: CorvusError | None) -> None:
    """Nobody listens."""


async def test_a_witness_cosigns_what_grows(boek: Logboek, tmp_path: Path) -> None:
    # SPEC 19-7
    getuige = make_getuige(tmp_path, W1, boek.sleutels)
    opslag = await _log(boek, tmp_path / "log.sqlite", 3)
    bron = Opslagbron(opslag)
    assert getuige.look(bron) == 3
    await boek.record(300)
    await boek.follow(opslag)
    assert getuige.look(bron) == 303
    seen = getuige.opslag.laatste()
    assert seen is not None
    beleid = make_beleid(boek.sleutels, {W1: getuige}, {}, 1)
    assert beleid.getuigen.is_met(open_controlepunt(seen.notitie, boek.sleutels))
    assert getuige.opslag.alarmen() == []


async def test_the_log_collects_cosignatures_of_enough_witnesses(
    boek: Logboek, tmp_path: Path
) -> None:
    # SPEC 19-7, SPEC 19-8
    getuigen = {naam: make_getuige(tmp_path, naam, boek.sleutels) for naam in (W1, W2)}
    servers = {
        naam: Getuigenserver("127.0.0.1", 0, one, _ignore)
        for naam, one in getuigen.items()
    }
    opslag = await _log(boek, tmp_path / "log.sqlite", 5)
    urls = {naam: f"http://127.0.0.1:{one.port}" for naam, one in servers.items()}
    beleid = make_beleid(boek.sleutels, getuigen, urls, 2)
    collector = Medetekenaar(beleid, opslag, boek.waarnemer)
    servers[W1].start()
    try:
        assert await collector.collect() == 1
        assert not beleid.getuigen.is_met(_newest(opslag, boek))
        servers[W2].start()
        assert await collector.collect() == 2
        assert set(beleid.getuigen.cosigners(_newest(opslag, boek))) == {W1, W2}
        await boek.record(300)
        await boek.follow(opslag)
        # One that starts anew learns from the witnesses where they are.
        again = Medetekenaar(beleid, opslag, boek.waarnemer)
        assert await again.collect() == 2
        assert await again.collect() == 2
    finally:
        for server in servers.values():
            server.stop()
    assert beleid.getuigen.is_met(_newest(opslag, boek))
    assert set(boek.waarnemer.by) == {(W1, 5), (W2, 5), (W1, 305), (W2, 305)}
    assert (W2, "web.onbereikbaar") in boek.waarnemer.refused
    [punt] = opslag.punten(medegetekend=True)[:1]
    assert punt.grootte == 305


def _newest(opslag: Auditopslag, boek: Logboek) -> Getekend:
    return open_controlepunt(opslag.punten()[0].notitie, boek.sleutels)


async def test_a_log_that_was_rewound_is_seen_by_its_witness(
    boek: Logboek, tmp_path: Path
) -> None:
    # SPEC 19-7
    getuige = make_getuige(tmp_path, W1, boek.sleutels)
    early = await _log(boek, tmp_path / "early.sqlite", 3)
    late = await _log(boek, tmp_path / "late.sqlite", 9)
    assert getuige.look(Opslagbron(late)) == 9
    with pytest.raises(IntegrityError, match=r"getuige\.krimp"):
        getuige.look(Opslagbron(early))
    answer = add_checkpoint(getuige, _request(early, 3), _ignore)
    assert (answer.status, answer.inhoud) == (409, "9\n")
    assert answer.soort == "text/x.tlog.size"
    # It is no proof of a lie: a cache can show what was true before.
    assert getuige.opslag.alarmen() == []
    assert getuige.look(Opslagbron(late)) == 9


async def test_a_log_that_was_rewound_hears_it_from_its_witness(
    boek: Logboek, tmp_path: Path
) -> None:
    # SPEC 19-7
    getuige = make_getuige(tmp_path, W1, boek.sleutels)
    early = await _log(boek, tmp_path / "early.sqlite", 3)
    late = await _log(boek, tmp_path / "late.sqlite", 9)
    getuige.look(Opslagbron(late))
    server = Getuigenserver("127.0.0.1", 0, getuige, _ignore)
    server.start()
    try:
        urls = {W1: f"http://127.0.0.1:{server.port}"}
        beleid = make_beleid(boek.sleutels, {W1: getuige}, urls, 1)
        assert await Medetekenaar(beleid, early, boek.waarnemer).collect() == 0
    finally:
        server.stop()
    assert boek.waarnemer.refused == [(W1, "auditlog.getuige_voor")]


@pytest.mark.parametrize("attack", FACES)
async def test_a_history_that_was_bent_is_a_fork_with_proof(
    attack: str, boek: Logboek, sandbox: Installatie, tmp_path: Path
) -> None:
    # SPEC 19-7
    getuige = make_getuige(tmp_path, W1, boek.sleutels)
    honest = await _log(boek, tmp_path / "log.sqlite", 6)
    assert getuige.look(Opslagbron(honest)) == 6
    bent = await _face(boek, sandbox, tmp_path / "bent", FACES[attack])
    with pytest.raises(IntegrityError, match=r"getuige\.vork"):
        getuige.look(Opslagbron(bent))
    [alarm] = getuige.opslag.alarmen()
    seen = open_controlepunt(alarm.gezien, boek.sleutels).punt
    shown = open_controlepunt(alarm.getoond, boek.sleutels).punt
    assert (seen.grootte, shown.grootte) == (6, len(FACES[attack]))
    # Nothing of this log is signed any more, the honest one neither.
    with pytest.raises(IntegrityError, match=r"getuige\.vork"):
        getuige.look(Opslagbron(honest))
    assert add_checkpoint(getuige, _request(honest, 6), _ignore).status == 409


async def test_two_faces_of_one_size_are_a_fork(
    boek: Logboek, sandbox: Installatie, tmp_path: Path
) -> None:
    # SPEC 19-7
    getuige = make_getuige(tmp_path, W1, boek.sleutels)
    honest = await _log(boek, tmp_path / "log.sqlite", 8)
    heard: list[str] = []
    assert add_checkpoint(getuige, _request(honest, 0), _ignore).status == 200
    bent = await _face(boek, sandbox, tmp_path / "bent", FACES["changed"])
    answer = add_checkpoint(
        getuige,
        _request(bent, 8),
        lambda error: heard.append(error.code if error else ""),
    )
    assert (answer.status, heard) == (409, ["getuige.vork"])
    assert len(getuige.opslag.alarmen()) == 1


async def test_two_faces_shown_to_two_witnesses_prove_nothing_and_are_found(
    boek: Logboek, sandbox: Installatie, tmp_path: Path
) -> None:
    # SPEC 19-7, SPEC 19-8
    getuigen = {naam: make_getuige(tmp_path, naam, boek.sleutels) for naam in (W1, W2)}
    one = await _log(boek, tmp_path / "log.sqlite", 8)
    other = await _face(boek, sandbox, tmp_path / "face", FACES["inserted"])
    assert getuigen[W1].look(Opslagbron(one)) == 8
    assert getuigen[W2].look(Opslagbron(other)) == 9
    beleid = make_beleid(boek.sleutels, getuigen, {}, 2)
    assert beleid.is_majority
    for getuige in getuigen.values():
        seen = getuige.opslag.laatste()
        assert seen is not None
        note = open_controlepunt(seen.notitie, boek.sleutels)
        assert not beleid.getuigen.is_met(note)
    # The two compare what they saw: whatever face the log shows now, it is found, or
    # it shows neither of the two.
    with pytest.raises(IntegrityError, match=r"getuige\.vork"):
        getuigen[W1].compare(Getuigebron(getuigen[W2]), Opslagbron(other))
    with pytest.raises(UnavailableError, match=r"getuige\.onbewezen"):
        getuigen[W2].compare(Getuigebron(getuigen[W1]), Opslagbron(one))
    assert len(getuigen[W1].opslag.alarmen()) == 1


async def test_a_log_that_hides_its_tree_is_not_followed(
    boek: Logboek, sandbox: Installatie, tmp_path: Path
) -> None:
    # SPEC 19-7
    getuige = make_getuige(tmp_path, W1, boek.sleutels)
    first = await _log(boek, tmp_path / "first.sqlite", 3)
    assert getuige.look(Opslagbron(first)) == 3
    second = await _log(boek, tmp_path / "second.sqlite", 9)
    hiding = Opslagbron(first)
    hiding.note = second.punten()[0].notitie
    with pytest.raises(UnavailableError, match=r"getuige\.onbewezen"):
        getuige.look(hiding)
    assert getuige.opslag.alarmen() == []
    assert getuige.look(Opslagbron(second)) == 9


async def test_a_stranger_cannot_make_a_witness_sign_or_cry_wolf(
    boek: Logboek, tmp_path: Path
) -> None:
    # SPEC 19-7
    getuige = make_getuige(tmp_path, W1, boek.sleutels)
    opslag = await _log(boek, tmp_path / "log.sqlite", 5)
    assert getuige.look(Opslagbron(opslag)) == 5
    await boek.record(4)
    await boek.follow(opslag)
    punt = _newest(opslag, boek).punt
    stranger = HybrideSigningKey.generate()
    forged = sign_controlepunt(Controlepunt(punt.oorsprong, 12, bytes(32)), stranger)
    foreign = sign_controlepunt(Controlepunt("other.example", 12, bytes(32)), stranger)
    good = _request(opslag, 5).decode()
    head, _, note = good.partition("\n\n")
    for status, body in (
        (403, f"{head}\n\n{forged.encode()}"),
        (404, f"{head}\n\n{foreign.encode()}"),
        (422, f"old 5\n\n{note}"),
        (422, f"{head}\n{base64.b64encode(bytes(32)).decode()}\n\n{note}"),
        (409, f"old 4\n\n{note}"),
        (400, f"old 10\n\n{note}"),
        (400, f"old 05\n\n{note}"),
        (400, note),
        (400, ""),
        (400, "old 5\n" + "AAAA\n" * 70 + f"\n{note}"),
    ):
        assert add_checkpoint(getuige, body.encode(), _ignore).status == status, body
    assert getuige.opslag.alarmen() == []
    seen = getuige.opslag.laatste()
    assert seen is not None
    assert seen.grootte == 5
    assert add_checkpoint(getuige, good.encode(), _ignore).status == 200


async def test_a_witness_remembers_after_it_is_started_anew(
    boek: Logboek, sandbox: Installatie, tmp_path: Path
) -> None:
    # SPEC 19-7
    getuige = make_getuige(tmp_path, W1, boek.sleutels)
    opslag = await _log(boek, tmp_path / "log.sqlite", 8)
    getuige.look(Opslagbron(opslag))
    getuige.opslag.close()
    again = make_getuige(tmp_path, W1, boek.sleutels)
    bent = await _face(boek, sandbox, tmp_path / "bent", FACES["changed"])
    with pytest.raises(IntegrityError, match=r"getuige\.vork"):
        again.look(Opslagbron(bent))


async def test_what_a_foreign_witness_signs_is_not_taken(
    boek: Logboek, tmp_path: Path
) -> None:
    # SPEC 19-8
    known = make_getuige(tmp_path, W1, boek.sleutels)
    (tmp_path / "foreign").mkdir()
    foreign = make_getuige(tmp_path / "foreign", W1, boek.sleutels)
    opslag = await _log(boek, tmp_path / "log.sqlite", 5)
    server = Getuigenserver("127.0.0.1", 0, foreign, _ignore)
    server.start()
    try:
        urls = {W1: f"http://127.0.0.1:{server.port}"}
        beleid = make_beleid(boek.sleutels, {W1: known}, urls, 1)
        assert await Medetekenaar(beleid, opslag, boek.waarnemer).collect() == 0
    finally:
        server.stop()
    assert boek.waarnemer.refused == [(W1, "notitie.handtekening")]
    assert len(_newest(opslag, boek).notitie.regels) == 2
