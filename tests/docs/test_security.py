"""docs/security.md: every test that it names as a proof is there."""

from __future__ import annotations

import re
from collections import Counter

from tests.processes import ROOT

NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def test_every_attack_names_tests_that_exist() -> None:
    page = (ROOT / "docs/security.md").read_text(encoding="utf-8")
    model = page[page.index("## Threat model") : page.index("### Not protected")]
    rows = [line for line in model.splitlines() if re.match(r"\| (?!attack|header|shared|-)", line)]
    assert len(rows) > 30
    assert [row for row in rows if not NAMED.search(row)] == []
    missing = [name for file, name in NAMED.findall(page) if not _has(file, name)]
    assert missing == []


def test_no_attack_is_listed_twice() -> None:
    page = (ROOT / "docs/security.md").read_text(encoding="utf-8")
    model = page[page.index("## Threat model") :]
    firsts = Counter(re.findall(r"^\| (?!attack|header|shared|-)([^|]+) \|", model, re.M))
    assert [text for text, number in firsts.items() if number > 1] == []


def _has(file: str, name: str) -> bool:
    path = ROOT / file
    definition = re.compile(rf"^(async )?def {name}\(", re.MULTILINE)
    return path.exists() and definition.search(path.read_text(encoding="utf-8")) is not None
