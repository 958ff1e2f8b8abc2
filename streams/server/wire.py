"""The bytes of one connection, in order, past Twisted's event loop wherever that is possible.

Twisted registers every write with the event loop and does it in the next turn. A socket that
has room takes the bytes at once instead; only what it refuses waits in the transport's buffer,
and everything written after that waits behind it.
"""

from collections.abc import Callable
from typing import Any

from twisted.internet.interfaces import IPullProducer, IPushProducer
from twisted.internet.tcp import Connection
from zope.interface import implementer


class Wire:
    """`on_full` is called when bytes begin to wait, `on_drained` when all of them are gone.

    `was_used` by whoever wrote last; the one who wants to know resets it.
    """

    __slots__ = ("_transport", "is_full", "on_drained", "on_full", "was_used")

    def __init__(self, transport: Any) -> None:
        self._transport = transport
        self.is_full = self.was_used = False
        self.on_full: Callable[[], None] = _nothing
        self.on_drained: Callable[[], None] = _nothing

    def write(self, data: bytes) -> None:
        raise NotImplementedError

    def wait_for_earlier(self) -> None:
        """Others have written to this transport; what they wrote may not have left yet."""

    def release(self) -> None:
        """No more calls; the transport ends as soon as its buffer is empty."""
        self.on_full = self.on_drained = _nothing
        self._transport.unregisterProducer()

    def stopProducing(self) -> None:
        """The connection is lost, which its protocol hears too."""

    def _filled(self) -> None:
        self.is_full = True
        self.on_full()

    def _drained(self) -> None:
        self.is_full = False
        self.on_drained()


@implementer(IPullProducer)
class SocketWire(Wire):
    """Over a plain socket. Full from the first byte that the socket refuses."""

    __slots__ = ("_send",)

    def __init__(self, transport: Any) -> None:
        super().__init__(transport)
        self._send = transport.getHandle().send

    def write(self, data: bytes) -> None:
        self.was_used = True
        if self.is_full:
            self._transport.write(data)
            return
        try:
            sent = self._send(data)
        except OSError:
            sent = 0  # full, or lost; the transport finds out which
        if sent < len(data):
            self._wait_with(data[sent:])

    def wait_for_earlier(self) -> None:
        self._transport.registerProducer(self, False)
        self._transport.startWriting()
        self._filled()

    def _wait_with(self, rest: bytes) -> None:
        # A pull producer is asked for more exactly when the transport's buffer is empty, but
        # also once while it is registered, when nothing has been written yet.
        self._transport.registerProducer(self, False)
        self._transport.write(rest)
        self._filled()

    def resumeProducing(self) -> None:
        if self.is_full:
            self._transport.unregisterProducer()
            self._drained()


@implementer(IPushProducer)
class BufferedWire(Wire):
    """Over TLS and whatever else is no plain socket. Full when the transport says so."""

    __slots__ = ()

    def __init__(self, transport: Any) -> None:
        super().__init__(transport)
        transport.registerProducer(self, True)

    def write(self, data: bytes) -> None:
        self.was_used = True
        self._transport.write(data)

    def pauseProducing(self) -> None:
        if not self.is_full:
            self._filled()

    def resumeProducing(self) -> None:
        if self.is_full:
            self._drained()


class Loopback(Wire):
    """Over nothing: what is written is received here. Never full."""

    __slots__ = ("_receive",)

    def __init__(self, receive: Callable[[bytes], None]) -> None:
        super().__init__(None)
        self._receive = receive

    def write(self, data: bytes) -> None:
        self._receive(data)


def open_wire(transport: Any) -> Wire:
    if isinstance(transport, Connection) and not transport.TLS:
        return SocketWire(transport)
    return BufferedWire(transport)


def _nothing() -> None:
    pass
