"""Installations: made by ``corvus init``, opened by every other command."""

from corvus_adapters.installatie.aanmaken import (
    Sandbox,
    make_production,
    make_sandbox,
)
from corvus_adapters.installatie.openen import Installatie

__all__ = ["Installatie", "Sandbox", "make_production", "make_sandbox"]
