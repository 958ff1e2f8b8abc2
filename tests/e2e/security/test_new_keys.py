"""New keys in the admin, as a person makes them: clicked twice, reloaded, gone back to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.error import HTTPError

import pytest

from tests.e2e.security.installation import Browser, Installation
from tests.processes import Server

KEYS = "/admin/streams/apikey/"
KEY = re.compile(r"fq_[0-9a-f]{8}_[\w-]{43}")
FIELDS = {
    "endpoints": ["hours"],
    "max_connections": 3,
    "connections_per_day": 5,
    "max_symbols": 2,
}


@pytest.fixture(scope="module")
def server(place: Installation, secrets: list[str]) -> Iterator[Server]:
    with place.serve() as server:
        yield server
    assert "Traceback" not in server.output
    for secret in secrets:
        assert secret not in server.output


@pytest.fixture(scope="module")
def root(server: Server) -> Browser:
    browser = Browser(server)
    browser.log_in("root", "/admin/login/")
    return browser


def hidden_fields(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))


def send_at_once(root: Browser, path: str, times: int, **fields: object) -> list[str]:
    """The pages that so many clicks at the same moment lead to."""

    def send(_: int) -> str:
        return root.send(path, **fields)

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(send, range(times)))


def test_many_clicks_on_add_make_one_key(
    server: Server, place: Installation, root: Browser, secrets: list[str]
) -> None:
    hidden = hidden_fields(root.get(f"{KEYS}add/"))
    form = {**hidden, **FIELDS, "name": "clicked"}
    pages = send_at_once(root, f"{KEYS}add/", 4, **form)
    assert place.sql("SELECT count(*) FROM streams_apikey WHERE name = 'clicked'") == [(1,)]
    shown = [key for page in pages for key in KEY.findall(page)]
    assert len(shown) == 1
    secrets.append(shown[0])
    secrets.append(hidden["form_secret"])
    assert not KEY.findall(root.get(f"{KEYS}new/"))


def test_many_clicks_on_rotate_make_one_successor(
    server: Server, place: Installation, root: Browser, secrets: list[str]
) -> None:
    key = place.add_key(name="rotated")
    chosen = {"action": "rotate", "_selected_action": place.id_of(key)}
    asked = root.post(KEYS, **chosen)
    form = {**hidden_fields(asked), **chosen, "hours": 1}
    pages = send_at_once(root, KEYS, 4, **form)
    assert place.sql("SELECT count(*) FROM streams_apikey WHERE name = 'rotated'") == [(2,)]
    shown = [text for page in pages for text in KEY.findall(page)]
    assert len(shown) == 1
    secrets.append(shown[0])


def test_other_pages_of_live_streams_are_not_there(root: Browser) -> None:
    with pytest.raises(HTTPError, match="404"):
        root.get("/admin/streams/livestreams/1/change/")
