"""JSON Schemas in words."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.shapes import Field, Value, kind_of, shape_of, shapes_in, values_in

QUOTE = {"$ref": "#/components/schemas/Quote"}


@pytest.mark.parametrize(
    ("schema", "kind", "shape"),
    [
        ({"type": "string"}, "text", ""),
        ({"type": "integer"}, "integer", ""),
        ({"type": "string", "format": "date-time"}, "ISO 8601 time", ""),
        ({"enum": ["a", "b", "c"]}, "a, b or c", ""),
        ({"enum": ["a"]}, "a", ""),
        (QUOTE, "Quote", "Quote"),
        ({"anyOf": [QUOTE, {"type": "null"}]}, "Quote or null", "Quote"),
        ({"type": "array", "items": QUOTE}, "array of Quote", "Quote"),
        ({"title": "Price", "type": "string"}, "Price", "Price"),
        ({}, "anything", ""),
    ],
)
def test_a_schema_is_told_in_words(schema: dict[str, Any], kind: str, shape: str) -> None:
    assert (kind_of(schema), shape_of(schema)) == (kind, shape)


PRICE = {"title": "Price", "type": "string", "description": "A price.", "examples": ["1.25", "★"]}
SCHEMA = {
    "title": "Quote",
    "type": "object",
    "description": "A quote.",
    "properties": {
        "price": {"anyOf": [PRICE, {"type": "null"}]},
        "logo": {"type": "string", "description": "A picture."},
    },
    "required": ["price"],
}


def test_an_object_is_a_table_of_its_fields() -> None:
    (shape,) = shapes_in({"Quote": SCHEMA})
    assert (shape.name, shape.description) == ("Quote", "A quote.")
    assert shape.fields == (
        Field("price", "Price or null", "Price", "", is_optional=False),
        Field("logo", "text", "", "A picture.", is_optional=True),
    )


def test_something_else_than_an_object_is_told_in_words() -> None:
    (shape,) = shapes_in({"Quotes": {"title": "Quotes", "type": "array", "items": QUOTE}})
    assert (shape.kind, shape.shape, shape.fields) == ("array of Quote", "Quote", ())


def test_values_with_a_name_are_explained_once() -> None:
    schemas = {"Quote": SCHEMA, "Mover": SCHEMA}
    assert values_in(schemas) == [Value("Price", "text", "A price.", ('"1.25"', '"★"'))]
