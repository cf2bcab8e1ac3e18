"""The error tree of Corvus: sorted by whose fault it is and what to do about it.

CorvusError                 .code  .disposition  .advice
|- InboundError             the message is wrong        REJECT  receipt or dead letter
|  |- EnvelopeError         malformed, unknown suite, commitment or signature wrong
|  |- SchemaError           does not decode, not canonical, unknown code or field
|  |- IdentityError         sender, certificate or OIN not acceptable
|  |- ReplayError           id reused, too old, from the future
|  `- AddressError          no route, two routes, unknown organisation
|- SealError                the sender's own input cannot be sealed   REFUSE
|- UnavailableError         the world is down           RETRY   no commit, back off
|- IntegrityError           our own record is broken    HALT    stop, raise the alarm
|  |- RegisterError         register or table unsigned, expired, edited, unknown
|  `- FencedError           another router took this partition over
`- SettingsError            we are set up wrong         REFUSE  exit 2

A code is stable, Dutch, dotted (``bericht.id_hergebruikt``): it is the metric label,
the log event and the RUNBOOK heading. Messages hold identifiers, field paths and
sizes; never field values, keys or plaintext.
"""

from __future__ import annotations

import enum


class Disposition(enum.Enum):
    """What the caller has to do with an error."""

    REJECT = "reject"
    RETRY = "retry"
    HALT = "halt"
    REFUSE = "refuse"


class CorvusError(Exception):
    """Root of the tree; never raised itself."""

    disposition = Disposition.HALT

    def __init__(self, code: str, message: str, *, advice: str = "") -> None:
        """Keep the stable code, a sentence on what is wrong, and what to do next."""
        super().__init__(message)
        self.code = code
        self.message = message
        self.advice = advice

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"

    def describe(self) -> str:
        """Give code, message and advice as one line for a person."""
        return f"{self}. {self.advice}" if self.advice else str(self)


class InboundError(CorvusError):
    """What somebody else sent is wrong."""

    disposition = Disposition.REJECT


class EnvelopeError(InboundError):
    """The envelope is malformed, or a commitment, path or signature is wrong."""


class SchemaError(InboundError):
    """Content that does not follow its schema, or is not in canonical form."""


class IdentityError(InboundError):
    """A sender, certificate, OIN or role that is not acceptable."""


class ReplayError(InboundError):
    """An id used twice for different messages, or a time outside the window."""


class AddressError(InboundError):
    """No route, more than one route, or an organisation that is not there."""


class SealError(CorvusError):
    """The sender's own input cannot be sealed."""

    disposition = Disposition.REFUSE


class UnavailableError(CorvusError):
    """The world outside is down; try again later."""

    disposition = Disposition.RETRY


class IntegrityError(CorvusError):
    """A record of our own is not what it must be."""


class RegisterError(IntegrityError):
    """A register, table or adresboek that is unsigned, expired, edited or unknown."""


class FencedError(IntegrityError):
    """Another process took over what this one was working on."""


class SettingsError(CorvusError):
    """The installation is set up wrong."""

    disposition = Disposition.REFUSE
