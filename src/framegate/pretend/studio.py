"""Where the vendor makes videos: sells tasks, keeps its slots, finds what it sold.

Everything is a function of the rows and the clock that a caller brings; `vendor` speaks HTTP
around it.
"""

import heapq
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from random import Random

from framegate.pretend.order import OrderRead
from framegate.pretend.quirks import Fate
from framegate.pretend.says import Says, refusal
from framegate.pretend.task import PretendTask

# 5 s tasks mostly ended after 30 to 60 s, a 3 s one after 28 s (5.2): a log-normal around them.
MEDIAN_MS = 42_000
SPREAD = 0.25
WAITING_SHARE = 0.1  # Of a task's time, before the work begins.
NUMBERS = 50_000  # Ids are two apart within a millisecond: a video's is the odd one.


@dataclass
class Studio:
    """The rows. slots 0 means no limit; pace 0 ends every task at once."""

    slots: int
    pace: float
    tasks: dict[str, PretendTask] = field(default_factory=dict)
    _by_external_id: dict[str, PretendTask] = field(default_factory=dict)
    _running: list[tuple[int, str]] = field(default_factory=list)
    _endless: set[str] = field(default_factory=set)

    def refuse_duplicate(self, external_id: str) -> Says | None:
        """Account-wide, at once and for ever (5.8); "" is no id."""
        if external_id and external_id in self._by_external_id:
            return refusal(400, 1201, f"external_task_id '{external_id}' already exists")
        return None

    def is_full(self, now_ms: int) -> bool:
        """Whether every slot is taken."""
        return bool(self.slots) and self.running(now_ms) >= self.slots

    def running(self, now_ms: int) -> int:
        """How many tasks have not ended."""
        while self._running and self._running[0][0] <= now_ms:
            heapq.heappop(self._running)
        return len(self._running) + len(self._endless)

    def sell(self, order: OrderRead, fate: Fate, *, draws: Random, now_ms: int) -> PretendTask:
        """Make the task of an order."""
        took_ms = self._took_ms(draws)
        task = PretendTask(
            # As the vendor's: 18 digits that begin with the time.
            id=f"{now_ms % 10**13:013d}{len(self.tasks) % NUMBERS * 2:05d}",
            order=order,
            created_ms=now_ms,
            begins_ms=now_ms + int(took_ms * WAITING_SHARE),
            ends_ms=now_ms + took_ms if fate.words else None,
            fate=fate,
        )
        self.keep(task)
        return task

    def keep(self, task: PretendTask) -> None:
        """Take a task in, new or read from the log."""
        self.tasks[task.id] = task
        if task.order.external_id:
            self._by_external_id[task.order.external_id] = task
        if task.ends_ms is None:
            self._endless.add(task.id)
        else:
            heapq.heappush(self._running, (task.ends_ms, task.id))

    def finish(self, task: PretendTask, fate: Fate, *, now_ms: int) -> None:
        """End a task now, and free its slot."""
        self._endless.discard(task.id)
        self._running = [each for each in self._running if each[1] != task.id]
        heapq.heapify(self._running)
        task.begins_ms = min(task.begins_ms, now_ms)
        task.ends_ms, task.fate = now_ms, fate

    def find(self, *, ids: Iterable[str], external_ids: Iterable[str]) -> list[PretendTask]:
        """The known ones among them; unknown ids are absent (5.4)."""
        by_id = [self.tasks[each] for each in ids if each in self.tasks]
        by_external = [
            self._by_external_id[each] for each in external_ids if each in self._by_external_id
        ]
        return list({task.id: task for task in by_id + by_external}.values())

    def _took_ms(self, draws: Random) -> int:
        return int(self.pace * MEDIAN_MS * math.exp(draws.gauss(0, SPREAD)))
