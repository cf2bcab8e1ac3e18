"""Publish register versions: check them, write them to the topic, keep the files.

An operator does this, with the right to write to ``corvus.register``. It proves
nothing to anybody: readers verify what the officers signed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from corvus_adapters.registerdienst.bestanden import file_entries, store
from corvus_adapters.registerdienst.stuk import TABEL, VERSIE, make_append
from corvus_broker.topics import register_topic, topic_specs
from corvus_schemas.errors import RegisterError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from corvus_adapters.installatie.openen import Installatie
    from corvus_adapters.registerdienst.keuring import Keuring, Stukken
    from corvus_adapters.registerdienst.volger import Registervolger
    from corvus_broker.ports import Append, Transport
    from corvus_broker.register import Registerversie


@dataclass(frozen=True, slots=True)
class Uitgave:
    """What was published, in the order of the topic."""

    versies: tuple[Registerversie, ...]
    tabellen: int


@dataclass
class Uitgever:
    """Publishes for one installation, over a started transport.

    ``vroeg`` lets a version start at once: in a sandbox only.
    """

    installatie: Installatie
    transport: Transport
    volger: Registervolger
    keuring: Keuring
    clock: Callable[[], datetime]
    vroeg: bool = False
    _nieuw: dict[bytes, tuple[Registerversie, Stukken]] = field(default_factory=dict)
    _extra: set[bytes] = field(default_factory=set)

    async def publish(self, extra: Sequence[Stukken] = ()) -> Uitgave:
        """Write what is in the folders, and ``extra``, as far as it is not there yet.

        Raises:
            RegisterError: an entry is refused, with the code it would be refused with
                by everybody, or starts too soon (``register.marge``); nothing was
                written. ``register.te_laat``: written too late, so nobody takes it.
            SettingsError: ``register.nu``, or no right to write.
            UnavailableError: do it again; what was written is not written twice.
        """
        if self.vroeg and self.installatie.instellingen.omgeving != "sandbox":
            raise SettingsError(
                "register.nu",
                "only in a sandbox may a version start without its margin",
                advice="Leave --nu out, and give a geldig_van that is later.",
            )
        size = self.installatie.instellingen.router.max_bericht_bytes
        await self.transport.ensure_topics([register_topic(size)])
        await self.volger.volg()
        self._collect(extra)
        versies = self._in_order()
        for versie in versies:
            self._check_margin(versie)
        await self._make_topics(size)
        tabellen = self._missing_tables(versies)
        appends = [make_append(TABEL, tabel) for tabel in tabellen.values()]
        appends += [self._append_of(versie) for versie in versies]
        if appends:
            await self.transport.append(appends)
            await self.volger.volg()
        for versie in versies:
            self._confirm(versie)
        return Uitgave(tuple(versies), len(tabellen))

    def _collect(self, extra: Sequence[Stukken]) -> None:
        registers = self.installatie.register
        for digest, stukken in file_entries(self.installatie).items():
            versie = registers.by_digest(digest)
            if versie is not None and digest not in self.volger.stukken:
                self._nieuw[digest] = (versie, stukken)
        for stukken in extra:
            versie = self.keuring.open(stukken)
            if registers.add(versie):
                self._extra.add(versie.digest)
            if versie.digest not in self.volger.stukken:
                self._nieuw[versie.digest] = (versie, stukken)

    def _in_order(self) -> list[Registerversie]:
        """Put what started in front, newest first: the rest of it is history."""
        now_ms = self._now_ms()
        versies = [versie for versie, _ in self._nieuw.values()]
        versies.sort(key=lambda versie: versie.volgnummer)
        started = [one for one in versies if one.geldig_van_ms <= now_ms]
        return started[::-1] + versies[len(started) :]

    def _check_margin(self, versie: Registerversie) -> None:
        there = [
            self.installatie.register.by_digest(digest)
            for digest in self.volger.stukken
        ]
        first = min((one.volgnummer for one in there if one), default=None)
        now_ms = self._now_ms()
        if versie.geldig_van_ms <= now_ms:
            # What this installation works by already, from its files, may come late
            # when nothing later is there: that is how the topic is filled at first.
            history = first is None or versie.volgnummer < first
            refused = versie.digest in self._extra or not history
        else:
            marge_ms = self.installatie.instellingen.registers.marge_ms
            refused = not self.vroeg and versie.geldig_van_ms < now_ms + marge_ms
        if refused:
            raise RegisterError(
                "register.marge",
                f"version {versie.volgnummer} started already, or starts within the"
                " margin: not everybody would know it in time",
                advice="Make it start later (corvus register volgende --geldig-van)"
                " and have it signed again.",
            )

    async def _make_topics(self, size: int) -> None:
        """Make the topics of new organisations before anybody can send to them."""
        versies = self.installatie.register.versies
        oins = {oin: None for versie in versies for oin in versie.adresboek.oins()}
        if versies:
            specs = topic_specs(versies[-1].partities, oins, size)
            await self.transport.ensure_topics(specs)

    def _missing_tables(self, versies: Sequence[Registerversie]) -> dict[bytes, bytes]:
        return {
            versie.tabel_digest: self._nieuw[versie.digest][1].tabel
            for versie in versies
            if versie.tabel_digest not in self.volger.tabellen
        }

    def _append_of(self, versie: Registerversie) -> Append:
        return make_append(VERSIE, self._nieuw[versie.digest][1].register)

    def _confirm(self, versie: Registerversie) -> None:
        if versie.digest not in self.volger.stukken:
            raise RegisterError(
                "register.te_laat",
                f"version {versie.volgnummer} reached the topic after its start, so"
                " nobody takes it",
                advice="Make a version that starts later, and have it signed.",
            )
        store(self.installatie, versie, self._nieuw[versie.digest][1])

    def _now_ms(self) -> int:
        return int(self.clock().timestamp() * 1000)


def newest(
    installatie: Installatie, volger: Registervolger
) -> tuple[Registerversie, Stukken]:
    """Give the version with the highest number, from the folders or the topic.

    Raises:
        RegisterError: ``register.geen_geldig``; there is none.
    """
    versies = installatie.register.versies
    if not versies:
        raise RegisterError(
            "register.geen_geldig",
            "there is no register version to go on from",
            advice="The first version is made by hand and signed: see SPEC 15.",
        )
    stukken = {**file_entries(installatie), **volger.stukken}
    return versies[-1], stukken[versies[-1].digest]


def find_tabel(
    installatie: Installatie, volger: Registervolger, digest: bytes
) -> bytes:
    """Give a signed table by its digest.

    Raises:
        RegisterError: ``register.tabel``.
    """
    tabel = volger.tabellen.get(digest)
    if tabel is not None:
        return tabel
    folder = installatie.path / installatie.instellingen.registers.tabellen
    try:
        return (folder / f"{digest.hex()}.json").read_bytes()
    except OSError:
        raise RegisterError(
            "register.tabel",
            f"the table {digest.hex()} is neither in {folder} nor on the topic",
            advice="Have the signed table at hand: corvus tabel publish FILE.",
        ) from None
