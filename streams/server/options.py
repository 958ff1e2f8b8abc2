"""What an operator decides about the server; read from Django's settings by `manage.py serve`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StreamOptions:
    slow_client_seconds: float = 30.0
    """How long a client may take nothing of what waits for it."""
