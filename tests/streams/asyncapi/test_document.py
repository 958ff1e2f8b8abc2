"""The AsyncAPI document: valid, whole, and about the server that hands it out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from streams.asyncapi import Service, build_document
from streams.meanings import CLOSES, ERRORS, REFUSALS
from streams.subscriptions import Endpoint
from tests.asyncapi_schema import problems_of
from tests.streams.asyncapi.schemas import Judge

SERVICE = Service(
    host="quotes.example.com:8443",
    is_tls=True,
    is_validated=True,
    session_cookie="sessionid",
    refresh_seconds=5,
    max_symbols=200,
    max_message_bytes=8192,
    max_messages_per_second=20,
    subscribe_timeout_seconds=30,
)


@pytest.fixture(scope="module")
def document() -> Any:
    """As JSON makes it."""
    return json.loads(json.dumps(build_document(SERVICE)))


def walk(part: Any) -> Iterator[dict[str, Any]]:
    if isinstance(part, dict):
        yield part
    for value in (
        part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    ):
        yield from walk(value)


def test_it_is_valid_by_the_schema_that_asyncapi_publishes(document: Any) -> None:
    assert problems_of(document) == []


@pytest.mark.parametrize("key", ["asyncapi", "info"])
def test_the_schema_finds_what_is_missing(document: Any, key: str) -> None:
    assert problems_of({name: part for name, part in document.items() if name != key})


def test_the_schema_finds_what_is_wrong_deep_inside(document: Any) -> None:
    broken = json.loads(json.dumps(document))
    broken["operations"]["sendHours"]["action"] = "shout"
    assert problems_of(broken)


def test_every_reference_leads_somewhere(document: Any) -> None:
    references = [part["$ref"] for part in walk(document) if "$ref" in part]
    assert len(references) > 30
    for reference in references:
        target = document
        for name in reference.removeprefix("#/").split("/"):
            target = target[name]


def test_each_endpoint_is_a_channel_that_the_server_sends_to(document: Any) -> None:
    assert set(document["channels"]) == set(Endpoint)
    sent = [o["channel"]["$ref"] for o in document["operations"].values() if o["action"] == "send"]
    assert sorted(sent) == sorted(f"#/channels/{endpoint}" for endpoint in Endpoint)


def test_each_schema_says_something(document: Any) -> None:
    """An empty one, which is what encoded values look like to msgspec, would allow anything."""
    for schema in document["components"]["schemas"].values():
        assert schema["description"]
        assert {} not in list(walk(schema))


def test_it_names_the_server_that_was_asked(document: Any) -> None:
    server = document["servers"]["this"]
    assert (server["host"], server["protocol"]) == ("quotes.example.com:8443", "wss")
    plain = build_document(msgspec.structs.replace(SERVICE, is_tls=False))
    assert plain["servers"]["this"]["protocol"] == "ws"


def test_it_asks_for_credentials_only_where_they_are_needed(document: Any) -> None:
    assert len(document["servers"]["this"]["security"]) == 4
    open_to_all = build_document(msgspec.structs.replace(SERVICE, is_validated=False))
    assert "security" not in open_to_all["servers"]["this"]


def test_it_tells_every_code(document: Any) -> None:
    server = document["servers"]["this"]
    assert {c["code"] for c in server["x-close-codes"]} == {close.code for close in CLOSES}
    assert {r["code"] for r in server["x-refusals"]} == {refusal.code for refusal in REFUSALS}
    assert document["components"]["messages"]["error"]["x-codes"] == ERRORS
    assert all(f"| {close.code} |" in document["info"]["description"] for close in CLOSES)


def test_its_own_examples_are_valid(document: Any) -> None:
    judge = Judge(document)
    examples = [
        (name, example["payload"])
        for name, message in document["components"]["messages"].items()
        for example in message.get("examples", ())
    ]
    assert len(examples) == 3
    for name, payload in examples:
        assert judge.problems(name, payload) == []


@pytest.mark.parametrize(
    ("message", "payload"),
    [
        ("quotes", [{"symbol": "AAPL"}]),
        ("quotes", {"error": {"code": "empty", "message": ""}}),
        ("hours", {"status": "Ajar"}),
        ("setCommand", {}),
        ("setCommand", {"dance": ["AAPL"]}),
        ("error", {"error": {"code": "empty"}}),
    ],
)
def test_its_schemas_turn_away_what_is_no_such_message(
    document: Any, message: str, payload: Any
) -> None:
    assert Judge(document).problems(message, payload)
