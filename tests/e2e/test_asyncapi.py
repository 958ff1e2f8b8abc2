"""What a real server says of its protocol, held against what it sends; and the page's examples."""

from __future__ import annotations

import asyncio
import html
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from websockets.asyncio.client import ClientConnection, connect

from tests.asyncapi_schema import problems_of
from tests.e2e.security.installation import Installation, refusal, with_key
from tests.processes import Server
from tests.streams.asyncapi.schemas import Judge

SYMBOLS = "AAPL,BTC-USD,EURUSD=X,NOSUCH,SIM0001,SPY,^GSPC"
# Stocks, funds, indices, currencies, crypto-currencies, and what nobody knows.
STREAMS = {
    "/profile/AAPL": "profile",
    "/profile/SPY": "profile",
    "/profile/BTC-USD": "profile",
    "/profile/NOSUCH": "profile",
    "/quotes": "quotes",
    "/market": "market",
    "/hours": "hours",
}
# What clients may send by mistake on /quotes, and the code of the answer.
MISTAKES: dict[str | bytes, str] = {
    "": "empty",
    b"AAPL": "not_text",
    "AA PL": "invalid_symbol",
    "A,B,C,D,E,F,G,H,I": "too_many_symbols",
    "{": "malformed_json",
    '{"dance": true}': "unknown_command",
}
TICKS = 3


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server(REFRESH_SECONDS="0.5", MAX_SYMBOLS_PER_CONNECTION="8") as server:
        yield server
    assert "Traceback" not in server.output


def get(server: Server, path: str) -> str:
    with urlopen(f"http://{server.address}{path}", timeout=60) as response:
        return str(response.read().decode())


async def document_of(server: Server) -> Any:
    return json.loads(await asyncio.to_thread(get, server, "/asyncapi.json"))


async def receive(socket: ClientConnection) -> Any:
    return json.loads(await asyncio.wait_for(socket.recv(), 30))


async def frames(socket: ClientConnection, path: str) -> list[Any]:
    if path == "/quotes":
        await socket.send(SYMBOLS)
    return [await receive(socket) for _ in range(TICKS)]


async def test_the_document_is_valid_and_about_this_server(server: Server) -> None:
    document = await document_of(server)
    assert problems_of(document) == []
    assert document["servers"]["this"]["host"] == server.address
    assert "security" not in document["servers"]["this"]
    assert "up to 8 symbols" in document["channels"]["quotes"]["description"]


async def test_every_frame_of_every_endpoint_is_as_described(server: Server) -> None:
    judge = Judge(await document_of(server))

    async def follow(path: str, message: str) -> None:
        async with connect(server.url(path)) as socket:
            for frame in await frames(socket, path):
                assert judge.problems(message, frame) == [], path

    await asyncio.gather(*(follow(path, message) for path, message in STREAMS.items()))


async def test_every_error_is_as_described(server: Server) -> None:
    document = await document_of(server)
    judge, codes = Judge(document), document["components"]["messages"]["error"]["x-codes"]
    async with connect(server.url("/quotes")) as socket:
        for mistake, code in MISTAKES.items():
            await socket.send(mistake)
            answer = await receive(socket)
            assert judge.problems("error", answer) == []
            assert answer["error"]["code"] == code
            assert code in codes
    async with connect(server.url("/profile/A%20B")) as socket:
        assert judge.problems("error", await receive(socket)) == []


async def test_commands_of_the_described_shape_are_followed(server: Server) -> None:
    document = await document_of(server)
    (example,) = document["components"]["messages"]["setCommand"]["examples"]
    async with connect(server.url("/quotes")) as socket:
        await socket.send(json.dumps(example["payload"]))
        assert [quote["symbol"] for quote in await receive(socket)] == ["NVDA"]


async def test_refusals_are_as_described(server: Server) -> None:
    document = await document_of(server)
    response = await refusal(server.url("/nothing"))
    body = json.loads(response.body or b"")
    assert Judge(document).problems("error", body) == []
    refusals = {(r["status"], r["code"]) for r in document["servers"]["this"]["x-refusals"]}
    assert (response.status_code, body["error"]["code"]) in refusals


async def test_frames_with_metadata_are_as_described(installation: Installation) -> None:
    key = installation.add_key()
    with installation.serve() as server:
        document = await document_of(server)
        assert problems_of(document) == []
        assert len(document["servers"]["this"]["security"]) == 4
        judge = Judge(document)

        async def follow(path: str, message: str) -> None:
            async with with_key(server.url(path), key) as socket:
                first, *later = await frames(socket, path)
                assert (first[0] if path == "/quotes" else first)["metadata"]
                assert not [p for frame in (first, *later) for p in judge.problems(message, frame)]

        await asyncio.gather(*(follow(path, message) for path, message in STREAMS.items()))


# --- The page -----------------------------------------------------------------------------


async def test_the_python_example_of_the_page_runs_as_it_is_shown(
    server: Server, tmp_path: Path
) -> None:
    """The other examples need programs that a machine may lack."""
    page = await asyncio.to_thread(get, server, "/docs/")
    shown = re.search(r'data-example="client.py">(.*?)</code>', page, re.DOTALL)
    assert shown
    script = tmp_path / "client.py"
    script.write_text(html.unescape(shown[1]), encoding="utf-8")
    program = await asyncio.create_subprocess_exec(
        sys.executable,
        str(script),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert program.stdout
    try:
        await asyncio.wait_for(until(program.stdout, rb"^AAPL \d+\.\d\d [+-]"), 30)
    finally:
        if program.returncode is None:
            program.kill()
        await program.wait()


async def until(stream: asyncio.StreamReader, pattern: bytes) -> None:
    output = b""
    while not re.search(pattern, output, re.MULTILINE):
        more = await stream.read(65536)
        assert more, output.decode(errors="replace")
        output += more
