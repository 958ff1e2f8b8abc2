"""The tables of the benchmarks, as `make bench` writes them."""

from __future__ import annotations

import math

from benchmarks.report import COLUMNS, INTRODUCTION, make_table
from tests.processes import ROOT


def test_what_was_not_measured_is_a_dash() -> None:
    result = {key: 1234.5 for _, key, _ in COLUMNS} | {"spread_p50_ms": math.nan}
    cells = make_table("Reconnects", {"Ours": result}).splitlines()[-1].split(" | ")
    assert cells[:3] == ["| Ours", "1,234.5", "–"]


def test_the_page_is_what_the_generator_writes() -> None:
    page = (ROOT / "docs" / "benchmarks.md").read_text()
    assert page.startswith(INTRODUCTION)
    assert "nan" not in page.split()
