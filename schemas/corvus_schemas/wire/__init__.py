"""The records of the wire and of the router's own topics (SPEC 2.3, 11 and 12)."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources

from corvus_schemas.avro import AvroSchema


@cache
def wire_schema(name: str) -> AvroSchema:
    """Load a shipped record schema by file name, without its ending."""
    file = resources.files(__package__).joinpath(f"{name}.avsc")
    return AvroSchema(json.loads(file.read_text(encoding="utf-8")))
