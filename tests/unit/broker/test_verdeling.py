"""The list of members: the same for every reader, fair, and slow to move."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from corvus_broker.verdeling import Ledenlijst, decode_held, divide, encode_held

TTL = 3000
LEDEN = st.sets(st.sampled_from("abcdefgh"), min_size=1)


@given(st.integers(1, 24), LEDEN, st.data())
def test_every_partition_goes_to_one_and_shares_are_equal(
    partities: int, leden: set[str], data: st.DataObject
) -> None:
    holders = data.draw(
        st.dictionaries(st.integers(0, partities - 1), st.sampled_from("abcdefghxyz"))
    )

    found = divide(partities, leden, holders)

    assert found.keys() == leden
    given_out = [p for share in found.values() for p in share]
    assert len(given_out) == len(set(given_out))
    most = partities // len(leden) + (partities % len(leden) > 0)
    assert all(len(share) <= most for share in found.values())
    for partition, holder in holders.items():
        if holder in leden:
            # Who holds keeps it, or lets go before anybody else is given it.
            others = [share for lid, share in found.items() if lid != holder]
            assert not any(partition in share for share in others)
    # Once everybody has let go of what is too much, nothing is left over.
    settled = {p: lid for lid, share in found.items() for p in share}
    again = divide(partities, leden, settled)
    sizes = sorted(map(len, again.values()))
    assert sum(sizes) == partities
    assert sizes[-1] - sizes[0] <= 1
    assert all(found[lid] <= again[lid] for lid in leden)


@given(st.sets(st.integers(0, 4095)))
def test_what_is_held_reads_back(partities: set[int]) -> None:
    assert decode_held(encode_held(partities)) == frozenset(partities)


def test_what_no_member_wrote_is_passed_over() -> None:
    lijst = Ledenlijst(4, TTL)
    for value in (b"", b"v1", b"v1 1,", b"v1 1\n", b"v2 1", b"v1 123456", b"\xff"):
        lijst.take_in(b"a", value, 1)
    assert lijst.leden == frozenset()
    lijst.take_in(b"a", b"v1 ", 1)
    assert lijst.leden == {"a"}


def test_who_falls_silent_is_gone_and_who_leaves_is_gone_at_once() -> None:
    lijst = Ledenlijst(4, TTL)
    lijst.take_in(b"a", encode_held({0, 1}), 1000)
    lijst.take_in(b"b", encode_held({2, 3}), 1000)
    lijst.take_in(b"a", encode_held({0, 1}), 1000 + TTL)
    assert lijst.wanted("a") == {0, 1}
    lijst.take_in(b"a", encode_held({0, 1}), 1001 + TTL)
    assert lijst.wanted("a") == {0, 1, 2, 3}
    assert lijst.unheld() == {2, 3}
    lijst.take_in(b"c", encode_held(()), 1002 + TTL)
    assert lijst.wanted("c") == {2, 3}
    lijst.take_in(b"a", None, 1003 + TTL)
    assert lijst.wanted("c") == {0, 1, 2, 3}


def test_a_member_thought_gone_takes_nothing_back() -> None:
    lijst = Ledenlijst(2, TTL)
    lijst.take_in(b"a", encode_held({0, 1}), 0)
    lijst.take_in(b"b", encode_held({0, 1}), TTL + 1)
    lijst.take_in(b"a", encode_held({0, 1}), TTL + 2)
    assert lijst.wanted("a") == frozenset()
    assert len(lijst.wanted("b")) == 1


def test_a_clock_that_jumps_back_makes_nobody_young_or_old() -> None:
    lijst = Ledenlijst(2, TTL)
    lijst.take_in(b"a", encode_held({0}), 10_000)
    lijst.take_in(b"b", encode_held({1}), 9_000)
    assert lijst.leden == {"a", "b"}
    lijst.take_in(b"a", encode_held({0}), 12_001)
    assert lijst.leden == {"a"}
