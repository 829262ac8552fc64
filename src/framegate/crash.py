"""Named places where a test lets this process die, as a power cut would end it.

`FRAMEGATE_CRASH_AT=name[:n]` names one, and the n-th time that it is reached ends the process with
SIGKILL: no handler runs and nothing is flushed. It is honoured only beside
`FRAMEGATE_TEST_BUILD=1`, and refused at start otherwise: nobody shall leave it behind. Any floor
may call `at`; off, it is one comparison.
"""

import itertools
import os
import signal
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from framegate.errors import SettingsInvalid

CRASH_AT = "FRAMEGATE_CRASH_AT"
TEST_BUILD = "FRAMEGATE_TEST_BUILD"

Point = Literal[
    "submit.body",  # The body is read; nothing is kept.
    "begin.before",
    "begin.inside",
    "begin.after",
    "send.before",
    "send.sent",  # The upstream has the whole order and begins to answer.
    "send.answered",
    "ticket.before",
    "ticket.inside",
    "ticket.after",
    "poll.asked",  # The answer is here, and nothing is done about it.
    "download.part",
    "publish.written",  # Before the file's fsync.
    "publish.synced",  # Before the rename.
    "publish.renamed",  # Before the folder's fsync.
    "finish.before",
    "finish.inside",
    "finish.after",
    "deliver.taken",  # The receiver said 200, and no row says so.
    "deliver.recorded",
    "render.started",
    "render.child",  # The child dies, between two frames; its parent goes on.
    "render.parent",  # The parent dies while its child renders.
    "render.published",
    "shutdown.begun",
    "shutdown.sent",  # What was sent is recorded; the database is still open.
    "migration.before",
    "migration.inside",
    "migration.after",
    "first_start.secret",
    "first_start.before",
    "first_start.inside",
    "first_start.after",
]
POINTS: tuple[Point, ...] = get_args(Point)
POINTS_OF_A_CHILD = frozenset({"render.child"})


@dataclass(frozen=True)
class _Armed:
    point: str
    times: int
    reached: Iterator[int]


_armed: _Armed | None = None


def arm(environment: Mapping[str, str]) -> None:
    """Read which point ends this process, if any does.

    raises   SettingsInvalid for a point outside a test build, and for one that is not there
    """
    global _armed  # noqa: PLW0603 - a crash is the process's own, like its death
    _armed = None
    wish = environment.get(CRASH_AT, "")
    if not wish:
        return
    if environment.get(TEST_BUILD) != "1":
        raise SettingsInvalid(
            f"{CRASH_AT} ends the process on purpose; it is for tests, with {TEST_BUILD}=1"
        )
    point, _, text = wish.partition(":")
    if point not in POINTS:
        raise SettingsInvalid(f"{CRASH_AT} takes {', '.join(POINTS)}; got {point!r}")
    times = int(text) if text.isascii() and text.isdigit() and len(text) <= len("999999") else 0
    if text and not times:
        raise SettingsInvalid(f"{CRASH_AT} counts from 1 to 999999; got {text!r}")
    # The counter is one C call, so that threads need no lock.
    _armed = _Armed(point, times or 1, itertools.count(1))


def at(point: Point) -> None:
    """Die here, if this is the point and the time that was named."""
    if _armed is not None and _armed.point == point and next(_armed.reached) == _armed.times:
        os.kill(os.getpid(), signal.SIGKILL)


def handed_down() -> dict[str, str]:
    """The environment under which a render child dies at its own point; usually nothing."""
    if _armed is None or _armed.point not in POINTS_OF_A_CHILD:
        return {}
    return {CRASH_AT: f"{_armed.point}:{_armed.times}", TEST_BUILD: "1"}
