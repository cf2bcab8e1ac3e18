"""Where held cellen are kept: content and keys in two databases."""

from corvus_adapters.aanhouding.opslag import Opslag

__all__ = ["Opslag"]
