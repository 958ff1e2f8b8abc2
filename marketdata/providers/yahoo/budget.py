"""The budget: how often Yahoo may be asked, one allowance for the whole cluster.

Quotes go first, and the first few hundred symbols before everything else. When there are so
many that they would take all, a fifth of the allowance stays for the slow facts. Symbols of which
no answer has come yet may cost a tenth of it in vain, for anybody can make them up.
"""

from __future__ import annotations

from marketdata.sharing import Bucket, SharedStore

FACTS_SHARE = 0.2
# Quotes that the next tick will ask for keep at most this part of the burst from the facts.
QUOTES_SHARE = 1 - FACTS_SHARE
NEWCOMERS_SHARE = 0.1
# Renewing a cookie in vain, again and again, must not keep the quotes waiting afterwards.
MAX_DEBT = 4


class Budget:
    """Token buckets in `store`; every call to Yahoo is paid for here, one token each."""

    def __init__(self, store: SharedStore, requests_per_second: float, burst: int) -> None:
        self._store = store
        self.requests_per_second = requests_per_second
        self.burst = burst
        self._all = Bucket("budget", requests_per_second, burst)
        self._facts = Bucket(
            "budget:facts", FACTS_SHARE * requests_per_second, max(1.0, FACTS_SHARE * burst)
        )
        self._newcomers = Bucket(
            "budget:newcomers",
            NEWCOMERS_SHARE * requests_per_second,
            max(1.0, NEWCOMERS_SHARE * burst),
        )
        self._kept_for_facts = int(FACTS_SHARE * burst)
        self._first_quote_calls = max(1, self._kept_for_facts)
        self._quote_calls = self._first_quote_calls

    @property
    def quote_calls_per_second(self) -> float:
        """How many calls for quotes a second there will always be tokens for."""
        return QUOTES_SHARE * self.requests_per_second

    @property
    def level(self) -> float:
        """Tokens at hand; below zero while a debt is paid back."""
        return self._store.level(self._all)

    def take_for_quotes(self, calls: int) -> int:
        """How many of these calls may be made now."""
        self._quote_calls = max(calls, self._first_quote_calls)
        first = min(calls, self._first_quote_calls)
        granted = self._store.take(self._all, first)
        if granted == first < calls:
            granted += self._store.take(self._all, calls - first, self._kept_for_facts)
        return granted

    def take_for_facts(self, calls: int) -> int:
        """How many of these calls may be made now, the next tick's quotes considered."""
        if calls <= 0:
            return 0
        kept = min(self._quote_calls, QUOTES_SHARE * self.burst) + self._kept_for_facts
        granted = self._store.take(self._all, calls, kept)
        if granted < calls:
            own = self._store.take(self._facts, calls - granted)
            granted += self._store.take(self._all, own)
        return granted

    def room_for_newcomers(self, calls: int) -> int:
        """How many of these calls about newcomers make sense: all, if none was in vain lately."""
        level = self._store.level(self._newcomers) if calls else 0
        return calls if level >= self._newcomers.burst else min(calls, max(0, int(level)))

    def take_for_newcomers(self, calls: int) -> int:
        """How many of these calls, paid for like all, may be in vain; the others are given back."""
        return self._store.take(self._newcomers, calls) if calls > 0 else 0

    def was_not_in_vain(self, calls: int) -> None:
        """So many of the calls about newcomers have found them."""
        if calls > 0:
            self._store.take(self._newcomers, -calls)

    def give_back(self, calls: int) -> None:
        """So many calls that were paid for are not made."""
        if calls > 0:
            self._store.take(self._all, -calls)

    def take_again(self, calls: int, *, quotes_first: bool = False) -> int:
        """How many of these calls may be made again."""
        kept = min(self._quote_calls, QUOTES_SHARE * self.burst) if quotes_first else 0
        return self._store.take(self._all, calls, kept) if calls > 0 else 0

    def owe(self) -> None:
        """Pay for a call that everything else waits for; a debt if need be."""
        self._store.take(self._all, 1, -float(min(MAX_DEBT, self.burst)))
