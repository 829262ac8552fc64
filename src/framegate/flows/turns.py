"""Whose turn it is: how many deliveries may be on their way to one host, and of one account.

The deliver flow asks before each attempt. Nobody waits in here: who has no turn is told when to
come back, so that a receiver that hangs keeps its own deliveries waiting and none of the others.
"""

from collections import Counter
from dataclasses import dataclass, field

WAIT_MS_MAX = 30_000
# Before the first attempt has ended; then half of it is the newest attempt, half what was before.
TOOK_MS_GUESS = 1_000
LINES_MAX = 1_000


@dataclass
class Line:
    """Who waits behind one name: how long one of them takes, and when the last one is back.

    Those who come back do so one after another, as fast as the name has been answering: a thousand
    who all asked again each second would cost everybody else the database.
    """

    took_ms: int = TOOK_MS_GUESS
    last_back_ms: int = 0

    def next_back_ms(self, *, at_once: int, wait_ms_min: int, now_ms: int) -> int:
        """When one more should come back, of those of whom so many are let in at once."""
        in_line_ms = self.last_back_ms + self.took_ms // at_once
        self.last_back_ms = max(now_ms + wait_ms_min, min(in_line_ms, now_ms + WAIT_MS_MAX))
        return self.last_back_ms

    def learn(self, took_ms: int) -> None:
        """One of them took so long."""
        self.took_ms = (self.took_ms + took_ms) // 2


@dataclass(kw_only=True)
class Turns:
    """All turns that are taken right now, in this process."""

    per_host_max: int
    per_account_max: int
    wait_ms_min: int
    _hosts: Counter[str] = field(default_factory=Counter)
    _accounts: Counter[str] = field(default_factory=Counter)
    _lines: dict[str, Line] = field(default_factory=dict)

    def take(self, host: str, account_id: str, *, now_ms: int) -> int:
        """Take a turn and answer 0, or take none and answer when to come back."""
        if self._hosts[host] >= self.per_host_max:
            return self._back_ms(host, self.per_host_max, now_ms)
        if self._accounts[account_id] >= self.per_account_max:
            return self._back_ms(account_id, self.per_account_max, now_ms)
        self._hosts[host] += 1
        self._accounts[account_id] += 1
        return 0

    def give_back(self, host: str, account_id: str, *, took_ms: int, now_ms: int) -> None:
        """End a turn that was taken, and learn from how long it took."""
        for taken, name in ((self._hosts, host), (self._accounts, account_id)):
            taken[name] -= 1
            if not taken[name]:
                del taken[name]
            if line := self._lines.get(name):
                line.learn(took_ms)
        if len(self._lines) > LINES_MAX:
            # A line whose last one is back is empty.
            self._lines = {
                name: line for name, line in self._lines.items() if line.last_back_ms > now_ms
            }

    def _back_ms(self, name: str, at_once: int, now_ms: int) -> int:
        line = self._lines.setdefault(name, Line())
        return line.next_back_ms(at_once=at_once, wait_ms_min=self.wait_ms_min, now_ms=now_ms)
