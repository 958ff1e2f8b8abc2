"""The protocol for programs, `/asyncapi.json`, and the same for people, `/docs/`.

Neither says anything that is not public, so both are there without a login.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from django.conf import settings as django_settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_safe

from dashboard.shapes import Shape, shapes_in, values_in
from streams.asyncapi import Service, build_document
from streams.conf import settings

# By the file's name in templates/docs/examples.
EXAMPLES: Final = {
    "websocat.sh": "Shell",
    "curl.sh": "Shell, with curl alone: is there an answer?",
    "client.py": "Python",
    "client.js": "JavaScript, in a browser or Node.js 22",
    "stream.sh": "The terminal client of this project",
}
# What the endpoints send comes first; the others follow by name.
_FIRST_SHAPES: Final = ("Profile", "Quotes", "Market", "Hours")


class EndpointRow(NamedTuple):
    """A path, and the names of the shapes that the server receives and sends there."""

    address: str
    description: str
    received: tuple[str, ...]
    sent: tuple[str, ...]


class Example(NamedTuple):
    """A program that runs as it is shown, against the server that shows it."""

    name: str
    title: str
    text: str


@require_safe
def asyncapi(request: HttpRequest) -> HttpResponse:
    """The AsyncAPI document of the server as the client reaches it."""
    response = JsonResponse(build_document(_service(request)), json_dumps_params={"indent": 2})
    # Public, and read by tools that live on other pages.
    response["Access-Control-Allow-Origin"] = "*"
    return response


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """The same document as a page, with examples."""
    service = _service(request)
    document = build_document(service)
    context = {
        "document": document,
        "endpoints": _endpoints(document),
        "refusals": document["servers"]["this"]["x-refusals"],
        "closes": document["servers"]["this"]["x-close-codes"],
        "errors": document["components"]["messages"]["error"]["x-codes"],
        "schemes": document["components"]["securitySchemes"],
        "shapes": _shapes(document),
        "values": values_in(document["components"]["schemas"]),
        "examples": _examples(service),
        "service": service,
    }
    return render(request, "docs/reference.html", context)


def _service(request: HttpRequest) -> Service:
    return Service(
        host=request.get_host(),
        root=reverse("dashboard:live").rstrip("/"),
        is_tls=request.is_secure(),
        is_validated=settings.USE_SECURITY,
        session_cookie=django_settings.SESSION_COOKIE_NAME,
        refresh_seconds=settings.REFRESH_SECONDS,
        max_symbols=settings.MAX_SYMBOLS_PER_CONNECTION,
        max_message_bytes=settings.MAX_MESSAGE_BYTES,
        max_messages_per_second=settings.MAX_MESSAGES_PER_SECOND,
        subscribe_timeout_seconds=settings.SUBSCRIBE_TIMEOUT_SECONDS,
    )


def _endpoints(document: dict[str, Any]) -> list[EndpointRow]:
    received = {
        message["$ref"].rpartition("/")[2]
        for operation in document["operations"].values()
        for message in operation["messages"]
        if operation["action"] == "receive"
    }
    titles = {name: part["name"] for name, part in document["components"]["messages"].items()}
    return [
        EndpointRow(
            channel["address"],
            channel["description"],
            tuple(titles[name] for name in channel["messages"] if name in received),
            tuple(titles[name] for name in channel["messages"] if name not in received),
        )
        for channel in document["channels"].values()
    ]


def _shapes(document: dict[str, Any]) -> list[Shape]:
    shapes = shapes_in(document["components"]["schemas"])
    first = [shape for name in _FIRST_SHAPES for shape in shapes if shape.name == name]
    return [*first, *(shape for shape in shapes if shape.name not in _FIRST_SHAPES)]


def _examples(service: Service) -> list[Example]:
    return [
        Example(name, title, render_to_string(f"docs/examples/{name}.txt", {"service": service}))
        for name, title in EXAMPLES.items()
    ]
