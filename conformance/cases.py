"""Runs Autobahn's cases against a server's URL and prints the results as JSON.

In a process of its own: kosoku changes the interpreter that it runs in.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from kosoku import FailureError, run_fuzzingclient
from kosoku.cases import CASES


def mend_compression_cases() -> None:
    """Version 0.1.0 hands messages to groups 12 and 13 as str, which then hash them as bytes."""
    cases: dict[str, Any] = CASES
    for name, case in cases.items():
        if name.partition(".")[0] in ("12", "13"):
            case.onMessage = _with_bytes(case.onMessage)


def _with_bytes(on_message: Any) -> Any:
    def wrapped(self: Any, message: str | bytes, binary: bool) -> None:
        if isinstance(message, str):
            message = message.encode("latin-1" if binary else "utf-8")
        on_message(self, message, binary)

    return wrapped


async def run(url: str, patterns: list[str]) -> list[dict[str, Any]]:
    try:
        results = await run_fuzzingclient(url, patterns)
    except FailureError as failure:
        results = failure.results
    return [
        {
            "case": result.case_id,
            "behavior": result.behavior.value,
            "close": result.behavior_close.value,
            "result": str(result.result),
            "milliseconds": result.duration,
        }
        for result in results
    ]


if __name__ == "__main__":
    mend_compression_cases()
    json.dump(asyncio.run(run(sys.argv[1], sys.argv[2:])), sys.stdout)
