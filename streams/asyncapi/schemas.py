"""JSON Schemas of everything that travels, from the types in messages.py and protocol.py."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

import msgspec

from streams.messages import HoursMessage, MarketMessage, ProfileMessage, SimpleQuoteMessage
from streams.protocol import ErrorMessage, MetadataItem, SetCommand

Schema = dict[str, Any]

_TYPES: Final = (
    ProfileMessage,
    MarketMessage,
    HoursMessage,
    SimpleQuoteMessage,
    MetadataItem,
    ErrorMessage,
    SetCommand,
)
# With validation on, the first message of each is an object that has metadata as well.
_WITH_METADATA: Final = ("Profile", "Market", "Hours")


def ref(name: str) -> Schema:
    """A reference to the schema of that name."""
    return {"$ref": f"#/components/schemas/{name}"}


@lru_cache(maxsize=1)
def build_schemas() -> dict[str, Schema]:
    """By name: the types' names without the word Message. Not to be changed."""
    _, components = msgspec.json.schema_components(_TYPES, ref_template="{name}")
    schemas = {_public(name): _adapt(schema) for name, schema in components.items()}
    for name in _WITH_METADATA:
        schemas[name]["properties"]["metadata"] = ref("Metadata")
    schemas["SetCommand"]["minProperties"] = 1
    schemas["Quotes"] = {
        "title": "Quotes",
        "description": "What /quotes sends, sorted by symbol.",
        "type": "array",
        "items": {"anyOf": [ref("SimpleQuote"), ref("MetadataItem")]},
    }
    schemas["Symbols"] = {
        "title": "Symbols",
        "description": "Symbols separated by commas. Case, order and duplicates do not matter.",
        "type": "string",
        "examples": ["AAPL,MSFT,^GSPC"],
    }
    return dict(sorted(schemas.items()))


def _public(name: str) -> str:
    return name.removesuffix("Message")


def _adapt(schema: Any) -> Any:
    """With public names, and without `msgspec.Raw`, which stands for what is encoded already."""
    match schema:
        case {"$ref": name}:
            return ref(_public(name))
        case {"anyOf": [*options], **rest} if {} in options:
            known = [option for option in options if option]
            return _adapt({**rest, **known[0]} if len(known) == 1 else {**rest, "anyOf": known})
        case {"title": str(title), "type": "object"}:
            return {key: _adapt(value) for key, value in schema.items()} | {"title": _public(title)}
    return _each(_adapt, schema)


def _each(change: Callable[[Any], Any], part: Any) -> Any:
    if isinstance(part, dict):
        return {key: change(value) for key, value in part.items()}
    return [change(item) for item in part] if isinstance(part, list) else part
