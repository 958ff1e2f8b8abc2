"""`make conformance`: Autobahn's cases against `manage.py serve` and a server to compare with.

Fails when a case fails. With `--write` the tables go into docs/conformance.md.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Final

from conformance.report import BEGIN, END, GROUPS, Results, render
from conformance.servers import CONTROL, OURS, running

RUN_SECONDS: Final = 1800
REPORT: Final = Path(__file__).resolve().parent.parent / "docs" / "conformance.md"


def run_cases(server: tuple[str, ...], patterns: list[str]) -> Results:
    """In a process of their own, because the harness changes the interpreter that it runs in."""
    with running(server) as url:
        done = subprocess.run(
            [sys.executable, "-m", "conformance.cases", url, *patterns],
            stdout=subprocess.PIPE,
            timeout=RUN_SECONDS,
            check=True,
        )
    results: Results = json.loads(done.stdout)
    return results


def main() -> None:
    parser = argparse.ArgumentParser(prog="make conformance", description=__doc__)
    parser.add_argument("--write", action="store_true", help="put the tables into the report")
    parser.add_argument("cases", nargs="*", default=[f"{group}.*" for group in GROUPS])
    options = parser.parse_args()
    ours, control = (run_cases(server, options.cases) for server in (OURS, CONTROL))
    tables = render(ours, control)
    sys.stdout.write(tables)
    if options.write:
        before, _, rest = REPORT.read_text().partition(BEGIN)
        REPORT.write_text(before + BEGIN + tables + END + rest.partition(END)[2])
    sys.exit(any(result["behavior"] == "FAILED" for result in ours))


if __name__ == "__main__":
    main()
