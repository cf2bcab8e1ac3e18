"""Laws of terms, over summer time, holidays and orders of events."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from corvus_broker.termijnen import (
    Gebeurtenis,
    Loop,
    Partij,
    advance,
    alarms,
    gehaald,
)
from corvus_broker.termijnen_kalender import AMSTERDAM, is_werkdag, uiterlijk
from corvus_schemas.termijnen import Duur, Soort, load_termijnen

TERMIJNEN = load_termijnen()
TYPEN = sorted(
    {
        type_
        for termijn in TERMIJNEN.values()
        for vorm in (*termijn.start, *termijn.einde)
        for type_ in vorm.berichttypen
    }
)
POL, VT, OM = (
    Partij(f"0000000{n}", type_) for n, type_ in enumerate(["POL", "VT", "OM"])
)
# Around changes of the clock, Easter, Ascension, Christmas and the ends of months.
moments = st.one_of(
    st.datetimes(
        datetime(2026, 1, 1),  # noqa: DTZ001 - hypothesis wants them bare; UTC below
        datetime(2040, 12, 31),  # noqa: DTZ001 - as above
    ),
    st.builds(
        lambda day, minute: datetime.combine(day, time()) + timedelta(minutes=minute),
        st.sampled_from(
            [
                date(2031, 3, 29),
                date(2031, 3, 30),
                date(2031, 10, 25),
                date(2031, 10, 26),
                date(2031, 4, 10),
                date(2031, 12, 24),
                date(2032, 1, 31),
            ]
        ),
        st.integers(0, 1439),
    ),
).map(lambda moment: moment.replace(second=0, microsecond=0, tzinfo=UTC))


@settings(deadline=None)
@given(moments, st.integers(0, 400))
def test_days_keep_the_clock_on_the_wall(start: datetime, days: int) -> None:
    end = uiterlijk(start, Duur(days, "dagen")).astimezone(AMSTERDAM)
    local = start.astimezone(AMSTERDAM)
    wall = local.replace(tzinfo=None) + timedelta(days=days)
    skipped = end.replace(tzinfo=None) - wall
    # An hour on, only where the wall has no such time.
    assert skipped in {timedelta(), timedelta(hours=1)}
    if skipped:
        as_written = wall.replace(tzinfo=AMSTERDAM)
        assert (
            as_written.astimezone(UTC).astimezone(AMSTERDAM).replace(tzinfo=None)
            != wall
        )


@settings(deadline=None)
@given(moments, st.integers(0, 600))
def test_hours_are_hours_whatever_the_clock_does(start: datetime, hours: int) -> None:
    assert uiterlijk(start, Duur(hours, "uren")) - start == timedelta(hours=hours)


@settings(deadline=None)
@given(moments, st.integers(1, 40))
def test_so_many_werkdagen_lie_behind_the_day_of_the_start(
    start: datetime, count: int
) -> None:
    end = uiterlijk(start, Duur(count, "werkdagen")).astimezone(AMSTERDAM)
    first = start.astimezone(AMSTERDAM).date()
    days = [first + timedelta(days=n + 1) for n in range((end.date() - first).days)]
    assert sum(map(is_werkdag, days)) == count
    assert is_werkdag(end.date())
    assert end.time() == time(23, 59)


@settings(deadline=None)
@given(moments, st.sampled_from(["dagen", "weken", "maanden", "werkdagen", "daguren"]))
def test_a_longer_term_never_ends_sooner(start: datetime, eenheid: str) -> None:
    ends = [uiterlijk(start, Duur(n, eenheid)) for n in range(1, 8)]  # type: ignore[arg-type]  # drawn from the units
    assert ends == sorted(ends)
    assert start < ends[0]


@settings(deadline=None)
@given(moments, st.integers(1, 30))
def test_the_night_rule_counts_only_what_lies_outside_the_night(
    start: datetime, hours: int
) -> None:
    end = uiterlijk(start, Duur(hours, "daguren"))
    minutes = int((end - start).total_seconds()) // 60
    awake = sum(
        (start + timedelta(minutes=n)).astimezone(AMSTERDAM).hour >= 9
        for n in range(minutes)
    )
    assert awake == hours * 60


gebeurtenissen = st.builds(
    Gebeurtenis,
    soort=st.sampled_from(
        ["aangeboden", "afgeleverd", "afgehandeld", "aangehouden", "gelezen"]
    ),
    bericht=st.sampled_from("abcd"),
    berichttype=st.sampled_from(TYPEN),
    van=st.sampled_from([POL, VT, OM]),
    op=moments,
    naar=st.lists(st.sampled_from([POL, VT, OM]), unique=True).map(tuple),
    spoed=st.sampled_from(["normaal", "hoog", "acuut"]),
    antwoord_op=st.sampled_from([None, *"abcd"]),
    rubrieken=st.frozensets(st.sampled_from(["sporen", "bevindingen", "maatregelen"])),
    kenmerken=st.dictionaries(
        st.sampled_from(["zaak_vast", "acute_onveiligheid"]), st.booleans()
    ),
    vaststelling=st.dictionaries(
        st.sampled_from(["eindbeslissing_genomen", "zaak_op_de_plank"]), st.booleans()
    ),
)


def _run(events: list[Gebeurtenis]) -> tuple[Loop, ...]:
    loops: tuple[Loop, ...] = ()
    for event in events:
        loops = advance(TERMIJNEN.values(), loops, event)
    return loops


@settings(max_examples=60, deadline=None)
@given(st.lists(gebeurtenissen, max_size=8))
def test_terms_start_once_and_stay_ended(events: list[Gebeurtenis]) -> None:
    loops: tuple[Loop, ...] = ()
    for event in events:
        after = advance(TERMIJNEN.values(), loops, event)
        for before, now in zip(loops, after, strict=False):
            assert replace(now, einde=before.einde) == before
            assert before.einde in {None, now.einde}
        loops = after
    keys = [(loop.termijn, loop.bericht, loop.partij) for loop in loops]
    assert len(set(keys)) == len(keys)


@settings(max_examples=60, deadline=None)
@given(st.lists(gebeurtenissen, max_size=6), gebeurtenissen)
def test_an_event_that_comes_twice_changes_nothing(
    events: list[Gebeurtenis], again: Gebeurtenis
) -> None:
    once = _run([*events, again])
    assert advance(TERMIJNEN.values(), once, again) == once


@settings(max_examples=60, deadline=None)
@given(st.lists(gebeurtenissen, min_size=1, max_size=6))
def test_hard_terms_alarm_twice_at_most_and_others_never(
    events: list[Gebeurtenis],
) -> None:
    first, last = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
    for loop in _run(events):
        termijn = TERMIJNEN[loop.termijn]
        found = alarms(termijn, loop, first, last)
        soorten = [alarm.verstreken for alarm in found]
        if termijn.aard == "waargenomen":
            assert soorten == []
        elif gehaald(loop) == "open":
            assert soorten == [False, True]
        elif gehaald(loop) == "ja":
            assert True not in soorten
        else:
            assert soorten == [False, True]
        # However time is cut, each alarm is in one piece.
        halfway = loop.start + (loop.uiterlijk - loop.start) * 0.9
        pieces = alarms(termijn, loop, first, halfway) + alarms(
            termijn, loop, halfway, last
        )
        assert pieces == found


def test_every_kind_of_event_is_used() -> None:
    soorten: set[Soort] = {
        vorm.soort for t in TERMIJNEN.values() for vorm in (*t.start, *t.einde)
    }
    assert len(soorten) == 5
