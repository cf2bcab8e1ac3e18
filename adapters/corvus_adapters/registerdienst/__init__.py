"""The register on ``corvus.register``: publish to it and follow it (SPEC 15)."""

from corvus_adapters.registerdienst.keuring import Keuring, Stukken
from corvus_adapters.registerdienst.volger import Registervolger, keep_following
from corvus_adapters.registerdienst.waarnemer import (
    Registerlog,
    Registermeter,
    Registerwaarnemer,
)

__all__ = [
    "Keuring",
    "Registerlog",
    "Registermeter",
    "Registervolger",
    "Registerwaarnemer",
    "Stukken",
    "keep_following",
]
