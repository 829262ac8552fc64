"""How an upstream fares, and whether it may be given an order: its breaker and its rest.

The pool reads it before it chooses and writes it after every answer. Nothing here knows an order,
a database or a clock. A breaker opens when the upstream refuses our account (contract rule 83) or
stays silent several times in a row; after a wait it lets one probe through.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

FAILURES_MAX = 5
"""In a row: the breaker opens. One lost answer says nothing about the next."""

OPEN_MS_MIN = 5_000
OPEN_MS_MAX = 300_000
BLAMED_MS_MIN = 60_000
"""A key or an empty package is mended by a person: asking every few seconds helps nobody."""

PROBE_WAIT_MS = 15_000
"""A probe without news by then counts as lost: the process that sent it may have been killed. Where
it is only slow that costs little: the next probe is another order, and before it is sent the
upstream is asked again whether it is well. A longer wait would keep a healthy upstream closed for
all of it, after every kill during a probe."""

KEPT_WAIT_MS = 10_000
"""Good news is written down this often; every create would otherwise write the same row."""

ERROR_CHARACTERS_MAX = 500
LATENCY_SHARE = 8  # A new latency counts one eighth against those before it.


class Breaker(StrEnum):
    """Closed lets orders through; open does not; half-open has one probe on its way."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


@dataclass(frozen=True, kw_only=True)
class Health:
    """What is known of one upstream. Times are Unix milliseconds, 0 for never."""

    name: str
    breaker: Breaker = Breaker.CLOSED
    failures: int = 0  # In a row.
    opens: int = 0  # In a row: each doubles the next wait.
    retry_ms: int = 0  # Open: when a probe may go. Half-open: when the probe counts as lost.
    rest_ms: int = 0  # Its slots were full: others come first until then.
    latency_ms: int = 0  # Of a create, smoothed.
    last_good_ms: int = 0
    last_bad_ms: int = 0
    last_error: str = ""
    paused_ms: int = 0  # By the operator; no news of the upstream changes it.

    @property
    def is_paused(self) -> bool:
        """Whether the operator wants no new orders to go there."""
        return self.paused_ms > 0

    def admits(self, now_ms: int) -> bool:
        """Whether an order may be sent to it now, if only as the probe.

        No wait is longer than OPEN_MS_MAX: the clock was set back since it began.
        """
        wait_ms = self.retry_ms - now_ms
        is_well = self.breaker is Breaker.CLOSED or not 0 < wait_ms <= OPEN_MS_MAX
        return is_well and not self.is_paused

    def is_resting(self, now_ms: int) -> bool:
        """Whether it said a moment ago that it has no room."""
        return now_ms < self.rest_ms

    def probed(self, now_ms: int) -> "Health":
        """One order is on its way as a probe: no other until there is news of it."""
        return replace(self, breaker=Breaker.HALF_OPEN, retry_ms=now_ms + PROBE_WAIT_MS)

    def after_good(self, *, took_ms: int | None, now_ms: int) -> "Health":
        """It answered as it should; `took_ms` is None where no create was timed."""
        latency_ms = self.latency_ms
        if took_ms is not None:
            known = latency_ms or took_ms
            latency_ms = known + (took_ms - known) // LATENCY_SHARE
        return replace(
            self,
            breaker=Breaker.CLOSED,
            failures=0,
            opens=0,
            retry_ms=0,
            latency_ms=latency_ms,
            last_good_ms=now_ms,
        )

    def after_full(self, *, rest_s: int, now_ms: int) -> "Health":
        """It answered that it has no room: alive, and better left alone for a moment."""
        return replace(
            self.after_good(took_ms=None, now_ms=now_ms), rest_ms=now_ms + rest_s * 1_000
        )

    def after_bad(self, error: str, *, now_ms: int) -> "Health":
        """No answer, or none that can be read."""
        bad = _with_failure(self, error, now_ms)
        is_to_open = bad.failures >= FAILURES_MAX or self.breaker is not Breaker.CLOSED
        return _opened(bad, OPEN_MS_MIN, now_ms) if is_to_open else bad

    def after_blame(self, error: str, *, now_ms: int) -> "Health":
        """It refuses our own account: no order will be taken until a person mends that."""
        return _opened(_with_failure(self, error, now_ms), BLAMED_MS_MIN, now_ms)

    def is_worth_keeping(self, before: "Health") -> bool:
        """Whether the change is news, or old enough good news."""
        same = replace(self, latency_ms=before.latency_ms, last_good_ms=before.last_good_ms)
        return same != before or self.last_good_ms - before.last_good_ms >= KEPT_WAIT_MS


def _with_failure(health: Health, error: str, now_ms: int) -> Health:
    return replace(
        health,
        failures=health.failures + 1,
        last_bad_ms=now_ms,
        last_error=error[:ERROR_CHARACTERS_MAX],
    )


def _opened(health: Health, wait_ms_min: int, now_ms: int) -> Health:
    if not health.admits(now_ms) and health.breaker is Breaker.OPEN:
        return health  # An order that was on its way before says nothing new.
    wait_ms = min(OPEN_MS_MIN * 2 ** min(health.opens, 16), OPEN_MS_MAX)
    return replace(
        health,
        breaker=Breaker.OPEN,
        opens=health.opens + 1,
        retry_ms=now_ms + max(wait_ms, wait_ms_min),
    )
