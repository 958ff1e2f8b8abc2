"""What can go wrong with market data, whose fault it is, and whether a retry helps.

MarketDataError
├── InvalidSymbol              the caller's: not a symbol; a retry does not help
└── ProviderError              the source's
    ├── ProviderUnavailable    no usable answer: 5xx, an empty one, a web page; retry later
    │   ├── Unreachable        no answer at all: the network, a name, a refused connection; later
    │   ├── RateLimited        asked too often; retry after `retry_after_seconds`
    │   ├── SourceRefuses      blocked or sent elsewhere; a retry helps later, not at once
    │   │   └── RequestRefused not for what was asked, a symbol perhaps; others may be answered
    │   ├── DeadlineExceeded   the answer did not come in time; retry next tick
    │   └── SourcePaused       not asked at all: it failed too often just before
    │       └── BudgetSpent    not asked at all: it may not be asked so often
    ├── AuthenticationFailed   cookie or crumb refused even after a new one; retry later
    ├── NotFound               the source knows nothing of it; a retry does not help
    └── MalformedAnswer        an answer of an unknown shape; a retry rarely helps

Each ProviderError has a `reason`, one word of a closed list that operators and pages see.
"""

from typing import Literal

Reason = Literal[
    "errors",
    "unreachable",
    "rate_limited",
    "refused",
    "timeout",
    "paused",
    "budget",
    "authentication",
    "not_found",
    "invalid_answers",
]


class MarketDataError(Exception):
    """Root of everything this package raises on purpose."""


class InvalidSymbol(MarketDataError):
    """A text that no exchange would use as a symbol."""


class ProviderError(MarketDataError):
    """The source of market data failed."""

    reason: Reason = "errors"


class ProviderUnavailable(ProviderError):
    """The source gave no usable answer: unreachable, timed out, or broken for now."""


class Unreachable(ProviderUnavailable):
    """No answer came: no network, no such host, a connection refused or lost."""

    reason = "unreachable"


class RateLimited(ProviderUnavailable):
    """The source refuses because it was asked too often."""

    reason = "rate_limited"

    def __init__(self, message: str, retry_after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class SourceRefuses(ProviderUnavailable):
    """The source does not want to answer us: a block page, a redirect, a bad request."""

    reason = "refused"


class RequestRefused(SourceRefuses):
    """The source does not accept what was asked for, a symbol perhaps; it answers others."""


class DeadlineExceeded(ProviderUnavailable):
    """The answer did not come before the deadline of its tick."""

    reason = "timeout"


class SourcePaused(ProviderUnavailable):
    """The source was not asked, out of courtesy: it failed too often just before."""

    reason: Reason = "paused"

    def __init__(self, message: str, reason: Reason | None = None) -> None:
        """`reason` is that of the failures, where it is known."""
        super().__init__(message)
        if reason is not None:
            self.reason = reason


class BudgetSpent(SourcePaused):
    """The source was not asked, because it may not be asked so often."""

    reason = "budget"


class AuthenticationFailed(ProviderError):
    """The source refused our cookie and crumb, and refused fresh ones too."""

    reason = "authentication"


class NotFound(ProviderError):
    """The source answered that it does not know what was asked for."""

    reason = "not_found"


class MalformedAnswer(ProviderError):
    """The source answered, but not in a shape that is known."""

    reason = "invalid_answers"
