"""How often somebody may do something: so many times in each second."""


class Allowance:
    __slots__ = ("_began", "_left", "_per_second")

    def __init__(self, per_second: int) -> None:
        self._per_second = self._left = per_second
        self._began = 0.0

    def take(self, now: float) -> bool:
        """False when this second's are used up. `now` in seconds of any steady clock."""
        if now - self._began >= 1:
            self._began, self._left = now, self._per_second
        self._left -= 1
        return self._left >= 0
