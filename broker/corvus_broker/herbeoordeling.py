"""Decide a message of the past again: as it was decided, or under another table.

A replay takes the inputs that were recorded and the tables they name, decides with the
code of the router, and compares the evidence byte for byte. What the inputs themselves
were taken from (the message, the zaakstaat) is not looked at again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

from corvus_broker.aanvaarding import tables_at
from corvus_broker.beoordeling import (
    LEEG,
    NIET_TOEGEKEND,
    REDEN_NAMEN,
    Tabellen,
    decide_vraag,
)
from corvus_broker.beslisvraag import read_beoordeling
from corvus_broker.bewijzen import make_beslisregel
from corvus_broker.personen import positions_of
from corvus_broker.verwerking import BROKER
from corvus_crypto.masker import bits
from corvus_routing.impact import Kopregel, compare
from corvus_routing.woordenboek import VERWIJZING
from corvus_schemas.errors import CorvusError, RegisterError
from corvus_schemas.wire.staat import Beslisregel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from corvus_broker.auditboek import Dossier
    from corvus_broker.beslisvraag import Beslisvraag
    from corvus_broker.register import Registerreeks
    from corvus_routing.compileer import GecompileerdeTabel
    from corvus_routing.impact import Koppen, Verschil
    from corvus_schemas.catalogus import Catalogus, Positie
    from corvus_schemas.wire.staat import Beoordeling

_NO_RULE: Final = frozenset({LEEG, NIET_TOEGEKEND})
_PER_POSITION: Final = frozenset({"redenen", "regels"})
_LEVERING: Final = "levering"


@dataclass(frozen=True, slots=True)
class Afwijking:
    """Where a replay and the record differ: for whom, what, and both sides of it."""

    ontvanger: str
    wat: str
    vastgelegd: str
    opnieuw: str


@dataclass(frozen=True, slots=True)
class Naslag:
    """What past decisions are looked up in."""

    registers: Registerreeks
    catalogus: Catalogus

    def question(self, beoordeling: Beoordeling) -> Beslisvraag:
        """Give the question that was decided.

        Raises:
            SchemaError: ``beoordeling.schema``, ``beoordeling.ongeldig``.
        """
        return read_beoordeling(beoordeling, self.catalogus)

    def tables(
        self,
        beoordeling: Beoordeling,
        kandidaat: Callable[[int], GecompileerdeTabel] | None = None,
    ) -> Tabellen:
        """Give the tables that decided; a ``kandidaat`` instead of the one in force.

        A message that was sealed under another table than the one in force is held
        against that one too, as it was.

        Raises:
            RegisterError: ``audit.register``; a version it names is not known.
        """
        register, sealed = (
            self.registers.by_digest(one)
            for one in (beoordeling.register, beoordeling.register_verzegeld)
        )
        if register is None or sealed is None:
            raise RegisterError(
                "audit.register",
                "the record names a register version that is not known here",
                advice="Fetch the versions: corvus register haal.",
            )
        # Only a release is decided where the older table has ended: any other message
        # would have been refused, and there would be no record of it.
        tabellen = tables_at(
            register,
            sealed,
            frozenset(beoordeling.statussen),
            beoordeling.tijd,
            held=True,
        )
        if kandidaat is None:
            return tabellen
        return Tabellen(kandidaat(beoordeling.tijd), tabellen.verzegeld)


def replay(dossier: Dossier, naslag: Naslag) -> list[Afwijking]:
    """Decide anew, and give everything that differs from what was recorded.

    Raises:
        RegisterError: ``audit.register``, or the table was not in force.
        SchemaError: ``beoordeling.schema``, ``beoordeling.ongeldig``.
    """
    beoordeling = dossier.beoordeling
    vraag = naslag.question(beoordeling)
    uitspraken = decide_vraag(vraag, naslag.tables(beoordeling))
    recorded = {
        regel.ontvanger: (regel, data)
        for data in dossier.beslisregels
        for regel in [Beslisregel.decode(data)]
    }
    found = [*_register_in_force(beoordeling, naslag.registers)]
    for ontvanger, uitspraak in zip(vraag.ontvangers, uitspraken, strict=True):
        was = recorded.pop(ontvanger.oin, None)
        if was is None:
            found.append(
                Afwijking(ontvanger.oin, "beslisregel", "nothing", "a decision")
            )
            continue
        goes = not uitspraak.projectie.is_empty and ontvanger.type != BROKER
        # Which bytes went is a fact about the sealed message; whether, is decided.
        levering = was[0].levering if goes else None
        again = make_beslisregel(beoordeling, ontvanger.oin, uitspraak, levering)
        if goes and levering is None:
            found.append(Afwijking(ontvanger.oin, _LEVERING, "nothing went", "it goes"))
        if again != was[1]:
            found += _differences(was[0], Beslisregel.decode(again), vraag.posities)
    found += [
        Afwijking(oin, "beslisregel", "a decision", "nothing") for oin in recorded
    ]
    return found


def _register_in_force(
    beoordeling: Beoordeling, registers: Registerreeks
) -> Iterable[Afwijking]:
    """The version that decided has to be the one in force at that time."""
    try:
        expected = registers.op(beoordeling.tijd)
    except CorvusError as error:
        yield Afwijking("", "register", beoordeling.register.hex(), error.code)
        return
    if expected.digest != beoordeling.register:
        yield Afwijking(
            "", "register", beoordeling.register.hex(), expected.digest.hex()
        )


def _differences(
    was: Beslisregel, again: Beslisregel, posities: Sequence[Positie]
) -> list[Afwijking]:
    found = [
        Afwijking(was.ontvanger, posities[position].label, one, two)
        for position, (one, two) in enumerate(
            zip(
                _reasons(was, len(posities)),
                _reasons(again, len(posities)),
                strict=True,
            )
        )
        if one != two
    ]
    one, two = (msgspec.structs.asdict(regel) for regel in (was, again))
    found += [
        Afwijking(was.ontvanger, name, _text(one[name]), _text(two[name]))
        for name in one
        if name not in _PER_POSITION and one[name] != two[name]
    ]
    return found or [Afwijking(was.ontvanger, "beslisregel", "other bytes", "")]


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.hex()
    return "nothing" if value is None else str(value)


def _reasons(regel: Beslisregel, size: int) -> list[str]:
    """Per position what became of it and by which rules, in words."""
    rules = iter(regel.regels)
    words = []
    for reden in regel.redenen:
        decided = "" if reden in _NO_RULE else next(rules, "?")
        words.append(f"{REDEN_NAMEN.get(reden, str(reden))} {decided}".strip())
    return [*words[:size], *["?"] * (size - len(words))]


def koppen_of(vraag: Beslisvraag) -> Koppen:
    """Give the headers of a message: what its cellen are decided on.

    A recipient has one, and one more for every person about whom facts differ.
    """
    filled = [vraag.posities[position] for position in bits(vraag.gevuld)]
    named = [one for one in filled if one.rubriek.naam != VERWIJZING]
    plekken = {
        plek: positions_of(vraag.posities, plek) for plek in vraag.kenmerken.per_persoon
    }
    apart = 0
    for mask in plekken.values():
        apart |= mask

    def kop(one: int, mask: int, plek: tuple[str, int] | None = None) -> Kopregel:
        ontvanger = vraag.ontvangers[one]
        return Kopregel(
            vraag.berichttype,
            vraag.verstrekker_type,
            ontvanger.type,
            vraag.regio,
            vraag.doel,
            vraag.kenmerken.voor(ontvanger.oin, plek),
            ontvanger.oin,
            {p.label: p.rubriek.naam for p in named if mask >> p.index & 1},
        )

    return [
        made
        for one in range(len(vraag.ontvangers))
        for made in (
            kop(one, ~apart),
            *(kop(one, mask, plek) for plek, mask in plekken.items()),
        )
    ]


def compare_kandidaat(
    beoordeling: Beoordeling,
    naslag: Naslag,
    kandidaat: Callable[[int], GecompileerdeTabel],
) -> list[Verschil]:
    """Say what a candidate would have decided differently about one message.

    Compared is what the tables allow of the cellen that are filled. What the sender
    granted does not count: under another table it would have granted otherwise.

    Raises:
        RegisterError: ``audit.register``, or the table was not in force.
        SchemaError: ``beoordeling.schema``, ``beoordeling.ongeldig``.
    """
    vraag = naslag.question(beoordeling)
    return compare(
        naslag.tables(beoordeling),
        naslag.tables(beoordeling, kandidaat),
        koppen_of(vraag),
    )
