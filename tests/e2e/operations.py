"""What those who run the service ask of it, over plain HTTP."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from http.client import HTTPConnection
from typing import Any, NamedTuple

from prometheus_client.parser import text_string_to_metric_families

from tests.processes import Server

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


class Answer(NamedTuple):
    """Of an HTTP request; the header names are lower case."""

    status: int
    headers: dict[str, str]
    body: str

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def fetch(server: Server, path: str, method: str = "GET", **headers: str) -> Answer:
    """One request on a connection of its own; `_` in header names stands for `-`."""
    host, _, port = server.address.rpartition(":")
    connection = HTTPConnection(host, int(port), timeout=60)
    try:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, headers=named)
        response = connection.getresponse()
        lowered = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, lowered, response.read().decode())
    finally:
        connection.close()


def scrape(server: Server, query: str = "", **headers: str) -> Samples:
    """Every sample of /metrics, as Prometheus's own parser reads it."""
    answer = fetch(server, f"/metrics{query}", **headers)
    assert answer.status == 200, answer
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.body)
        for sample in family.samples
    }


def total(samples: Samples, name: str, **labels: str) -> float:
    """The sum of a metric's samples that have these labels; fails when there is none."""
    wanted = set(labels.items())
    found = [value for (n, has), value in samples.items() if n == name and wanted <= has]
    assert found, f"no {name} with {labels}"
    return sum(found)


async def until_ready(server: Server, *, is_ready: bool = True, seconds: float = 60) -> Any:
    """What /readyz says once it says that; fails when it does not in time."""
    expected = 200 if is_ready else 503
    return (
        await eventually(
            lambda: fetch(server, "/readyz"), lambda answer: answer.status == expected, seconds
        )
    ).json


async def eventually(
    ask: Callable[[], Any], is_right: Callable[[Any], bool], seconds: float = 60
) -> Any:
    """The first right answer."""
    deadline = time.monotonic() + seconds
    while not is_right(answer := await asyncio.to_thread(ask)):
        assert time.monotonic() < deadline, f"in {seconds} s only {answer}"
        await asyncio.sleep(0.05)
    return answer
