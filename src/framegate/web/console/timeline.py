"""A task's life as a line of stages: which took how long, and how wide each is drawn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from framegate.domain.task import TERMINAL, TaskStatus

WIDTH = 1_000
WIDTH_MIN = 12
"""The narrowest stage, so that one of a few milliseconds is still seen."""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One line of a life, from when it began to when the next did; `width` in parts of WIDTH."""

    state: str
    at_ms: int
    after_s: float
    took_s: float | None  # None for the last: it has not ended, or nothing comes behind it.
    note: str
    operator_note: str
    left: int = 0
    width: int = 0


def stages(life: Sequence[Mapping[str, Any]], *, now_ms: int) -> list[Stage]:
    """Every line with its length; a task that is going on is drawn until `now_ms`.

    life     as `TaskDesk.one` answers it, oldest first
    """
    spans_ms = [_span_ms(life, place, now_ms) for place in range(len(life))]
    widths = _widths(spans_ms)
    found, left = [], 0
    for place, line in enumerate(life):
        is_last = place == len(life) - 1
        found.append(
            Stage(
                state=line["state"],
                at_ms=line["at"],
                after_s=line["after_s"],
                took_s=None if is_last else spans_ms[place] / 1_000,
                note=line["note"],
                operator_note=line.get("operator_note", ""),
                left=left,
                width=widths[place],
            )
        )
        left += widths[place]
    return found


def _span_ms(life: Sequence[Mapping[str, Any]], place: int, now_ms: int) -> int:
    line = life[place]
    if place < len(life) - 1:
        return max(0, int(life[place + 1]["at"]) - int(line["at"]))
    return 0 if TaskStatus(line["state"]) in TERMINAL else max(0, now_ms - int(line["at"]))


def _widths(spans_ms: Sequence[int]) -> list[int]:
    """Shares of WIDTH; none but an empty span is narrower than WIDTH_MIN."""
    total = sum(spans_ms)
    if not total:
        return [0] * len(spans_ms)
    wide = [max(WIDTH_MIN, span * WIDTH // total) if span else 0 for span in spans_ms]
    # What the narrow ones gained, the widest gives.
    wide[wide.index(max(wide))] -= sum(wide) - WIDTH
    return wide
