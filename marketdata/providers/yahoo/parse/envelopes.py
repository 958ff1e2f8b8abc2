"""The envelope around Yahoo's answers: {"<endpoint>": {"result": [...], "error": null}}."""

from __future__ import annotations

from typing import Any

from marketdata.errors import MalformedAnswer, NotFound
from marketdata.providers.yahoo.parse.values import at, text


def open_envelope(payload: Any, name: str) -> list[Any]:
    """The result list of the envelope `name`.

    Raises NotFound when the envelope carries Yahoo's "Not Found" error, MalformedAnswer for
    any other error and any other shape.
    """
    envelope = at(payload, name)
    if not isinstance(envelope, dict):
        raise MalformedAnswer(f"no {name} object in the answer")
    if envelope.get("error"):
        _raise_reported(name, envelope["error"])
    result = envelope.get("result")
    if not isinstance(result, list):
        raise MalformedAnswer(f"the result of {name} is not a list")
    return result


def open_single(payload: Any, name: str) -> dict[str, Any]:
    """The one object in the envelope `name`; NotFound when the result is empty."""
    result = open_envelope(payload, name)
    if not result:
        raise NotFound(f"{name} is empty")
    if not isinstance(result[0], dict):
        raise MalformedAnswer(f"the result of {name} is not an object")
    return result[0]


def _raise_reported(name: str, error: Any) -> None:
    code = text(at(error, "code")) or "an error without a code"
    if code == "Not Found":
        raise NotFound(f"{name}: not found")
    raise MalformedAnswer(f"{name} reports {code}")
