"""Who works on which partition: a list of members, kept by a log they all read.

Each member writes to one log, time and again, what it works on; each reads that log
and comes to the same division. The log's own time says who is gone, so no clocks have
to agree. The division is advice only: the right to a partition is its claim, and a
claim fences whoever had it. Two that believe for a moment to have the same partition
cost a batch decided twice, and nothing else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_VALUE: Final = re.compile(rb"v1 ((?:[0-9]{1,5}(?:,[0-9]{1,5})*)?)\Z")


def encode_held(partities: Collection[int]) -> bytes:
    """Write down what a member works on."""
    return b"v1 " + ",".join(map(str, sorted(partities))).encode()


def decode_held(value: bytes) -> frozenset[int] | None:
    """Read it back; None where it is nothing that a member wrote."""
    match = _VALUE.match(value)
    if match is None:
        return None
    return frozenset(int(one) for one in match[1].split(b",") if one)


def divide(
    partities: int, leden: Collection[str], holders: Mapping[int, str]
) -> dict[str, frozenset[int]]:
    """Give each member its share: equal to within one, and as it was where it can be.

    A partition that a member still holds is given to nobody else: who holds too many
    lets go first.
    """
    held = {
        lid: [p for p in range(partities) if holders.get(p) == lid] for lid in leden
    }
    free = iter([p for p in range(partities) if holders.get(p) not in held])
    share, extra = divmod(partities, max(len(held), 1))
    order = sorted(held, key=lambda lid: (-len(held[lid]), lid))
    found: dict[str, frozenset[int]] = {}
    for rank, lid in enumerate(order):
        most = share + (rank < extra)
        keep = held[lid][:most]
        found[lid] = frozenset([*keep, *islice(free, most - len(keep))])
    return found


@dataclass(slots=True)
class _Lid:
    seen_ms: int
    held: frozenset[int]


class Ledenlijst:
    """The members as the log tells of them; every reader of it has the same list."""

    def __init__(self, partities: int, ttl_ms: int) -> None:
        """Begin empty.

        Args:
            partities: How many partitions there are to divide.
            ttl_ms: After how long without a word a member counts as gone.
        """
        self._partities = partities
        self._ttl_ms = ttl_ms
        self._now_ms = 0
        self._leden: dict[str, _Lid] = {}
        # Who said first that he works on it keeps it: a member that was thought gone
        # and comes back does not take away what another took over since.
        self._holders: dict[int, str] = {}

    @property
    def leden(self) -> frozenset[str]:
        """Names of the members."""
        return frozenset(self._leden)

    def take_in(self, key: bytes, value: bytes | None, tijd_ms: int) -> None:
        """Take a record in: a member's word, or None when it leaves."""
        lid = key.decode("ascii", errors="replace")
        held = frozenset[int]() if value is None else decode_held(value)
        if held is None:
            return
        self._now_ms = max(self._now_ms, tijd_ms)
        if value is None:
            self._leden.pop(lid, None)
        else:
            self._leden[lid] = _Lid(tijd_ms, held)
        last = self._now_ms - self._ttl_ms
        self._leden = {
            name: one for name, one in self._leden.items() if one.seen_ms >= last
        }
        self._holders = {
            p: name
            for p, name in self._holders.items()
            if name in self._leden and p in self._leden[name].held
        }
        for partition in held:
            self._holders.setdefault(partition, lid)

    def wanted(self, lid: str) -> frozenset[int]:
        """What a member should work on; nothing where it is none."""
        return divide(self._partities, self._leden, self._holders).get(lid, frozenset())

    def unheld(self) -> frozenset[int]:
        """What nobody says to work on."""
        return frozenset(range(self._partities)) - self._holders.keys()
