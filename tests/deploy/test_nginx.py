"""deploy/nginx/financequery.conf in a real nginx, before a real server."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tests.certificates import write_certificate
from tests.processes import ROOT, Process, Server
from tools.stack import find_free_port, wait_until_listening

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/sbin:/bin") or ""

pytestmark = pytest.mark.skipif(
    not NGINX, reason="nginx is not installed here (Debian: nginx-light)"
)

Front = tuple[int, int, ssl.SSLContext]

MAIN = """
daemon off;
worker_processes 1;
error_log stderr warn;
pid {folder}/nginx.pid;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/financequery.conf;
}}
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    settings = {
        "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3",
        "TRUSTED_PROXY_HOPS": "1",
        "DRAIN_SECONDS": "1",
        "REFRESH_SECONDS": "1",
        "USE_SECURITY": "True",
        "ADMIN_API_KEY": "a-key-for-tests",
        "ALLOWED_ORIGINS": "https://app.example.com",
    }
    with Server("--migrate", **settings) as server:
        yield server


@pytest.fixture
def nginx(server: Server, tmp_path: Path) -> Iterator[Front]:
    """Both ports of an nginx with our file, and what trusts its certificate."""
    key, certificate = write_certificate(tmp_path)
    port, plain_port = find_free_port(), find_free_port()
    text = (ROOT / "deploy" / "nginx" / "financequery.conf").read_text()
    for given, here in {
        "    listen [::]:443 ssl;\n": "",
        "    listen [::]:80;\n": "",
        "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
        "listen 80": f"listen 127.0.0.1:{plain_port}",
        'default "";\n': f'default ":{port}";\n',
        "server 127.0.0.1:8000": f"server {server.address}",
        "/etc/ssl/financequery/fullchain.pem": str(certificate),
        "/etc/ssl/financequery/privkey.pem": str(key),
    }.items():
        assert given in text
        text = text.replace(given, here)
    (tmp_path / "financequery.conf").write_text(text)
    main = tmp_path / "nginx.conf"
    main.write_text(MAIN.format(folder=tmp_path))
    arguments = ["-p", str(tmp_path), "-c", str(main)]
    tested = subprocess.run(
        [NGINX, "-t", *arguments], capture_output=True, text=True, timeout=30, check=False
    )
    assert tested.returncode == 0, tested.stderr
    assert "[warn]" not in tested.stderr.replace("could not open error log file", "")
    with Process(*arguments, program=NGINX):
        wait_until_listening(port)
        yield port, plain_port, ssl.create_default_context(cafile=str(certificate))


async def test_clients_are_served_known_by_their_address_and_told_of_the_drain(
    server: Server, nginx: Front
) -> None:
    port, _, trusting = nginx
    url = f"wss://localhost:{port}/quotes"
    forged = {"x-forwarded-for": "203.0.113.7", "x-api-key": "wrong"}
    with pytest.raises(InvalidStatus) as refused:
        await connect(url, ssl=trusting, additional_headers=forged)
    assert refused.value.response.status_code == 401
    await server.seen(r"127\.0\.0\.1")
    assert "203.0.113.7" not in server.output

    key = {"x-api-key": "a-key-for-tests"}
    async with connect(url, ssl=trusting, additional_headers=key) as client:
        await client.send("AAPL")
        for _ in range(2):
            async with asyncio.timeout(30):
                assert [quote["symbol"] for quote in json.loads(await client.recv())] == ["AAPL"]
        stopping = asyncio.create_task(asyncio.to_thread(server.stop))
        async with asyncio.timeout(30):
            await client.wait_closed()
        assert client.close_code == 1012
        assert await stopping == 0


async def test_the_port_is_part_of_the_origin_of_sockets_forms_and_redirects(
    server: Server, nginx: Front
) -> None:
    port, plain_port, trusting = nginx
    origin = f"https://localhost:{port}"
    async with connect(
        f"wss://localhost:{port}/hours",
        ssl=trusting,
        additional_headers={"origin": origin, "x-api-key": "a-key-for-tests"},
    ) as client:
        assert json.loads(await client.recv())
    for sender in (origin, "https://app.example.com"):
        assert await asyncio.to_thread(log_in, port, trusting, sender) == 200
    assert await asyncio.to_thread(log_in, port, trusting, "https://localhost") == 403
    for asked in (plain_port, port):
        connection = HTTPConnection("127.0.0.1", asked, timeout=60)
        connection.request("GET", "/docs/?a=b", headers={"Host": f"localhost:{asked}"})
        answer = connection.getresponse()
        assert (answer.status, answer.headers["location"]) == (301, f"{origin}/docs/?a=b")
        connection.close()


def log_in(port: int, trusting: ssl.SSLContext, origin: str) -> int:
    """The status of a form with a wrong password: 403 is CSRF's."""
    connection = HTTPSConnection("localhost", port, timeout=60, context=trusting)
    connection.request("GET", "/login/")
    page = connection.getresponse()
    token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', page.read().decode())
    assert token
    cookie = page.headers["set-cookie"].partition(";")[0]
    headers = {
        "Origin": origin,
        "Referer": f"{origin}/login/",
        "Cookie": cookie,
        "Content-Type": "application/x-www-form-urlencoded",
    }
    body = f"csrfmiddlewaretoken={token[1]}&username=a&password=b"
    connection.request("POST", "/login/", body, headers)
    status = connection.getresponse().status
    connection.close()
    return status
