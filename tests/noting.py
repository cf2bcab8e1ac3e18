"""What a router's driver reports, kept; losing a partition fails the test."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from corvus_broker.service import Waarnemer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from corvus_broker.effecten import Effecten
    from corvus_broker.ports import Record


@dataclass
class Noting(Waarnemer):
    """Keeps what the driver reports; ``partities`` is how many there are."""

    partities: int = 4
    effecten: list[Effecten] = field(default_factory=list)
    restored: list[int] = field(default_factory=list)
    standing: dict[int, tuple[int, int]] = field(default_factory=dict)

    def handled(self, records: Sequence[Record], effecten: Sequence[Effecten]) -> None:
        assert len(records) == len(effecten)
        self.effecten += effecten

    def held(self, partition: int, count: int, overdue: int) -> None:
        assert 0 <= overdue <= count
        self.standing[partition] = (count, overdue)

    def takeover(self, partition: int, restored: int) -> None:
        assert partition in range(self.partities)
        assert restored >= 0
        self.restored.append(restored)

    def lost(self, partition: int, code: str) -> None:
        raise AssertionError((partition, code))
