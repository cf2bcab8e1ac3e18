"""What every entry has to pass, from wherever it comes: files, topic or draft."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from corvus_broker.kalender import AMSTERDAM
from corvus_broker.register import REGISTER_TYPE, Vertrouwen, open_register
from corvus_crypto.dsse import open_envelope
from corvus_routing.lint import Soort, lint
from corvus_schemas.errors import RegisterError

if TYPE_CHECKING:
    from corvus_broker.register import Registerversie
    from corvus_crypto.hybride import HybrideSigningKey
    from corvus_routing.regel import Verstrekkingentabel
    from corvus_schemas.catalogus import Catalogus


@dataclass(frozen=True, slots=True)
class Stukken:
    """A register entry and the table it names, both as signed."""

    register: bytes
    tabel: bytes


@dataclass(frozen=True, slots=True)
class Keuring:
    """Verifies entries as this installation does."""

    vertrouwen: Vertrouwen
    catalogus: Catalogus
    statussen: frozenset[str]

    def open(self, stukken: Stukken) -> Registerversie:
        """Verify a version with its table, and make the table ready to decide.

        Raises:
            RegisterError: as ``open_register``; ``tabel.niet_in_werking`` when the
                table does not hold on the day the version starts: under it nothing
                could be decided; ``tabel.tegenstrijdig`` when it denies all that one
                of its rules allows: what its officers meant cannot be told.
        """
        return self._open(stukken, self.vertrouwen)

    def check_signatures(self, register_dsse: bytes) -> None:
        """Verify the signatures of a register entry, and nothing else in it.

        Raises:
            RegisterError: ``register.ongeldig``, ``register.handtekeningen``.
        """
        officers = self.vertrouwen.functionarissen
        open_envelope(register_dsse, REGISTER_TYPE, officers, self.vertrouwen.drempel)

    def open_as_if(self, stukken: Stukken, officer: HybrideSigningKey) -> None:
        """Verify a draft that one officer of nobody signed, in all but that.

        Raises:
            RegisterError: what would be refused after officers signed it.
        """
        nobody = Vertrouwen({"": officer.public_key()}, self.vertrouwen.ankers, 1)
        self._open(stukken, nobody)

    def _open(self, stukken: Stukken, vertrouwen: Vertrouwen) -> Registerversie:
        versie = open_register(
            stukken.register, stukken.tabel, vertrouwen, self.catalogus
        )
        start = datetime.fromtimestamp(versie.geldig_van_ms / 1000, UTC)
        op = start.astimezone(AMSTERDAM).date()
        versie.compiled(self.statussen, op)
        found = _contradictions(versie.tabel, self.catalogus, op, self.statussen)
        if found:
            raise RegisterError(
                "tabel.tegenstrijdig",
                f"rules contradict each other: {'; '.join(found)}",
                advice="corvus tabel lint says how; make a table without them.",
            )
        return versie


@functools.lru_cache(maxsize=16)
def _contradictions(
    tabel: Verstrekkingentabel,
    catalogus: Catalogus,
    op: date,
    statussen: frozenset[str],
) -> tuple[str, ...]:
    """Name the rules that contradict each other; remembered, for files are reread."""
    rapport = lint(tabel, catalogus, op, statussen=statussen)
    return tuple(
        ", ".join(one.regels)
        for one in rapport.bevindingen
        if one.soort is Soort.TEGENSTRIJDIG
    )
