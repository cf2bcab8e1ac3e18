"""The SDK: an organisation's own side of Corvus, behind its own walls.

``Organisatie`` sends, fetches and confirms; sealing and opening happen here, so
plaintext and private keys never leave the organisation.
"""

from corvus_adapters.sdk.concept import Concept
from corvus_adapters.sdk.openen import Ontvangst
from corvus_adapters.sdk.organisatie import Organisatie, Verzonden

__all__ = ["Concept", "Ontvangst", "Organisatie", "Verzonden"]
