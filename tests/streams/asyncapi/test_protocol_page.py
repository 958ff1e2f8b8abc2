"""docs/protocol.md names each field that is sent, and no other."""

from __future__ import annotations

import re

import pytest

from streams.asyncapi.schemas import build_schemas
from tests.processes import ROOT

PAGE = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
# How a paragraph about a shape begins, and the shape.
SHAPES = {
    "**Simple quote**": "SimpleQuote",
    "**`quote` of a profile**": "Quote",
    "**Mover**": "Mover",
    "**Index**": "Index",
    "**Sector**": "Sector",
    "**News**": "News",
    "**Hours**": "Hours",
}
ENDPOINTS = {"/profile/{symbol}": "Profile", "/market": "Market"}
# What else is in backticks there.
VALUES = {"null", "quote", "Open", "Closed", "open", "closed"}


def fields_of(shape: str) -> set[str]:
    return set(build_schemas()[shape]["properties"]) - {"metadata"}


def names_in(text: str) -> set[str]:
    return set(re.findall(r"`(\w+)`", text))


@pytest.mark.parametrize(("begin", "shape"), SHAPES.items())
def test_a_shape_has_the_fields_that_are_sent(begin: str, shape: str) -> None:
    match = re.search(re.escape(begin) + r"(.*?)\n\n", PAGE, re.DOTALL)
    assert match
    named, fields = names_in(match[1]), fields_of(shape)
    if "the ten `…Return` fields" in match[1]:
        returns = {field for field in fields if field.endswith("Return")}
        assert len(returns) == 10
        named |= returns
    assert named - VALUES == fields - VALUES
    assert fields <= named


@pytest.mark.parametrize(("path", "shape"), ENDPOINTS.items())
def test_an_endpoint_has_the_parts_that_are_sent(path: str, shape: str) -> None:
    row = re.search(rf"^\| `{re.escape(path)}` \|[^|]*\|(.*)\|$", PAGE, re.MULTILINE)
    assert row
    assert names_in(row[1]) == fields_of(shape)
