"""Every code that can be sent is explained, in the document for programs and in that for people."""

from __future__ import annotations

import re
from pathlib import Path

import streams
from streams import protocol
from streams.meanings import CLOSES, ERRORS, REFUSALS
from tests.processes import ROOT

SOURCES = "\n".join(
    path.read_text(encoding="utf-8") for path in Path(streams.__file__).parent.rglob("*.py")
)
PROTOCOL = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
# Of HTTP requests alone, which are no handshakes.
NO_HANDSHAKES = {"bad_request", "body_too_large"}


def test_every_error_is_explained() -> None:
    assert set(re.findall(r'ClientError\(\s*"(\w+)"', SOURCES)) == set(ERRORS)


def test_every_refusal_is_explained() -> None:
    raised = r'(?:Refused|OverLimit|unauthorized|unavailable|error_response|deny)\([^"()]*"(\w+)"'
    sent = set(re.findall(raised, SOURCES)) - NO_HANDSHAKES
    assert sent == {refusal.code for refusal in REFUSALS}


def test_every_close_code_is_explained() -> None:
    known = {value for name, value in vars(protocol).items() if name.startswith("CLOSE_")}
    assert known == {close.code for close in CLOSES}
    assert [close.code for close in CLOSES] == sorted(known)


def test_the_page_for_people_has_the_same_codes() -> None:
    rows = re.findall(r"^\| `?(\w+)`? \|(?: `(\w+)` \|)?", PROTOCOL, re.MULTILINE)
    firsts = {first for first, _ in rows}
    assert set(ERRORS) <= firsts
    assert {str(close.code) for close in CLOSES} <= firsts
    refused = {(status, code) for status, code in rows if code}
    assert {(str(refusal.status), refusal.code) for refusal in REFUSALS} == refused
