"""What the dashboard, the alert rules and the page about them name."""

from __future__ import annotations

import re

from tests.processes import ROOT


def names_by_file() -> dict[str, set[str]]:
    """Every metric of ours in the queries of docs/monitoring, and in docs/operations.md."""
    files = [*(ROOT / "docs/monitoring").iterdir(), ROOT / "docs/operations.md"]
    return {file.name: _names(file.read_text(encoding="utf-8")) for file in sorted(files)}


def _names(text: str) -> set[str]:
    return set(re.findall(r"\bstreams_[a-z_]+[a-z]\b", text))
