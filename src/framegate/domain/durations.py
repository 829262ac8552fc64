"""How long an upstream takes, as learned from its last videos, and when to look next.

The clip's seconds, its resolution and the upstream decide how long a task runs; some of the newest
times are kept for each and choose the moments at which asking is likely to bring news. Asking once
a second would bring the same news for ten times the requests.
"""

from bisect import bisect_right
from dataclasses import dataclass
from typing import NamedTuple

SAMPLES_MAX = 64
SAMPLES_MIN = 8
"""With fewer, the quantiles of so few would be a guess; age alone is one too, and a humbler one."""

LOOK_SHARE = 8
"""A look each time another eighth of the tasks like this one that still run would have ended. An
eighth of all of them would cost as many looks and find the long ones late: few are left by then."""

LOOK_WAIT_MS_MIN = 2_000
LOOK_WAIT_MS_MAX = 60_000
UNLEARNED_WAIT_MS_MIN = 3_000
# Beyond everything seen, a look each time the task has grown a quarter older.
AGE_SHARE = 4

SAFETY_PERMILLE = 950
"""An upstream that reports by itself is asked only when nineteen in twenty would have reported."""


REPORTED_WAIT_MS_MIN = 30_000
"""Nothing is learned yet of one that reports by itself: its news are trusted so long."""

EPOCH_MS = 600_000


class Sample(NamedTuple):
    """One time from ticket to end.

    epoch  in which EPOCH_MS the task began
    lot    drawn once for the task, whatever became of it
    """

    epoch: int
    lot: int
    took_ms: int


@dataclass(frozen=True)
class Durations:
    """Some of the newest times; of each epoch those with the smallest lots, newest epoch first."""

    samples: tuple[Sample, ...] = ()

    def noted(self, took_ms: int, *, began_ms: int, lot: int) -> "Durations":
        """With one more, and without the one that tells least where there are enough.

        The tasks of a burst begin together and end shortest first: the newest to end would be its
        longest alone. Lots that were drawn when they began choose evenly among them.
        """
        sample = Sample(began_ms // EPOCH_MS, lot, max(took_ms, 0))
        ordered = sorted((*self.samples, sample), key=lambda each: (-each.epoch, each.lot))
        return Durations(tuple(ordered[:SAMPLES_MAX]))

    @property
    def times_ms(self) -> list[int]:
        """The times alone, shortest first."""
        return sorted(sample.took_ms for sample in self.samples)

    @property
    def is_learned(self) -> bool:
        """Whether there are enough to be believed."""
        return len(self.samples) >= SAMPLES_MIN

    def at(self, permille: int) -> int:
        """The time within which so many of a thousand ended (nearest rank)."""
        ordered = self.times_ms
        rank = -(-len(ordered) * permille // 1_000)
        return ordered[max(rank, 1) - 1]


def next_look_ms(age_ms: int, durations: Durations, *, reports: bool) -> int:
    """How long to wait before a task of this age is looked at.

    age_ms   since its ticket
    reports  the upstream sends news by itself: looks are only the safety net
    returns  LOOK_WAIT_MS_MIN to LOOK_WAIT_MS_MAX, but the first look of an upstream that reports
             comes when most have reported
    """
    age_ms = max(age_ms, 0)  # Below 0: the clock was set back.
    if not durations.is_learned:
        return max(_by_age(age_ms), REPORTED_WAIT_MS_MIN) if reports else _by_age(age_ms)
    if reports:
        quiet_ms = durations.at(SAFETY_PERMILLE) - age_ms
        return max(quiet_ms, _by_age(age_ms))
    ordered = durations.times_ms
    longer = ordered[bisect_right(ordered, age_ms + LOOK_WAIT_MS_MIN) :]
    if not longer:
        return _by_age(age_ms)
    wait_ms = longer[(len(longer) - 1) // LOOK_SHARE] - age_ms
    # Failures are not learned from and come early: no task is left alone for longer than this.
    return min(wait_ms, LOOK_WAIT_MS_MAX)


def _by_age(age_ms: int) -> int:
    return min(max(age_ms // AGE_SHARE, UNLEARNED_WAIT_MS_MIN), LOOK_WAIT_MS_MAX)
