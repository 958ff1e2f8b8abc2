"""The signals that end a server, and what more of them mean.

Platforms and supervisors send several, to a process and to those it started, in any order: the
first begins the drain, and none of the others makes it shorter. Only a person may be in a hurry.
"""

import asyncio
import logging
import signal
import sys
from collections.abc import Callable

logger = logging.getLogger(__name__)

# One press of Ctrl-C may come twice: from the terminal, and from whoever passes it on.
SAME_PRESS_SECONDS = 0.5


class EndingSignals:
    """Calls `end` at the first signal, and `hurry` when Ctrl-C is pressed again at a terminal."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        end: Callable[[], None],
        hurry: Callable[[], None],
    ) -> None:
        self._loop = loop
        self._end = end
        self._hurry = hurry
        self._ended_at: float | None = None
        self._has_terminal = sys.stdin is not None and sys.stdin.isatty()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._receive, number)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as `nohup` has it
            loop.add_signal_handler(signal.SIGHUP, self._receive, signal.SIGHUP)

    def _receive(self, number: signal.Signals) -> None:
        now = self._loop.time()
        is_press = number == signal.SIGINT and self._has_terminal
        if self._ended_at is None:
            self._ended_at = now
            logger.info("%s: this process ends", number.name)
            self._end()
            if is_press:
                logger.info("Clients are told to come back; Ctrl-C again ends at once")
        elif is_press and now - self._ended_at > SAME_PRESS_SECONDS:
            self._hurry()
