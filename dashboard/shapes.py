"""JSON Schemas as tables that people read; pure functions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple


class Field(NamedTuple):
    """One key of an object. `shape` is the name of the shape or value that it contains, if any."""

    name: str
    kind: str
    shape: str
    description: str
    is_optional: bool


class Value(NamedTuple):
    """A text or number that has a name because it is always written in the same way."""

    name: str
    kind: str
    description: str
    examples: tuple[str, ...]


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
    nameless = {key: value for key, value in schema.items() if key != "title"}
    return Shape(name, schema.get("description", ""), kind_of(nameless), shape_of(nameless), fields)


def _field(name: str, schema: Mapping[str, Any], *, is_optional: bool) -> Field:
    # What a named value says of itself is said once, where the values are.
    description = "" if _is_value(schema) else schema.get("description", "")
    return Field(name, kind_of(schema), shape_of(schema), description, is_optional)


def values_in(schemas: Mapping[str, Any]) -> list[Value]:
    """The named values in all fields, by name."""
    found = {
        option["title"]: option
        for schema in schemas.values()
        for part in schema.get("properties", {}).values()
        for option in part.get("anyOf", (part,))
        if _is_value(option)
    }
    return [_value(name, found[name]) for name in sorted(found)]


def _value(name: str, schema: Mapping[str, Any]) -> Value:
    examples = tuple(json.dumps(e, ensure_ascii=False) for e in schema.get("examples", ()))
    nameless = {key: value for key, value in schema.items() if key != "title"}
    return Value(name, kind_of(nameless), schema.get("description", ""), examples)


def _is_value(schema: Mapping[str, Any]) -> bool:
    return "title" in schema and schema.get("type") not in ("object", "array")


def kind_of(schema: Mapping[str, Any]) -> str:
    """In words: "text or null", "array of SimpleQuote", "Open, Closed or Early Close"."""
    match schema:
        case {"$ref": str(reference)}:
            return _name(reference)
        case {"title": str(title)} if _is_value(schema):
            return title
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
        case {"title": str(title)} if _is_value(schema):
            return title
        case {"anyOf": options}:
            return next(filter(None, map(shape_of, options)), "")
        case {"items": items}:
            return shape_of(items)
    return ""


def _name(reference: str) -> str:
    return reference.rpartition("/")[2]
