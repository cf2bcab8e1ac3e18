"""A witness: cosign what follows, refuse the rest, look for itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from corvus_broker.getuige import AchterError, reconcile
from corvus_crypto.boom import Tegelboom, consistency_path
from corvus_crypto.controlepunt import open_controlepunt, parse_size
from corvus_crypto.notitie import Soort, Toetssleutel, cosign, decode_base64
from corvus_schemas.errors import EnvelopeError, IntegrityError

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.asymmetric import ed25519

    from corvus_adapters.getuige.opslag import Getuigenopslag
    from corvus_crypto.controlepunt import Getekend, Logsleutels

MAX_PATH: Final = 63


class Bron(Protocol):
    """A log or another witness as this one sees it."""

    def checkpoint(self) -> str | None:
        """Give its newest checkpoint; None when it has none yet."""
        ...

    def tegels(self, grootte: int) -> Callable[[int, int], bytes]:
        """Give the tiles of its tree of this size, by level and number."""
        ...


@dataclass(frozen=True, slots=True)
class Identiteit:
    """Who the witness is: its name and key."""

    naam: str
    sleutel: ed25519.Ed25519PrivateKey

    @property
    def publiek(self) -> Toetssleutel:
        """Key to check its cosignatures with."""
        raw = self.sleutel.public_key().public_bytes_raw()
        return Toetssleutel(self.naam, Soort.MEDE, raw)


class Getuige:
    """Watches one log."""

    def __init__(
        self,
        identiteit: Identiteit,
        log: Logsleutels,
        opslag: Getuigenopslag,
        clock: Callable[[], int],
    ) -> None:
        self.opslag = opslag
        self._identiteit = identiteit
        self._log = log
        self._clock = clock

    def check_calm(self) -> None:
        """Refuse to go on after a fork: there is nothing left to witness.

        Raises:
            IntegrityError: ``getuige.vork``.
        """
        if alarmen := self.opslag.alarmen():
            raise IntegrityError(
                alarmen[0].code,
                f"a fork of the log was found and kept ({len(alarmen)} in all)",
                advice="Nothing of this log is cosigned any more. corvus getuige alarm"
                " shows both checkpoints.",
            )

    def add(self, body: str) -> str:
        """Answer the log's request add-checkpoint; give our signature line.

        Raises:
            EnvelopeError: refused; nothing is proven against the log.
            IntegrityError: ``getuige.vork``.
        """
        self.check_calm()
        head, gap, note = body.partition("\n\n")
        lines = head.split("\n")
        if not gap or not lines[0].startswith("old ") or len(lines) > MAX_PATH + 1:
            raise EnvelopeError("getuige.verzoek", "this is no request of a log")
        oud = parse_size(lines[0].removeprefix("old "))
        pad = [decode_base64(line) for line in lines[1:]]
        return self._cosign(open_controlepunt(note, self._log), oud, pad)

    def look(self, bron: Bron) -> int | None:
        """Look at what the log shows everybody, and follow; give its size.

        Raises:
            EnvelopeError: not of this log.
            UnavailableError: ``getuige.onbewezen``, or it does not answer.
            IntegrityError: ``getuige.vork``, ``getuige.krimp``.
        """
        self.check_calm()
        before = self.opslag.laatste()
        note = bron.checkpoint()
        if note is None:
            if before is not None and before.grootte:
                raise _shrunk(0)
            return None
        getekend = open_controlepunt(note, self._log)
        size = getekend.punt.grootte
        self.opslag.refuse_known_fork(getekend, self._clock())
        if before is None:
            self._cosign(getekend, 0, ())
        elif size < before.grootte:
            raise _shrunk(size)
        elif size > before.grootte:
            boom = Tegelboom(bron.tegels(size))
            self._reconcile(boom, before.notitie, getekend)
            try:
                pad = consistency_path(boom, before.grootte, size)
                self._cosign(getekend, before.grootte, pad)
            except AchterError:
                pass  # the log asked in the meantime; next time we look from there
        return size

    def compare(self, ander: Bron, log: Bron) -> None:
        """Compare with what another witness cosigned: two faces show here.

        Raises:
            EnvelopeError, UnavailableError: it shows nothing that can be compared.
            IntegrityError: ``getuige.vork``.
        """
        self.check_calm()
        mine, note = self.opslag.laatste(), ander.checkpoint()
        if mine is None or note is None:
            return
        getekend = open_controlepunt(note, self._log)
        self.opslag.refuse_known_fork(getekend, self._clock())
        larger = max(mine.grootte, getekend.punt.grootte)
        self._reconcile(Tegelboom(log.tegels(larger)), mine.notitie, getekend)

    def _reconcile(self, boom: Tegelboom, mine: str, getekend: Getekend) -> None:
        own = open_controlepunt(mine, self._log).punt
        try:
            reconcile(boom, own, getekend.punt)
        except IntegrityError as error:
            self.opslag.meld(error, mine, getekend, self._clock())

    def _cosign(
        self, getekend: Getekend, oud: int, pad: list[bytes] | tuple[bytes, ...]
    ) -> str:
        now = self._clock()
        line = cosign(
            getekend.notitie.tekst, self._identiteit.naam, self._identiteit.sleutel, now
        )
        kept = getekend.notitie.with_lines([line])
        self.opslag.volg(getekend, oud, pad, kept.encode(), now)
        return line.encode()


def _shrunk(size: int) -> IntegrityError:
    return IntegrityError(
        "getuige.krimp",
        f"the log shows {size} leaves, and signed more before",
        advice="Ask its operator: a cache, a restored store, or history taken back.",
    )
