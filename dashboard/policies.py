"""The Content Security Policy of every page: only what this host serves, and no inline script."""

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse

# `connect-src` names the sockets: not every browser takes 'self' to include them.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self' {sockets}; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)


class ContentSecurityPolicy:
    """Django middleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        # Django's own pages about errors, for local work, are one file with its style inside.
        if not (settings.DEBUG and response.status_code >= 400):
            response.headers.setdefault("Content-Security-Policy", _policy_for(request))
        return response


def _policy_for(request: HttpRequest) -> str:
    try:
        host = request.get_host()
    except DisallowedHost:
        return POLICY.format(sockets="").replace("  ", " ")
    return POLICY.format(sockets=f"ws://{host} wss://{host}")
