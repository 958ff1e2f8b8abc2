"""A document's schemas as strict judges of what really travels."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from jsonschema import Draft7Validator, FormatChecker

_formats = FormatChecker(formats=())


@_formats.checks("date-time", raises=ValueError)
def _is_date_time(text: object) -> bool:
    return not isinstance(text, str) or datetime.fromisoformat(text).tzinfo is not None


class Judge:
    """Judges payloads by a document; keys that it does not describe are an error here."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = _closed(document)

    def problems(self, message: str, payload: Any) -> list[str]:
        """What is wrong with the payload of a message, by the message's name."""
        schema = self._document["components"]["messages"][message]["payload"]
        validator = Draft7Validator({**self._document, **schema}, format_checker=_formats)
        return [
            f"{error.json_path}: {error.message[:300]}" for error in validator.iter_errors(payload)
        ]


def _closed(part: Any) -> Any:
    """Documents leave objects open, because fields may be added; a test must not."""
    if isinstance(part, list):
        return [_closed(item) for item in part]
    if not isinstance(part, dict):
        return part
    closed = {key: _closed(value) for key, value in part.items()}
    if part.get("type") == "object" and "properties" in part:
        closed["additionalProperties"] = False
    return closed
