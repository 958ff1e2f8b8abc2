"""How the Yahoo provider is set up; every default suits the real Yahoo."""

from __future__ import annotations

import msgspec

HTTP_LIBRARIES = ("requests", "curl_cffi")


class YahooOptions(msgspec.Struct, frozen=True, kw_only=True):
    """`base_url` replaces scheme and host of every Yahoo URL; empty means the real ones."""

    base_url: str = ""
    user_agent: str = ""
    # The budget of the whole cluster, for everything that is asked of Yahoo.
    requests_per_second: float = 2.0
    burst: int = 20
    http: str = "requests"
