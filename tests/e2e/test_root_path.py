"""Served below a root: sockets, pages, files, health checks and documents agree on it."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tests.processes import Server

KEY = {"x-api-key": "a-key-for-tests"}


@pytest.fixture(scope="module", params=["--root-path", "FORCE_SCRIPT_NAME"])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    settings = {
        "DATABASE_URL": f"sqlite:///{tmp_path_factory.mktemp('root')}/db.sqlite3",
        "USE_SECURITY": "True",
        "ADMIN_API_KEY": KEY["x-api-key"],
    }
    arguments = ["--migrate"]
    if request.param == "--root-path":
        arguments += ["--root-path", "/fq"]
    else:
        settings["DJANGO_SETTINGS_MODULE"] = "tests.e2e.forced_root"
    with Server(*arguments, **settings) as server:
        yield server
        assert server.stop() == 0
    assert "Traceback" not in server.output


def get(server: Server, path: str) -> tuple[int, str]:
    """Status and body, after redirects."""
    try:
        with urllib.request.urlopen(f"http://{server.address}{path}", timeout=60) as response:
            return response.status, response.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.read().decode()


@pytest.mark.parametrize(
    "path", ["/fq/hours", "//fq//hours", "/f%71/hours/", "/fq/profile/%5EGSPC"]
)
async def test_sockets_are_below_the_root(server: Server, path: str) -> None:
    url = f"ws://{server.address}{path}"
    with pytest.raises(InvalidStatus) as refused:
        await connect(url)
    assert refused.value.response.status_code == 401, "validated"
    async with connect(url, additional_headers=KEY) as socket:
        assert json.loads(await socket.recv())


@pytest.mark.parametrize("path", ["/fqx/hours", "/other", "/fq/fq/hours", "/fq/nothing"])
async def test_what_is_outside_is_a_clean_404(server: Server, path: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await connect(f"ws://{server.address}{path}", additional_headers=KEY)
    assert refused.value.response.status_code == 404
    assert get(server, path)[0] == 404


def test_health_checks_are_below_the_root(server: Server) -> None:
    assert get(server, "/fq/healthz")[0] == get(server, "/fq//healthz/")[0] == 200


def test_pages_their_files_and_their_links_are_below_the_root(server: Server) -> None:
    status, page = get(server, "/fq/?a=b")
    assert status == 200
    assert 'name="next" value="/fq/?a=b"' in page, "redirected to the login"
    files = re.findall(r'(?:src|href)="([^"]+\.(?:js|css|svg))"', page)
    assert files
    assert all(name.startswith("/fq/static/") for name in files)
    assert get(server, files[-1])[0] == 200
    assert get(server, "/fq/admin/")[0] == 200


def test_documents_name_addresses_below_the_root(server: Server) -> None:
    document = json.loads(get(server, "/fq/asyncapi.json")[1])
    assert document["servers"]["this"]["host"] == server.address
    assert document["servers"]["this"]["pathname"] == "/fq"
    assert f"ws://{server.address}/fq/quotes" in get(server, "/fq/docs/")[1]


async def test_several_slashes_are_one_without_a_root_too(tmp_path: Path) -> None:
    settings = {"DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3", "USE_SECURITY": "True"}
    with Server("--migrate", **settings, ADMIN_API_KEY=KEY["x-api-key"]) as server:
        async with connect(f"ws://{server.address}//hours", additional_headers=KEY) as socket:
            assert json.loads(await socket.recv())
        assert get(server, "//healthz")[0] == 200
    assert "Traceback" not in server.output
