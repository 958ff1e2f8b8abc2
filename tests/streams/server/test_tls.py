"""Over TLS nothing goes past the transport, and everything else is the same."""

import asyncio
import ssl
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.certificates import write_certificate
from tests.streams.server.processes import AppServer


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    return write_certificate(tmp_path)


async def test_a_slow_client_over_tls_gets_whole_messages_and_then_the_newest(
    certificate: tuple[Path, Path],
) -> None:
    key, cert = certificate
    endpoint = f"ssl:0:interface=127.0.0.1:privateKey={key}:certKey={cert}"
    trusting = ssl.create_default_context(cafile=str(cert))
    with AppServer("--endpoint", endpoint) as server:
        url = f"wss://localhost:{server.port}/obey"
        size = 20_000_000  # more than the kernel and both sides' buffers take
        async with connect(url, ssl=trusting, max_size=None, max_queue=1) as client:
            await client.send("offer z 1")
            assert await client.recv() == "z"
            for letter in "abc":
                await client.send(f"offer {letter} {size}")
                await server.seen(f"did offer {letter}")
            await client.send("offer d 4")
            await server.seen("did offer d")
            received = [await asyncio.wait_for(client.recv(), 30)]
            while received[-1] != "d" * 4:
                received.append(await asyncio.wait_for(client.recv(), 30))
            assert received[0] == "a" * size
            assert all(len(message) in (size, 4) for message in received)
            await client.send("close x 1")
            with pytest.raises(ConnectionClosed):
                await client.recv()
            assert client.close_code == 1000
        assert server.stop() == 0
    assert "Traceback" not in server.output
