"""The last steps of a verification: is it in the audit log, and who saw that log."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from corvus_adapters.audit.insluiter import read_place
from corvus_broker.auditlog import logblad
from corvus_broker.effecten import SOORT_BESLISREGEL
from corvus_crypto.attestatie import parse_attestatie
from corvus_crypto.insluiting import parse_insluiting
from corvus_schemas.errors import EnvelopeError

if TYPE_CHECKING:
    from corvus_adapters.audit.beleid import Beleid
    from corvus_adapters.bewijs.bestand import Bewijsbestand
    from corvus_crypto.controlepunt import Getekend


class Logverificatie:
    """Checks the proof of inclusion by a policy; without one it says so."""

    def __init__(self, bestand: Bewijsbestand, beleid: Beleid | None) -> None:
        self._bestand = bestand
        self._beleid = beleid
        self._getekend: Getekend | None = None

    def check_auditlog(self) -> str:
        """Check that the batch of this decision is a leaf of the log.

        Raises:
            EnvelopeError: it is not, or a policy asks for a proof that is not here.
        """
        text, beleid = self._bestand.insluiting, self._beleid
        if text is None:
            if beleid is not None and beleid.getuigen.drempel:
                raise EnvelopeError(
                    "bewijs.niet_in_log",
                    "no proof that this is in the audit log is in this file, and your"
                    " policy asks for witnesses of it",
                    advice="Ask the broker for the file again: the log follows within"
                    " seconds.",
                )
            return "no proof that this is in the audit log is in this file"
        if beleid is None:
            return (
                "a proof that this is in an audit log is in this file, and was NOT"
                " checked: you named no log to believe"
            )
        insluiting = parse_insluiting(text)
        attestatie = parse_attestatie(self._bestand.beslisregel_attestatie)
        root = attestatie.root(SOORT_BESLISREGEL, self._bestand.beslisregel)
        place = read_place(insluiting.extra)
        if root is None or place is None:
            raise EnvelopeError("insluiting.ongeldig", "it names no place of a batch")
        blad = logblad(*place, attestatie, root)
        self._getekend = insluiting.check(blad.inhoud, beleid.log)
        return (
            f"the batch with this decision is leaf {insluiting.index + 1} of"
            f" {self._getekend.punt.grootte} of the audit log {beleid.log.naam}, which"
            " signed for all of them in this order"
        )

    def check_getuigen(self) -> str:
        """Check that enough witnesses cosigned the checkpoint.

        Raises:
            EnvelopeError: ``bewijs.getuigen``, or a cosignature does not verify.
        """
        if self._getekend is None or self._beleid is None:
            return "no witness of the audit log was asked for"
        beleid = self._beleid.getuigen
        found = beleid.cosigners(self._getekend)
        if len(found) < beleid.drempel:
            raise EnvelopeError(
                "bewijs.getuigen",
                f"{len(found)} of the witnesses you believe cosigned, and"
                f" {beleid.drempel} of {len(beleid.getuigen)} are needed",
                advice="Ask the broker for the file again, later; or for the reason.",
            )
        if not found:
            return "no witness cosigned this log, and your policy asks for none"
        said = ", ".join(f"{naam} at {_time(when)}" for naam, when in found.items())
        return (
            f"{len(found)} witness{'' if len(found) == 1 else 'es'} ({beleid.drempel} of"
            f" {len(beleid.getuigen)} needed) saw this log only grow: {said}"
        )


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
