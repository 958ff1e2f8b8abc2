"""Yahoo's hosts, and the one address that may stand in for all of them."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

from marketdata.errors import AuthenticationFailed

COOKIE_HOST = "https://fc.yahoo.com"
API_HOST = "https://query1.finance.yahoo.com"
# Answers the same as the other; after a consent it is the one that works.
SECOND_API_HOST = "https://query2.finance.yahoo.com"
WEB_HOST = "https://finance.yahoo.com"
CONSENT_HOST = "https://guce.yahoo.com"
STREAMER_HOST = "wss://streamer.finance.yahoo.com"


class Hosts:
    """Makes URLs. Raises ValueError for a base URL that cannot be used."""

    def __init__(self, base_url: str = "") -> None:
        if base_url:
            parts = urlsplit(base_url)
            # Looking at the port raises a ValueError of its own when that is no number.
            if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
                raise ValueError("the base URL must look like http://host:port")
        self.base_url = base_url.rstrip("/")

    def url(self, host: str, path: str) -> str:
        """The URL of a path on one of the hosts above."""
        return (self.base_url or host) + path

    def distinct(self, hosts: tuple[str, ...]) -> tuple[str, ...]:
        """Those of the hosts that are not one and the same behind a base URL."""
        return hosts[:1] if self.base_url else hosts

    def streamer_url(self) -> str:
        """Where the streamer listens."""
        # http → ws, https → wss
        host = "ws" + self.base_url.removeprefix("http") if self.base_url else STREAMER_HOST
        return host + "/?version=2"

    def follow(self, from_url: str, location: str) -> str:
        """Where a redirect leads to; AuthenticationFailed when that is not Yahoo."""
        target = urlsplit(urljoin(from_url, location))
        path = target.path + (f"?{target.query}" if target.query else "")
        if self.base_url:
            return self.base_url + path
        host = target.hostname or ""
        if target.scheme != "https" or not (host == "yahoo.com" or host.endswith(".yahoo.com")):
            raise AuthenticationFailed("the way to a cookie leads away from Yahoo")
        return f"https://{host}{path}"
