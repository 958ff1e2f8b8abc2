"""JSON Schemas in words."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.shapes import Field, kind_of, shape_of, shapes_in

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
        ({}, "anything", ""),
    ],
)
def test_a_schema_is_told_in_words(schema: dict[str, Any], kind: str, shape: str) -> None:
    assert (kind_of(schema), shape_of(schema)) == (kind, shape)


def test_an_object_is_a_table_of_its_fields() -> None:
    price = {"type": "string", "description": "A price.", "examples": ["150.25", "★"]}
    schema = {
        "type": "object",
        "description": "A quote.",
        "properties": {"price": {"anyOf": [price, {"type": "null"}]}, "logo": {"type": "string"}},
        "required": ["price"],
    }
    (shape,) = shapes_in({"Quote": schema})
    assert (shape.name, shape.description) == ("Quote", "A quote.")
    assert shape.fields == (
        Field("price", "text or null", "", "A price.", ('"150.25"', '"★"'), is_optional=False),
        Field("logo", "text", "", "", (), is_optional=True),
    )
