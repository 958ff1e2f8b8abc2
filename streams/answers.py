"""Whether a provider's answer is what it promised; what is not is turned away here.

Providers are a seam that anybody may fill, so an answer's shape is checked before it is used.
Fields inside a struct are not: they are looked at where a payload is built.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TypeVar

from marketdata.domain.movers import Mover, Movers
from marketdata.errors import MalformedAnswer
from marketdata.providers.base import Batch

T = TypeVar("T")


def checked_batch(answer: object, item_type: type[T]) -> Batch[T]:
    """The answer as a Batch; items of another type count as failed. Raises MalformedAnswer."""
    if not isinstance(answer, Batch):
        raise MalformedAnswer(f"a {type(answer).__name__} instead of a batch")
    if not isinstance(answer.found, Mapping) or not isinstance(answer.failed, Mapping):
        raise MalformedAnswer("a batch without mappings")
    if not isinstance(answer.skipped, Collection):
        raise MalformedAnswer("a batch that skipped what is no collection")
    wrong = [s for s, item in answer.found.items() if not isinstance(item, item_type)]
    if not wrong:
        return answer
    error = MalformedAnswer(f"something else than a {item_type.__name__}")
    found = {s: item for s, item in answer.found.items() if isinstance(item, item_type)}
    return Batch(found, {**answer.failed, **dict.fromkeys(wrong, error)}, answer.skipped)


def checked_tuple(answer: object, item_type: type[T]) -> tuple[T, ...]:
    """The answer as a tuple of items. Raises MalformedAnswer."""
    if not isinstance(answer, tuple):
        raise MalformedAnswer(f"a {type(answer).__name__} instead of a tuple")
    if not all(isinstance(item, item_type) for item in answer):
        raise MalformedAnswer(f"something else than a {item_type.__name__}")
    return answer


def checked_movers(answer: object) -> Movers:
    """The answer as movers. Raises MalformedAnswer."""
    if not isinstance(answer, Movers):
        raise MalformedAnswer(f"a {type(answer).__name__} instead of movers")
    for movers in (answer.actives, answer.gainers, answer.losers):
        checked_tuple(() if movers is None else movers, Mover)
    return answer
