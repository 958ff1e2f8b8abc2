"""Where every connection comes in, or finds that the process has as many as it may have."""

from typing import Any

from daphne.http_protocol import HTTPFactory

from streams.server.channel import FullChannel, StreamChannel

# Connections that a full process still takes, for who asks how it is: a process that does not
# answer looks dead, and would be restarted with all its clients.
RESERVE = 16


class StreamFactory(HTTPFactory):
    """Daphne's factory, with channels that serve WebSockets too."""

    def startFactory(self) -> None:
        """Nothing of Twisted's access log, and none of its timers."""

    def stopFactory(self) -> None: ...

    def log(self, request: Any) -> None: ...

    def acceptableProtocols(self) -> list[bytes]:
        """Over HTTP/2 there would be no WebSockets, whatever Twisted may have for it."""
        return [b"http/1.1"]

    def buildProtocol(self, addr: Any) -> StreamChannel:
        server = self.server
        if server.is_full():
            server.close_longest_idle()
        if not server.is_full():
            return StreamChannel(self)
        if not server.is_full(RESERVE):
            return StreamChannel(self, is_reserved=True)
        return FullChannel(self)
