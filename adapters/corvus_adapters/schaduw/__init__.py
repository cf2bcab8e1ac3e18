"""A candidate table next to the one in force: decides the same messages, in vain."""

from corvus_adapters.schaduw.kandidaat import Kandidaat
from corvus_adapters.schaduw.samenvatting import Samenvatting, Stand
from corvus_adapters.schaduw.verschil import Geval, make_geval

__all__ = ["Geval", "Kandidaat", "Samenvatting", "Stand", "make_geval"]
