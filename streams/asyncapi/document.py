"""The AsyncAPI 3.0 document as a whole."""

from __future__ import annotations

from typing import Any, Final

from streams.asyncapi.channels import JSON, build_channels, build_messages, build_operations
from streams.asyncapi.schemas import build_schemas
from streams.asyncapi.service import Service
from streams.meanings import CLOSES, REFUSALS

# Of the protocol: the first part is Finance Query v1's, and the second grows with additions.
PROTOCOL_VERSION: Final = "1.1.0"

_DESCRIPTION: Final = """\
Live market data over WebSockets. Data comes at once on connecting, then with every tick of the
server, also when nothing changed. Fields may be added; none is removed or changed.

A handshake that is refused is answered over HTTP with the body of the message `error`: see
`x-refusals` of the server. Why a socket was closed, and whether to come back, says `x-close-codes`:

| code | meaning | come back? |
|---|---|---|
"""


def build_document(service: Service) -> dict[str, Any]:
    """Ready for JSON; valid by the schema that AsyncAPI publishes for its version 3.0.0."""
    return {
        "asyncapi": "3.0.0",
        "id": f"{service.http_url}/asyncapi.json",
        "info": {
            "title": "Finance Query",
            "version": PROTOCOL_VERSION,
            "description": _DESCRIPTION + "\n".join(f"| {c} | {m} | {b} |" for c, m, b in CLOSES),
            "externalDocs": {"url": f"{service.http_url}/docs/", "description": "For people."},
        },
        "defaultContentType": JSON,
        "servers": {"this": _server(service)},
        "channels": build_channels(service),
        "operations": build_operations(service),
        "components": {
            "messages": build_messages(service),
            "schemas": build_schemas(),
            "securitySchemes": _security_schemes(service),
        },
    }


def _server(service: Service) -> dict[str, Any]:
    server: dict[str, Any] = {
        "host": service.host,
        "protocol": "wss" if service.is_tls else "ws",
        "description": (
            f"A tick is {service.refresh_seconds:g} s. A client's message may have "
            f"{service.max_message_bytes} bytes, and {service.max_messages_per_second} may come "
            "in a second."
        ),
        "x-refusals": [refusal._asdict() for refusal in REFUSALS],
        "x-close-codes": [
            {"code": c, "meaning": meaning, "comeBack": back} for c, meaning, back in CLOSES
        ],
    }
    if service.root:
        server["pathname"] = service.root
    if service.is_validated:
        schemes = _security_schemes(service)
        server["security"] = [{"$ref": f"#/components/securitySchemes/{n}"} for n in schemes]
    return server


def _security_schemes(service: Service) -> dict[str, Any]:
    """Any one of them is enough; a key goes before a session. Never in the URL."""
    return {
        "keyHeader": {
            "type": "httpApiKey",
            "in": "header",
            "name": "x-api-key",
            "description": "An API key in a header of the handshake.",
        },
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "description": "An API key as Authorization: Bearer KEY.",
        },
        "subprotocol": {
            "type": "httpApiKey",
            "in": "header",
            "name": "Sec-WebSocket-Protocol",
            "description": (
                "From browsers, which cannot set headers: the subprotocols financequery and "
                "key.KEY. The server answers financequery alone."
            ),
        },
        "session": {
            "type": "httpApiKey",
            "in": "cookie",
            "name": service.session_cookie,
            "description": "The session of a user who is logged in, with an allowed Origin.",
        },
    }
