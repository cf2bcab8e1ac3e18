"""What the demo shows: per message and organisation, received, withheld, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from rich.table import Table

from corvus_adapters.scenario.vergelijk import table_name
from corvus_broker.beoordeling import GELEVERD, LEEG, REDEN_NAMEN
from corvus_broker.uitlezen import read_whole
from corvus_schemas.identifiers import parse_bericht_id
from corvus_schemas.wire.staat import Auditbatch, Beslisregel

if TYPE_CHECKING:
    from corvus_adapters.scenario.keten import Keten
    from corvus_adapters.scenario.speler import Gespeeld
    from corvus_broker.ports import Transport
    from corvus_schemas.catalogus import Catalogus

WHY: Final = {
    "niet_toegekend": "not granted by the sender",
    "standaard": "no rule allows it",
    "verboden": "a rule forbids it",
    "aangehouden": "held",
    "doel": "another purpose",
}
Besluiten = Mapping[tuple[bytes, str], Beslisregel]


async def read_decisions(transport: Transport, topic: str) -> Besluiten:
    """Read the evidence: every decision, by message and recipient."""
    found: dict[tuple[bytes, str], Beslisregel] = {}
    async for record in read_whole(transport, topic, 0):
        for blad in Auditbatch.decode(record.value or b"").beslisregels:
            regel = Beslisregel.decode(blad.inhoud)
            found[regel.bericht_id, regel.ontvanger] = regel
    return found


def short_name(naam: str) -> str:
    """Leave out what every name of a sandbox says."""
    return naam.removesuffix(" (sandbox)")


def group_names(names: Iterable[str]) -> str:
    """Write rubrieken briefly: those of one person behind that person's role."""
    plain: list[str] = []
    roles: dict[str, list[str]] = {}
    for name in dict.fromkeys(names):
        if "[" not in name:
            plain.append(name)
            continue
        rol, kort = name.split("[", 1)[1].split("].", 1)
        roles.setdefault(rol, []).append(kort)
    parts = [", ".join(plain)] if plain else []
    parts += [f"[cyan]{rol}[/]: {', '.join(found)}" for rol, found in roles.items()]
    return "\n".join(parts) or "-"


def message_table(
    gespeeld: Gespeeld, keten: Keten, catalogus: Catalogus, besluiten: Besluiten
) -> Table:
    """Make the table of one message: a row for each organisation."""
    bericht = gespeeld.bericht
    berichttype = catalogus.berichttype(bericht.type)
    title = f"{bericht.nr}. {berichttype.titel} ({bericht.type})"
    table = Table(
        title=f"{title}\nfrom {short_name(gespeeld.afzender.naam)}",
        title_justify="left",
        show_lines=True,
        expand=True,
    )
    table.add_column("organisation", ratio=3, overflow="fold")
    table.add_column("received", ratio=5)
    table.add_column("withheld, and why", ratio=5)
    reached: set[str] = set()
    for verzonden, bewijs in gespeeld.verzonden:
        bericht_id = parse_bericht_id(verzonden.bericht_id)
        for one in bewijs.verstrekkingen:
            client = keten.client(one.ontvanger)
            reached.add(client.type)
            ontvangst = keten.ontvangen.get((one.ontvanger, verzonden.bericht_id))
            labels = () if ontvangst is None else ontvangst.regels
            regel = besluiten[bericht_id, one.ontvanger]
            table.add_row(
                short_name(client.naam),
                group_names(map(table_name, labels)),
                _withheld(regel, _names(gespeeld, catalogus, regel)),
            )
    for type_, verwacht in bericht.verwacht.items():
        if type_ not in reached and not verwacht.ontvangt_iets:
            why = (
                "everything: no rule allows it, or one forbids it; not even a kop went"
            )
            table.add_row(type_, "[bold]nothing[/]", why)
    return table


def _names(gespeeld: Gespeeld, catalogus: Catalogus, regel: Beslisregel) -> list[str]:
    berichttype = catalogus.berichttype(gespeeld.bericht.type)
    buckets = gespeeld.buckets(regel.bericht_id)
    return [positie.rubriek.naam for positie in berichttype.posities(buckets)]


def _withheld(regel: Beslisregel, names: list[str]) -> str:
    per_reason: dict[str, list[str]] = {}
    rules = iter(regel.regels)
    for position, reden in enumerate(regel.redenen):
        decided = next(rules) if reden not in {LEEG, 2} else ""
        if reden in {LEEG, GELEVERD}:
            continue
        why = WHY[REDEN_NAMEN[reden]]
        per_reason.setdefault(f"{why} {decided}".strip(), []).append(names[position])
    return "\n".join(
        f"[yellow]{why}[/]\n{group_names(found)}" for why, found in per_reason.items()
    )
