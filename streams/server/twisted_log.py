"""Twisted's chatter is dropped; what it could not handle goes to logging."""

import logging
from typing import Any

from twisted.logger import ILogObserver, LogLevel, globalLogBeginner
from zope.interface import implementer

logger = logging.getLogger(__name__)


def log_twisted_errors() -> None:
    globalLogBeginner.beginLoggingTo([_forward_error], redirectStandardIO=False, discardBuffer=True)


@implementer(ILogObserver)  # type: ignore[untyped-decorator]
def _forward_error(event: Any) -> None:
    if event.get("log_level") is not LogLevel.critical:
        return
    failure = event.get("log_failure")
    info = (failure.type, failure.value, failure.getTracebackObject()) if failure else None
    logger.error("Unhandled error in the server", exc_info=info)
