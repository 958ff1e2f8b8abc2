"""What the document says of the server that hands it out."""

from __future__ import annotations

import msgspec


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """`host` is the client's view: host and port of its request; `root`, what comes before the
    endpoints there, like `/fq`.
    """

    host: str
    root: str = ""
    is_tls: bool
    is_validated: bool
    session_cookie: str
    refresh_seconds: float
    max_symbols: int
    max_message_bytes: int
    max_messages_per_second: int
    subscribe_timeout_seconds: float

    @property
    def http_url(self) -> str:
        return f"{'https' if self.is_tls else 'http'}://{self.host}{self.root}"

    @property
    def socket_url(self) -> str:
        return f"{'wss' if self.is_tls else 'ws'}://{self.host}{self.root}"
