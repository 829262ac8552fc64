"""Whether a request may come in now: how many a minute a key and its account may send.

The web asks it once it knows who calls and what they may, before it reads a body (rule 33); every
request under a key counts, a query as much as a create. It is a token bucket: as many at once as
the limit says, then one as each is earned back. What it remembers is this process's alone and is
gone when it ends: several processes allow as much each.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from framegate.domain.ledger import Caller
from framegate.domain.limits import in_words
from framegate.errors import TooManyRequests

BUCKETS_MAX = 50_000
"""Keys and accounts that are remembered; beyond it, whoever was not seen for longest is full."""

MINUTE_US = 60_000_000
S_US = 1_000_000


@dataclass(kw_only=True)
class Admit:
    """The flow, with its buckets. Only who is known and has a limit has one."""

    clock_ms: Callable[[], int]
    # By id: when the bucket is full again, in microseconds. The longest unseen comes first.
    _full_at_us: dict[str, int] = field(default_factory=dict)

    def __call__(self, caller: Caller) -> None:
        """Count one request of a caller.

        raises   TooManyRequests, which counts nothing, with the wait until one would be taken
        """
        now_us = self.clock_ms() * 1_000
        asked = [
            (who.id, what, who.limits.requests_per_minute)
            for who, what in ((caller.key, "key"), (caller.account, "account"))
            if who.limits.requests_per_minute
        ]
        filled: dict[str, int] = {}
        refused: list[tuple[int, str]] = []
        for name, what, per_minute in asked:
            full_at_us = self._full_at_us.get(name, 0)
            if full_at_us > now_us + MINUTE_US:
                # The clock was set back: nobody is to be locked out until it is there again.
                full_at_us = self._full_at_us[name] = now_us + MINUTE_US
            filled[name] = max(full_at_us, now_us) + MINUTE_US // per_minute
            wait_us = filled[name] - now_us - MINUTE_US
            if wait_us > 0:
                words = f"the limit is {in_words(per_minute)} for this {what}"
                refused.append((wait_us, words))
        if refused:
            # Of two limits the one that takes longer: sooner would be refused again.
            wait_us, words = max(refused)
            raise TooManyRequests(f"too many requests: {words}", retry_after_s=-(-wait_us // S_US))
        for name, full_at_us in filled.items():
            self._full_at_us.pop(name, None)
            self._full_at_us[name] = full_at_us
            if len(self._full_at_us) > BUCKETS_MAX:
                del self._full_at_us[next(iter(self._full_at_us))]
