"""Ten thousand handshakes with made-up keys: bounded work, bounded memory, others unaffected."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import re
import time
from collections import Counter
from pathlib import Path

from streams.keys import generate_key
from tests.e2e.security.installation import Installation, with_key
from tests.processes import Server

# As many as the machine refuses in about ten seconds; SECURITY_FLOOD=10000 is the whole of it.
HANDSHAKES = int(os.environ.get("SECURITY_FLOOD", "1500"))
AT_ONCE = 50
ADDRESSES = 200
MAX_GROWTH_MB = 40
TICK_SECONDS = 0.5


async def test_a_flood_of_made_up_keys_costs_little_and_disturbs_nobody(
    installation: Installation,
) -> None:
    known, late = installation.add_key(), installation.add_key()
    with installation.serve(LOG_LEVEL="DEBUG") as server:
        async with with_key(server.url("/hours"), known) as socket:
            await socket.recv()
            before = memory_mb(server)
            began_at = time.monotonic()
            flood = asyncio.create_task(attack(server))
            gaps = asyncio.create_task(longest_gap(socket, flood))
            await asyncio.sleep(1)
            asked_at = time.monotonic()
            async with with_key(server.url("/hours"), late) as newcomer:
                assert json.loads(await newcomer.recv())["metadata"]
            waited = time.monotonic() - asked_at
            answers = await flood
            seconds = time.monotonic() - began_at
            growth = memory_mb(server) - before
            longest = await gaps
    queries = len(re.findall("streams.lookups: Looked up", server.output))
    print(  # noqa: T201 - shown with -s
        f"{HANDSHAKES} in {seconds:.1f} s, {dict(answers)}, {queries} queries, "
        f"{growth:.1f} MB more, newcomer {waited:.2f} s, longest gap {longest:.2f} s"
    )
    assert set(answers) <= {401, 429}
    assert answers.total() == HANDSHAKES
    assert 0 < queries < HANDSHAKES / 5, "the database is asked in batches"
    assert growth < MAX_GROWTH_MB
    assert waited < 6
    assert longest < 4 * TICK_SECONDS + 2
    assert len(server.output.splitlines()) < HANDSHAKES, "the log does not grow with the flood"


async def attack(server: Server) -> Counter[int]:
    """The statuses of all handshakes, from many addresses of the loopback network."""
    numbers = iter(range(HANDSHAKES))
    answers: Counter[int] = Counter()

    async def attacker() -> None:
        for number in numbers:
            answers[await try_key(server, f"127.0.1.{number % ADDRESSES + 1}")] += 1

    await asyncio.gather(*(attacker() for _ in range(AT_ONCE)))
    return answers


async def try_key(server: Server, address: str) -> int:
    host, port = server.address.split(":")
    reader, writer = await asyncio.open_connection(host, int(port), local_addr=(address, 0))
    writer.write(
        f"GET /hours HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        f"X-API-Key: {generate_key().text}\r\n\r\n".encode()
    )
    answer = await reader.read()
    writer.close()
    return int(answer.split()[1])


async def longest_gap(socket: object, flood: asyncio.Task[Counter[int]]) -> float:
    """How long somebody who was connected before had to wait for a tick."""
    heard_at = [time.monotonic()]
    while not flood.done():
        await socket.recv()  # type: ignore[attr-defined]
        heard_at.append(time.monotonic())
    return max(later - sooner for sooner, later in itertools.pairwise(heard_at))


def memory_mb(server: Server) -> float:
    status = Path(f"/proc/{server.popen.pid}/status").read_text()
    match = re.search(r"VmRSS:\s+(\d+)", status)
    assert match
    return int(match[1]) / 1024
