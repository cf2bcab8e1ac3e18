"""The type of a JSON document."""

from __future__ import annotations

from typing import TypeAlias, Union

JsonValue: TypeAlias = Union[
    "dict[str, JsonValue]", "list[JsonValue]", str, int, bool, None
]
"""What RFC 8785 can write; no floats, since nothing signed here needs one."""
