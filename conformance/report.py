"""The tables of docs/conformance.md, from the results of the cases."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

Results = list[dict[str, Any]]

GROUPS: Final = {
    "1": "framing",
    "2": "pings and pongs",
    "3": "reserved bits",
    "4": "opcodes",
    "5": "fragmentation",
    "6": "UTF-8",
    "7": "closing",
    "9": "large messages, limits",
    "10": "fragments of the sender's choice",
    "12": "compression: sizes and contents",
    "13": "compression: what is agreed on",
}
VERDICTS: Final = ("OK", "NON-STRICT", "INFORMATIONAL", "UNIMPLEMENTED", "FAILED")
BEGIN, END = "<!-- tables -->\n", "<!-- end of tables -->\n"


def render(ours: Results, control: Results) -> str:
    return f"{_render_groups(ours, control)}\n{_render_exceptions(ours, control)}"


def _render_groups(ours: Results, control: Results) -> str:
    lines = ["| group | cases | ours | `websockets` |", "|---|---|---|---|"]
    for group, title in GROUPS.items():
        in_group = [result for result in ours if _group(result) == group]
        others = [result for result in control if _group(result) == group]
        lines.append(
            f"| {group} {title} | {len(in_group)} | {_count(in_group)} | {_count(others)} |"
        )
    lines.append(f"| all | {len(ours)} | {_count(ours)} | {_count(control)} |")
    return "\n".join(lines) + "\n"


def _render_exceptions(ours: Results, control: Results) -> str:
    """Every case that either of them does not simply pass."""
    theirs = {result["case"]: _verdict(result) for result in control}
    by_verdicts: dict[tuple[str, str], list[str]] = {}
    for result in ours:
        verdicts = _verdict(result), theirs.get(result["case"], "–")
        if verdicts != ("OK", "OK"):
            by_verdicts.setdefault(verdicts, []).append(result["case"])
    lines = ["| cases | ours | `websockets` |", "|---|---|---|"]
    for (our, their), cases in by_verdicts.items():
        lines.append(f"| {', '.join(_shorten(cases))} | {our} | {their} |")
    return "\n".join(lines) + "\n"


def _shorten(cases: list[str]) -> list[str]:
    """Whole subgroups, of 18 cases in groups 12 and 13, by one name."""
    subgroups = Counter(case.rpartition(".")[0] for case in cases)
    whole = [name for name, count in subgroups.items() if count == 18]
    rest = [case for case in cases if case.rpartition(".")[0] not in whole]
    return [*rest, *(f"all of {name}" for name in whole)]


def _count(results: Results) -> str:
    counts = Counter(map(_verdict, results))
    return ", ".join(f"{counts[verdict]} {verdict}" for verdict in VERDICTS if counts[verdict])


def _verdict(result: dict[str, Any]) -> str:
    """Of a case's exchange, unless its end is worse."""
    verdicts = (result["behavior"], result["close"])
    known = [VERDICTS.index(each) if each in VERDICTS else len(VERDICTS) - 1 for each in verdicts]
    return VERDICTS[max(known)]


def _group(result: dict[str, Any]) -> str:
    return str(result["case"]).partition(".")[0]
