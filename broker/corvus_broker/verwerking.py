"""What the broker itself may act on: rules whose recipient is BROKER (SPEC 14.9).

The broker opens nothing. A rule that lets a rubriek go to BROKER lets it use what the
routering says of that rubriek: the consent it establishes, the release it orders. On a
message of a berichttype addressed to it, it acts by such a rule or not at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from corvus_broker.beslisvraag import Ontvangervraag
from corvus_crypto.masker import encode_mask, flags
from corvus_schemas.errors import IdentityError
from corvus_schemas.wire.bewijs import Verstrekking

if TYPE_CHECKING:
    from corvus_broker.beoordeling import Uitspraak
    from corvus_broker.inzending import OntledeInzending

BROKER: Final = "BROKER"


def ask_broker(ontleed: OntledeInzending, broker_oin: str) -> list[Ontvangervraag]:
    """Ask what the broker may use, of a berichttype that is addressed to it."""
    if BROKER not in ontleed.berichttype.ontvangers:
        return []
    return [Ontvangervraag(broker_oin, BROKER, ontleed.gevuld, verwijzing=False)]


def check_verwerking(ontleed: OntledeInzending, uitspraak: Uitspraak) -> None:
    """Refuse what asks the broker to act where no rule lets it.

    Raises:
        IdentityError: ``broker.niet_toegestaan``.
    """
    routering = ontleed.routering
    asks = bool(routering.stelt_vast) or routering.aanhouding is not None
    if asks and uitspraak.projectie.is_empty:
        raise IdentityError(
            "broker.niet_toegestaan",
            f"no rule lets the broker act on this {ontleed.berichttype.code} with its"
            " doel",
            advice="corvus tabel explain shows the rules with recipient BROKER.",
        )


def make_verwerkt(uitspraak: Uitspraak, broker_oin: str) -> Verstrekking:
    """Tell the sender what the broker used: nothing was delivered to it."""
    size = len(uitspraak.redenen)
    mask = uitspraak.projectie.mask
    return Verstrekking(
        ontvanger=broker_oin,
        levering=None,
        posities=encode_mask(mask, size),
        regels=uitspraak.regels.select(flags(mask, size)),
        geweigerd=[],
    )
