"""What calls in other threads came to by a deadline."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future, wait
from typing import TypeVar

from marketdata.deadlines import Deadline
from marketdata.errors import DeadlineExceeded, ProviderError

K = TypeVar("K")
T = TypeVar("T")

# Kept back from the deadline for putting the results together, so that nobody is late.
_RESERVE_SECONDS = 0.05


def outcomes(futures: Mapping[K, Future[T]], deadline: Deadline) -> dict[K, T | ProviderError]:
    """What each future gave by the deadline; those that have not begun by then are dropped."""
    wait(futures.values(), timeout=max(0.0, deadline.remaining() - _RESERVE_SECONDS))
    results: dict[K, T | ProviderError] = {}
    for key, future in futures.items():
        outcome = _outcome(future)
        results[key] = outcome
    return results


def _outcome(future: Future[T]) -> T | ProviderError:
    future.cancel()
    if not future.done() or future.cancelled():
        return DeadlineExceeded("no answer before the deadline")
    try:
        return future.result()
    except ProviderError as error:
        return error
