"""What this process counted since it started: creates at upstreams, renders, and refusals.

Rows say what became of tasks; how long an upstream took to answer, and who was sent away, stands in
no row. Flows and the edge note it here, and `/metrics` shows it. Used on one event loop; a restart
begins at zero, as counters may.
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Literal

from framegate.domain.upstream import Refused, SubmitAnswer, Ticket, Uncertain, Unreachable
from framegate.errors import Refusal

# A good create takes a tenth of a second, a bad one the whole of `submit_wait_s`.
CREATE_MS_BOUNDS = (50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000)
RENDER_MS_BOUNDS = (1_000, 2_500, 5_000, 10_000, 20_000, 40_000, 80_000, 160_000, 320_000, 640_000)

Outcome = Literal["taken", "refused", "unreachable", "uncertain"]
OUTCOMES: tuple[Outcome, ...] = ("taken", "refused", "unreachable", "uncertain")


@dataclass
class Spread:
    """How long something took: a count for each bound, the last one for what is beyond all."""

    bounds_ms: tuple[int, ...]
    total_ms: int = 0
    counts: list[int] = field(init=False)

    def __post_init__(self) -> None:
        """Begin with nothing."""
        self.counts = [0] * (len(self.bounds_ms) + 1)

    def note(self, took_ms: int) -> None:
        """Count one; a clock that was set back makes it 0."""
        took_ms = max(took_ms, 0)
        self.counts[bisect_left(self.bounds_ms, took_ms)] += 1
        self.total_ms += took_ms


@dataclass
class Tally:
    """The counts of one process."""

    creates: Counter[tuple[str, Outcome]] = field(default_factory=Counter)
    create_times: defaultdict[str, Spread] = field(
        default_factory=lambda: defaultdict(lambda: Spread(CREATE_MS_BOUNDS))
    )
    render_times: Spread = field(default_factory=lambda: Spread(RENDER_MS_BOUNDS))
    refusals: Counter[str] = field(default_factory=Counter)

    def note_create(self, upstream: str, answer: SubmitAnswer, took_ms: int) -> None:
        """One order was sent to an upstream, and this came of it."""
        self.creates[upstream, _outcome(answer)] += 1
        self.create_times[upstream].note(took_ms)

    def note_render(self, took_ms: int) -> None:
        """One run of the embedded renderer ended, with or without a video."""
        self.render_times.note(took_ms)

    def note_refusal(self, refusal: Refusal) -> None:
        """One request was answered with an error, ours or the caller's."""
        self.refusals[refusal.slug] += 1


def _outcome(answer: SubmitAnswer) -> Outcome:
    match answer:
        case Ticket():
            return "taken"
        case Refused():
            return "refused"
        case Unreachable():
            return "unreachable"
        case Uncertain():
            return "uncertain"
