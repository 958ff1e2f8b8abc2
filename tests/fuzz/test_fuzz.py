"""Every target holds its promises: for the corpus, and for a second of new inputs each."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from tests.fuzz.__main__ import CORPUS, fuzz
from tests.fuzz.targets import TARGETS, read_corpus


def test_every_target_has_a_corpus() -> None:
    assert {path.name for path in CORPUS.iterdir()} == set(TARGETS)


@pytest.mark.parametrize("name", TARGETS)
def test_what_was_thought_of_or_found_holds(name: str) -> None:
    for data in read_corpus(CORPUS / name):
        TARGETS[name](data)
        # Cut short and run together, too.
        for cut in range(0, len(data), max(1, len(data) // 50)):
            TARGETS[name](data[:cut])
        TARGETS[name](data + data)


@pytest.mark.skipif(find_spec("atheris") is None, reason="atheris has no wheel for this system")
@pytest.mark.parametrize("name", TARGETS)
def test_a_second_of_fuzzing_finds_nothing(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert fuzz(name, 1), capsys.readouterr().out
