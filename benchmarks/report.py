"""The results as Markdown tables and as an SVG plot."""

from __future__ import annotations

import math
from pathlib import Path

Result = dict[str, float]
Table = tuple[str, dict[str, Result]]

COLUMNS = (
    ("CPU µs a message", "cpu_us_per_message", 1),
    ("spread p50 ms", "spread_p50_ms", 0),
    ("p99 ms", "spread_p99_ms", 0),
    ("last client ms", "last_client_ms", 0),
    ("KB a connection", "memory_kb_per_connection", 1),
    ("MB grown", "rss_growth_mb", 1),
    ("CPU µs a connect", "cpu_us_per_connect", 0),
    ("first data p99 ms", "first_data_p99_ms", 0),
    ("all connected s", "all_connected_s", 1),
)

BAR_HEIGHT, BAR_GAP, LABEL_WIDTH, PLOT_WIDTH = 22, 8, 230, 520

INTRODUCTION = """# Benchmarks

Made by `make bench`: each server in a process pinned to one core, the load client on another.
CPU is the server's, by the kernel's scheduler statistics, everything included: ticks, refresh,
encoding, idle work. The spread is the time from the first client's message of a tick to each
other client's. Timings depend on the machine; compare only what was measured in one run, and
look at the ratios. A dash: no whole tick fell into the time measured. Whether memory stays flat
while clients come and go is asked by `python -m benchmarks.soak`; how long a tick takes to the
clients of a whole cluster, through Celery and Redis, by `python -m benchmarks.cluster`.

![CPU per delivered message](benchmarks.svg)
"""


def make_table(title: str, results: dict[str, Result]) -> str:
    head = " | ".join(name for name, _, _ in COLUMNS)
    lines = [f"\n## {title}\n", f"| | {head} |", "|---|" + "---:|" * len(COLUMNS)]
    for name, result in results.items():
        cells = " | ".join(_number(result[key], decimals) for _, key, decimals in COLUMNS)
        lines.append(f"| {name} | {cells} |")
    return "\n".join(lines) + "\n"


def _number(value: float, decimals: int) -> str:
    """A dash where there was nothing to measure, as ticks in a storm of reconnects."""
    return "–" if math.isnan(value) else f"{value:,.{decimals}f}"


def write(folder: Path, tables: list[Table]) -> None:
    text = INTRODUCTION + "".join(make_table(title, results) for title, results in tables)
    (folder / "benchmarks.md").write_text(text)
    (folder / "benchmarks.svg").write_text(make_plot(*tables[0]))


def make_plot(title: str, results: dict[str, Result]) -> str:
    """Horizontal bars of the CPU time per message."""
    values = {name: result["cpu_us_per_message"] for name, result in results.items()}
    scale = PLOT_WIDTH / max(values.values())
    height = 50 + len(values) * (BAR_HEIGHT + BAR_GAP)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{LABEL_WIDTH + PLOT_WIDTH + 90}" '
        f'height="{height}" font-family="sans-serif" font-size="13">',
        f'<text x="0" y="18" font-size="15">CPU µs per delivered message: {title}</text>',
    ]
    for row, (name, value) in enumerate(values.items()):
        y = 36 + row * (BAR_HEIGHT + BAR_GAP)
        color = "#0b6e5b" if row == 0 else "#9aa5b1"
        width = max(1.0, value * scale)
        lines += [
            f'<text x="{LABEL_WIDTH - 8}" y="{y + 15}" text-anchor="end">{name}</text>',
            f'<rect x="{LABEL_WIDTH}" y="{y}" width="{width:.1f}" height="{BAR_HEIGHT}" '
            f'fill="{color}"/>',
            f'<text x="{LABEL_WIDTH + width + 6:.1f}" y="{y + 15}">{value:.1f}</text>',
        ]
    return "\n".join([*lines, "</svg>"]) + "\n"
