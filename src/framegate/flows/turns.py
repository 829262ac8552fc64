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
class _Line:
    """Who waits behind one name: how long an attempt takes, and when the last one is back."""

    took_ms: int = TOOK_MS_GUESS
    last_back_ms: int = 0


@dataclass(kw_only=True)
class Turns:
    """All turns that are taken right now, in this process."""

    per_host_max: int
    per_account_max: int
    wait_ms_min: int
    _hosts: Counter[str] = field(default_factory=Counter)
    _accounts: Counter[str] = field(default_factory=Counter)
    _lines: dict[str, _Line] = field(default_factory=dict)

    def take(self, host: str, account_id: str, *, now_ms: int) -> int:
        """Take a turn and answer 0, or take none and answer when to come back.

        Those who come back do so one after another, as fast as the host has been answering: a
        thousand who all asked again each second would cost everybody else the database.
        """
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
                line.took_ms = (line.took_ms + took_ms) // 2
        if len(self._lines) > LINES_MAX:
            # A line whose last one is back is empty.
            self._lines = {
                name: line for name, line in self._lines.items() if line.last_back_ms > now_ms
            }

    def _back_ms(self, name: str, at_once: int, now_ms: int) -> int:
        line = self._lines.setdefault(name, _Line())
        in_line_ms = line.last_back_ms + line.took_ms // at_once
        line.last_back_ms = max(now_ms + self.wait_ms_min, min(in_line_ms, now_ms + WAIT_MS_MAX))
        return line.last_back_ms
