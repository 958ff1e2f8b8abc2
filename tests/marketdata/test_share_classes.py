"""A class of shares is found under the name that was asked for; an exchange's letter is none."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from marketdata.domain.quote import SimpleQuote
from marketdata.errors import ProviderUnavailable
from marketdata.providers.base import Batch
from marketdata.share_classes import ask_dashed, dashed


@pytest.mark.parametrize(
    ("symbol", "name"),
    [
        ("BRK.B", "BRK-B"),
        ("BF.A", "BF-A"),
        ("HEI.A", "HEI-A"),
        ("BRK-B", "BRK-B"),
        ("RIO.L", "RIO.L"),
        ("7203.T", "7203.T"),
        ("BMW.F", "BMW.F"),
        ("ABC.V", "ABC.V"),
        ("SAP.DE", "SAP.DE"),
        ("^J203.JO", "^J203.JO"),
        ("A.B.C", "A.B.C"),
        ("AAPL", "AAPL"),
    ],
)
def test_only_a_letter_of_no_exchange_is_a_class(symbol: str, name: str) -> None:
    assert dashed(symbol) == name


def test_both_names_are_asked_for_once_and_answered_both() -> None:
    asked: list[Sequence[str]] = []

    def ask(names: Sequence[str]) -> Batch[SimpleQuote]:
        asked.append(names)
        return Batch(
            {"BRK-B": SimpleQuote(symbol="BRK-B", name="Berkshire")},
            {"BF-B": ProviderUnavailable("down")},
            frozenset({"MOG-A"}),
        )

    batch = ask_dashed(ask, ["BRK.B", "BRK-B", "BF.B", "MOG.A", "NO.E"])
    assert asked == [["BRK-B", "BF-B", "MOG-A", "NO-E"]]
    assert {s: quote.symbol for s, quote in batch.found.items()} == {
        "BRK.B": "BRK.B",
        "BRK-B": "BRK-B",
    }
    assert (set(batch.failed), batch.skipped) == ({"BF.B"}, {"MOG.A"})


def test_without_classes_nothing_is_rewritten() -> None:
    answer: Batch[tuple[str, ...]] = Batch({"AAPL": ("MSFT",)})
    assert ask_dashed(lambda names: answer, ("AAPL", "RIO.L")) is answer
