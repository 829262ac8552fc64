"""Whose tasks may be looked at now: an upstream that hangs leaves lanes to the others.

The track flow asks before each look. Half of all lanes is shared out among the upstreams, each
upstream's part kept free for it whatever the others do; the other half goes to whoever comes.
Nobody waits in here: who gets no lane is told when to come back.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

from framegate.flows.turns import Line

BACK_WAIT_MS_MIN = 1_000


@dataclass(kw_only=True)
class Lanes:
    """All lanes that are taken right now, in this process."""

    count: int
    _taken: Counter[str] = field(default_factory=Counter)
    _lines: dict[str, Line] = field(default_factory=dict)

    def take(self, name: str, *, among: Collection[str], now_ms: int) -> int:
        """Take a lane for an upstream and answer 0, or take none and answer when to come back.

        among  every upstream that there is, this one too
        """
        if self._may_take(name, among):
            self._taken[name] += 1
            return 0
        line = self._lines.setdefault(name, Line())
        at_once = max(1, self._taken[name])
        return line.next_back_ms(at_once=at_once, wait_ms_min=BACK_WAIT_MS_MIN, now_ms=now_ms)

    def give_back(self, name: str, *, took_ms: int) -> None:
        """End a look that had a lane, and learn from how long it took."""
        self._taken[name] -= 1
        if line := self._lines.get(name):
            line.learn(took_ms)

    def _may_take(self, name: str, among: Collection[str]) -> bool:
        part = max(1, self.count // (2 * len(among)))
        if self._taken[name] < part:
            return True
        kept_free = sum(max(0, part - self._taken[other]) for other in among if other != name)
        return self._taken.total() + kept_free < self.count
