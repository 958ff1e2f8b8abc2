"""JSON Schemas as tables that people read; pure functions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple


class Field(NamedTuple):
    """One key of an object. `shape` is the name of the shape that it contains, if any."""

    name: str
    kind: str
    shape: str
    description: str
    examples: tuple[str, ...]
    is_optional: bool


class Shape(NamedTuple):
    """An object with fields, or, without any, what `kind` says."""

    name: str
    description: str
    kind: str
    shape: str
    fields: tuple[Field, ...]


def shapes_in(schemas: Mapping[str, Any]) -> list[Shape]:
    """All of them, in the schemas' order."""
    return [_shape(name, schema) for name, schema in schemas.items()]


def _shape(name: str, schema: Mapping[str, Any]) -> Shape:
    required = schema.get("required", ())
    fields = tuple(
        _field(key, part, is_optional=key not in required)
        for key, part in schema.get("properties", {}).items()
    )
    return Shape(name, schema.get("description", ""), kind_of(schema), shape_of(schema), fields)


def _field(name: str, schema: Mapping[str, Any], *, is_optional: bool) -> Field:
    value = _known(schema)
    return Field(
        name=name,
        kind=kind_of(schema),
        shape=shape_of(schema),
        description=schema.get("description", value.get("description", "")),
        examples=tuple(json.dumps(e, ensure_ascii=False) for e in value.get("examples", ())),
        is_optional=is_optional,
    )


def kind_of(schema: Mapping[str, Any]) -> str:
    """In words: "text or null", "array of SimpleQuote", "Open, Closed or Early Close"."""
    match schema:
        case {"$ref": str(reference)}:
            return _name(reference)
        case {"anyOf": options}:
            return " or ".join(kind_of(option) for option in options)
        case {"enum": [*texts, last]}:
            return " or ".join(filter(None, (", ".join(texts), last)))
        case {"type": "array", "items": items}:
            return f"array of {kind_of(items)}"
        case {"format": "date-time"}:
            return "ISO 8601 time"
        case {"type": "string"}:
            return "text"
    return str(schema.get("type", "anything"))


def shape_of(schema: Mapping[str, Any]) -> str:
    """The name of the first shape that it refers to; empty without one."""
    match schema:
        case {"$ref": str(reference)}:
            return _name(reference)
        case {"anyOf": options}:
            return next(filter(None, map(shape_of, options)), "")
        case {"items": items}:
            return shape_of(items)
    return ""


def _known(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The alternative that is not null."""
    options = [o for o in schema.get("anyOf", ()) if o.get("type") != "null"]
    known: Mapping[str, Any] = options[0] if len(options) == 1 else schema
    return known


def _name(reference: str) -> str:
    return reference.rpartition("/")[2]
