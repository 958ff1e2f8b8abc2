"""The state of the source: judged by answers, shared, and said once for each change."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from marketdata.errors import (
    AuthenticationFailed,
    BudgetSpent,
    DeadlineExceeded,
    MalformedAnswer,
    NotFound,
    ProviderError,
    ProviderUnavailable,
    RateLimited,
    SourcePaused,
    SourceRefuses,
    Unreachable,
)
from marketdata.providers.base import Batch
from marketdata.sharing import MemoryStore
from streams.source_state import (
    OK,
    SourceState,
    SourceWatch,
    Verdict,
    judge_answer,
    judge_error,
    show,
)

NOW = 1_800_000_000.0
LOST = Verdict("down", "unreachable", "no route")
PAUSED = Verdict("paused", "paused", "not asked after failures")


def watch(store: MemoryStore | None = None) -> SourceWatch:
    return SourceWatch(store or MemoryStore(), tick_seconds=5.0)


@pytest.mark.parametrize(
    ("error", "state", "reason"),
    [
        (ProviderUnavailable("answered 500"), "down", "errors"),
        (Unreachable("no route"), "down", "unreachable"),
        (SourceRefuses("answered 403"), "down", "refused"),
        (DeadlineExceeded("late"), "down", "timeout"),
        (AuthenticationFailed("no crumb"), "down", "authentication"),
        (MalformedAnswer("no list"), "down", "invalid_answers"),
        (RateLimited("too many"), "paused", "rate_limited"),
        (SourcePaused("after failures"), "paused", "paused"),
        (KeyError("bug"), "down", "internal"),
    ],
)
def test_an_error_says_what_is_wrong(error: Exception, state: str, reason: str) -> None:
    verdict = judge_error(error)
    assert verdict
    assert (verdict.state, verdict.reason) == (state, reason)


def test_who_waits_for_a_turn_says_nothing_of_the_source() -> None:
    assert judge_error(BudgetSpent("spent")) is None
    assert judge_answer(Batch(skipped=["A", "B"])) is None
    assert judge_answer(Batch({"A": 1}, skipped=["A", "B"])) is None
    assert judge_answer(Batch(failed={"A": BudgetSpent("spent")})) is None
    assert judge_answer(Batch()) is None  # unknown symbols, perhaps remembered as such


@pytest.mark.parametrize(
    "answer",
    [
        (),
        Batch({"A": 1}),
        Batch({"A": 1}, skipped=["B"]),
        Batch({"A": 1}, {"B": NotFound("no such")}),
        Batch({"A": 1, "B": 1}, {"C": ProviderUnavailable("one symbol")}),
    ],
)
def test_an_answer_says_that_all_is_well(answer: object) -> None:
    assert judge_answer(answer) == OK


def test_a_batch_that_failed_says_so_by_what_most_failed_with() -> None:
    errors: dict[str, ProviderError] = {
        "A": ProviderUnavailable("answered 500"),
        "B": Unreachable("no route"),
        "C": Unreachable("no route"),
    }
    assert judge_answer(Batch(failed=errors)) == LOST
    assert judge_answer(Batch({"D": 1, "E": 1}, errors)) == Verdict(
        "degraded", "unreachable", "failed symbols: 3, B with: no route"
    )


def test_the_time_of_a_change_stays_while_the_state_does(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO", logger="streams")
    source = watch()
    source.note({"quotes": OK, "news": OK}, NOW)
    for tick in range(1, 4):
        source.note({"quotes": LOST if tick == 1 else PAUSED, "news": OK}, NOW + 5 * tick)
    down = source.get()
    assert (down.state, down.reason, down.since) == ("down", "unreachable", NOW + 5)
    quotes = down.kinds["quotes"]
    assert (quotes.state, quotes.cause, quotes.since) == ("down", "no route", NOW + 5)
    source.note({"quotes": OK}, NOW + 48)
    assert (source.get().state, source.get().since) == ("ok", NOW + 48)
    assert [record.getMessage() for record in caplog.records] == [
        "Quotes cannot be had: no route",
        "Quotes are back after 43 s",
    ]


def test_nothing_is_back_while_nothing_was_fetched(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="streams")
    source = watch()
    source.note({"details": LOST}, NOW)
    for answer in (Batch(), Batch(skipped=["A"]), Batch({"A": 1}, skipped=["A"])):
        source.note({"details": judge_answer(answer)}, NOW + 5)
    assert source.get().kinds["details"].state == "down"
    assert [record.getMessage() for record in caplog.records] == ["Details cannot be had: no route"]


def test_what_was_well_stays_so_while_kept_facts_will_do() -> None:
    source = watch()
    source.note({"details": OK}, NOW)
    for tick in range(1, 40):
        source.note({"details": None, "news": None}, NOW + 5 * tick)
    assert source.get().kinds["details"].since == NOW
    assert "news" not in source.get().kinds


def test_other_kinds_than_quotes_degrade_it() -> None:
    source = watch()
    source.note({"quotes": OK, "movers": LOST}, NOW)
    assert (source.get().state, source.get().reason) == ("degraded", "unreachable")
    source.note({"quotes": Verdict("degraded", "timeout", "late"), "movers": LOST}, NOW + 5)
    assert (source.get().state, source.get().since) == ("degraded", NOW)
    source.note({"quotes": Verdict("paused", "rate_limited", "too many")}, NOW + 10)
    assert (source.get().state, source.get().since) == ("paused", NOW + 10)


def test_the_processes_of_a_cluster_know_the_same_also_after_a_takeover(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO", logger="streams")
    store = MemoryStore()
    worker, web = watch(store), watch(store)
    worker.note({"quotes": LOST}, NOW)
    assert web.refresh(NOW + 1).state == "down"
    web.note({"quotes": PAUSED}, NOW + 8)
    assert web.get().since == NOW
    assert worker.refresh(NOW + 9).kinds["quotes"].seen_at == NOW + 8
    assert len(caplog.records) == 1


def test_without_the_others_a_process_goes_on_from_what_it_knew() -> None:
    class Lost(MemoryStore):
        is_lost = False

        def get_many(self, keys: object) -> dict[str, bytes]:
            return {} if self.is_lost else dict(super().get_many(keys))  # type: ignore[arg-type]

    store = Lost()
    watch(store).note({"quotes": LOST}, NOW)
    web = watch(store)
    web.refresh(NOW + 1)
    store.is_lost = True
    web.note({"quotes": PAUSED}, NOW + 5)
    assert (web.get().state, web.get().since) == ("down", NOW)


def test_what_nobody_asks_for_any_more_has_no_state() -> None:
    source = watch()
    source.note({"movers": LOST}, NOW)
    assert source.refresh(NOW + 59).state == "degraded"
    after = source.refresh(NOW + 61)
    assert (after.state, after.kinds, after.since) == ("ok", {}, NOW + 61)


def test_what_another_release_wrote_is_no_reason_to_fail() -> None:
    store = MemoryStore()
    store.put("state", b'{"state": "splendid"}', 60)
    assert watch(store).refresh(NOW).state == "ok"


def test_a_source_that_changes_its_mind_does_not_fill_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    source = watch()
    for tick in range(20):
        reason = ["timeout", "errors"][tick % 2]
        source.note({"quotes": Verdict("down", reason, reason)}, NOW + tick)
    assert [record.getMessage() for record in caplog.records] == ["Quotes cannot be had: timeout"]


def test_it_is_shown_without_the_cause() -> None:
    source = watch()
    source.note({"quotes": LOST}, NOW)
    shown = show("yahoo", source.get(), is_simulated=False)
    assert (shown.name, shown.simulated, shown.state) == ("yahoo", False, "down")
    assert shown.since == datetime(2027, 1, 15, 8, 0, tzinfo=UTC)
    assert (shown.kinds["quotes"].reason, shown.kinds["quotes"].state) == ("unreachable", "down")
    assert show("simulated", SourceState(), is_simulated=True).reason is None
