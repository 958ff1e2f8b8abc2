"""`make bench`: run the scenarios, print the tables, write them and a plot for the docs."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from statistics import median

from benchmarks import report
from benchmarks.contenders import (
    ALL,
    BROADCAST,
    CLIENT_CORE,
    OURS,
    PICOWS,
    ROOT,
    STOCK,
    UVICORN,
    Contender,
    Load,
    start,
)

Result = dict[str, float]

CLOSE = (OURS, PICOWS, UVICORN)

# Title, load, who takes part, how often; the median of the runs is taken. Once is enough for
# those that are not close.
SCENARIOS: list[tuple[str, Load, tuple[Contender, ...], int]] = [
    ("1,000 clients, 1 KB, one group, every second", Load(1000), ALL, 3),
    (
        "1,000 clients, 1 KB, 200 groups, every second",
        Load(1000, groups=200),
        (OURS, PICOWS, BROADCAST, UVICORN, STOCK),
        1,
    ),
    (
        "1,000 clients, 40 KB, one group, every second",
        Load(1000, size=40_960),
        (OURS, PICOWS, BROADCAST, UVICORN),
        1,
    ),
    (
        "5,000 clients, 1 KB, one group, every 5 seconds",
        Load(5000, interval=5.0, duration=30.0),
        (OURS, PICOWS, BROADCAST, UVICORN),
        1,
    ),
    (
        "10,000 clients, 1 KB, one group, every 5 seconds",
        Load(10_000, interval=5.0, duration=30.0),
        (OURS, PICOWS, BROADCAST),
        1,
    ),
    (
        "1,000 clients, 40 KB, one group, every second, and nobody stalled for a minute",
        Load(1000, size=40_960, duration=60.0),
        (OURS,),
        1,
    ),
    (
        "1,000 clients, 40 KB, one group, every second, and 50 that stall for a minute",
        Load(1000, size=40_960, duration=60.0, stalled=50),
        (OURS,),
        1,
    ),
    (
        "5,000 clients reconnecting at once",
        Load(5000, interval=5.0, duration=10.0, rate=0.0),
        (OURS, PICOWS, UVICORN),
        1,
    ),
]


def run(contender: Contender, load: Load) -> Result:
    with start(contender, load) as server:
        arguments = {
            "port": server.port,
            "pid": server.pid,
            "path": server.path,
            "first": server.first,
            "clients": load.clients,
            "groups": load.groups,
            "rate": load.rate,
            "stalled": load.stalled,
            "interval": load.interval,
            "duration": load.duration,
        }
        client = subprocess.run(
            [sys.executable, "-m", "benchmarks.load"]
            + [f"--{name}={value}" for name, value in arguments.items()],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            check=True,
            timeout=300,
            preexec_fn=lambda: os.sched_setaffinity(0, {CLIENT_CORE}),
        )
    result: Result = json.loads(client.stdout)
    return result


def run_median(contender: Contender, load: Load, times: int) -> Result:
    results = [run(contender, load) for _ in range(times)]
    return {name: median(result[name] for result in results) for name in results[0]}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--only", default="", help="run the scenarios whose title has this text")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md and .svg")
    options = parser.parse_args()
    tables = []
    for title, load, contenders, times in SCENARIOS:
        if options.only not in title:
            continue
        results = {}
        for contender in contenders:
            print(f"{title}: {contender.name} …", file=sys.stderr, flush=True)
            runs = times if contender in CLOSE else 1
            results[contender.name] = run_median(contender, load, runs)
        tables.append((title, results))
        print(report.make_table(title, results), flush=True)
    if options.write:
        report.write(ROOT / "docs", tables)


if __name__ == "__main__":
    main()
