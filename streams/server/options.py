"""What an operator decides about the server; read from Django's settings by `manage.py serve`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StreamOptions:
    slow_client_seconds: float = 30.0
    """How long a client may take nothing of what waits for it."""

    close_seconds: float = 3.0
    """How long a client may take to answer a close frame, and the last bytes to leave."""

    drain_seconds: float = 10.0
    """Over how much time clients are sent away on SIGTERM; 0: at once."""

    max_connections: int = 10_000
    """Of one process; more are answered with 503."""

    max_messages_per_second: int = 20
    """From one client, as many pings and pongs, and ten times as many frames of all kinds; more
    close with 4429."""

    compression_min_bytes: int = 1024
    """Shorter payloads are not compressed; 0: nothing is, and compression is not offered."""

    max_body_bytes: int = 1_048_576
    """Of an HTTP request."""

    request_seconds: float = 30.0
    """How long the bytes of an HTTP request may take."""

    max_head_bytes: int = 32_768
    """Of a request's line and headers, a handshake's or another's."""

    keep_alive_seconds: float = 150.0
    """How long an HTTP connection may wait for its next request. A proxy that waits longer sends
    requests into connections that are just being closed."""

    trusted_proxy_hops: int = 0
    """How many proxies in front to believe about the address that the log shows."""

    reserved_paths: tuple[str, ...] = ()
    """Requests that are answered also by a process that has all its connections."""
