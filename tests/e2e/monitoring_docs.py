"""What the dashboard, the alert rules and the page about them name."""

from __future__ import annotations

import re

from tests.processes import ROOT


def names_by_file() -> dict[str, set[str]]:
    """Every metric of ours in the queries of docs/monitoring, and in docs/operations.md."""
    files = [*(ROOT / "docs/monitoring").iterdir(), ROOT / "docs/operations.md"]
    return {file.name: _names(file.read_text(encoding="utf-8")) for file in sorted(files)}


def names_of_alerts() -> tuple[list[str], list[str]]:
    """In the rules, and in the page's table."""
    rules = (ROOT / "docs/monitoring/alerts.yml").read_text(encoding="utf-8")
    page = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    return re.findall(r"alert: (\w+)", rules), re.findall(r"^\| `(Streams\w+)` \|", page, re.M)


def _names(text: str) -> set[str]:
    return set(re.findall(r"\bstreams_[a-z_]+[a-z]\b", text))
