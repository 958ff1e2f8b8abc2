"""deploy/haproxy/haproxy.cfg in a real HAProxy, before two real servers."""

from __future__ import annotations

import asyncio
import json
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from http.client import HTTPConnection
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tests.certificates import write_certificate
from tests.processes import ROOT, Process, Server
from tools.stack import find_free_port, wait_until_listening

HAPROXY = shutil.which("haproxy", path="/usr/sbin:/usr/bin:/sbin:/bin") or ""
KEY = {"x-api-key": "a-key-for-tests"}

pytestmark = pytest.mark.skipif(
    not HAPROXY, reason="HAProxy is not installed here (Debian: haproxy)"
)


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[list[Server]]:
    settings = {
        "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3",
        "TRUSTED_PROXY_HOPS": "1",
        "DRAIN_SECONDS": "4",
        "REFRESH_SECONDS": "1",
        "USE_SECURITY": "True",
        "ADMIN_API_KEY": KEY["x-api-key"],
    }
    with ExitStack() as stack:
        yield [stack.enter_context(Server(**settings)) for _ in range(2)]


@pytest.fixture
def haproxy(servers: list[Server], tmp_path: Path) -> Iterator[tuple[Process, int, int]]:
    """It, its TLS port and its plain one."""
    key, certificate = write_certificate(tmp_path)
    both = tmp_path / "haproxy.pem"
    both.write_text(certificate.read_text() + key.read_text())
    port, plain_port = find_free_port(), find_free_port()
    text = (ROOT / "deploy" / "haproxy" / "haproxy.cfg").read_text()
    one, other = (server.address for server in servers)
    for given, here in {
        "bind :80\n": f"bind 127.0.0.1:{plain_port}\n",
        "bind :443 ssl": f"bind 127.0.0.1:{port} ssl",
        "/etc/ssl/financequery/haproxy.pem": str(both),
        "server web1 127.0.0.1:8000": f"server web1 {one}\n    server web2 {other}",
        "maxconn 30000": "maxconn 300",
    }.items():
        assert given in text
        text = text.replace(given, here)
    path = tmp_path / "haproxy.cfg"
    path.write_text(text)
    checked = subprocess.run(
        [HAPROXY, "-c", "-f", str(path)], capture_output=True, text=True, timeout=30, check=False
    )
    assert checked.returncode == 0, checked.stderr
    assert "WARNING" not in checked.stderr
    with Process("-db", "-f", str(path), program=HAPROXY) as process:
        wait_until_listening(port)
        yield process, port, plain_port


async def test_a_drained_server_gets_no_new_clients_and_says_goodbye_to_its_own(
    servers: list[Server], haproxy: tuple[Process, int, int], tmp_path: Path
) -> None:
    process, port, plain_port = haproxy
    trusting = ssl.create_default_context(cafile=str(tmp_path / "certificate.pem"))
    url = f"wss://localhost:{port}/hours"
    forged = {"x-forwarded-for": "203.0.113.7", "x-api-key": "wrong"}
    with pytest.raises(InvalidStatus) as refused:
        await connect(url, ssl=trusting, additional_headers=forged)
    assert refused.value.response.status_code == 401
    with pytest.raises(InvalidStatus) as refused:
        await connect(f"wss://localhost:{port}/readyz", ssl=trusting)
    assert refused.value.response.status_code == 403
    plain = HTTPConnection("127.0.0.1", plain_port, timeout=60)
    plain.request("GET", "/docs/?a=b", headers={"Host": "localhost:80"})
    assert plain.getresponse().headers["location"] == "https://localhost/docs/?a=b"
    plain.close()

    ours = {**KEY, "origin": f"https://localhost:{port}"}
    clients = [await connect(url, ssl=trusting, additional_headers=ours) for _ in range(8)]
    stopping = asyncio.create_task(asyncio.to_thread(servers[0].stop))
    await process.seen("Server financequery/web1 is DOWN")
    async with connect(url, ssl=trusting, additional_headers=ours) as newcomer:
        assert json.loads(await newcomer.recv())
        assert await stopping == 0
        gone = [client for client in clients if client.close_code is not None]
        assert [client.close_code for client in gone] == [1012] * 4, "half of them, by leastconn"
        assert json.loads(await newcomer.recv())
        for client in set(clients) - set(gone):
            await client.close()
    output = "".join(server.output for server in servers)
    assert "127.0.0.1" in output
    assert "203.0.113.7" not in output
