"""Once a minute: wake what nobody wakes, and remove what nobody needs.

Every wake-up is written with the change that needs it, so this finds nothing in a healthy
gateway. It is here because a promise should not hang on one row in one table.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from framegate.engine import embedded as engine
from framegate.engine.embedded import Wake
from framegate.store import deliveries, idempotency, pictures, renders, tasks, videos
from framegate.store.blobs import Blobs, Kind
from framegate.store.database import Database, Transaction

EVERY_MS = 60_000
OVERDUE_MS = 30_000
ROWS_MAX = 1_000
# Contract rule 50: at least 24 hours.
IDEMPOTENCY_KEPT_MS = 48 * 3_600_000
DAY_MS = 86_400_000
SUBJECT = "all"

_log = structlog.get_logger("framegate.flows.sweep")


@dataclass(kw_only=True)
class Sweep:
    """The flow, with what it works on. `__call__` is what the engine's sweep lane runs."""

    database: Database
    blobs: Blobs
    keep_days: int
    clock_ms: Callable[[], int]

    async def __call__(self, wake: Wake) -> None:
        """Sweep once and ask to be woken again."""
        now_ms = self.clock_ms()
        woken = await self.database.write(_wake_overdue, now_ms=now_ms)
        if woken:
            _log.warning("sweep.woke", count=woken)
        await self._drop_handed_over()
        if self.keep_days:
            await self._retire(now_ms - self.keep_days * DAY_MS, now_ms)
        await self._remove_orphans(now_ms)
        await self.database.write(engine.reschedule, "sweep", wake, at_ms=now_ms + EVERY_MS)

    async def _drop_handed_over(self) -> None:
        for render_id in await self.database.read(renders.handed_over, rows_max=ROWS_MAX):
            # The row first: a row without its file is a broken promise, a file without a row is
            # an orphan that the next sweep removes.
            await self.database.write(renders.drop_file, render_id)
            await asyncio.to_thread(self.blobs.remove, "renders", render_id)

    async def _retire(self, before_ms: int, now_ms: int) -> None:
        for video_id in await self.database.read(
            videos.expired, before_ms=before_ms, rows_max=ROWS_MAX
        ):
            await self.database.write(videos.forget, video_id, now_ms=now_ms)
            await asyncio.to_thread(self.blobs.remove, "videos", video_id)
        for picture_id in await self.database.read(
            pictures.expired, before_ms=before_ms, rows_max=ROWS_MAX
        ):
            await self.database.write(pictures.forget, picture_id, now_ms=now_ms)
            await asyncio.to_thread(self.blobs.remove, "images", picture_id)

    async def _remove_orphans(self, now_ms: int) -> None:
        # Ids are read after the folder's files were written, so a file that is on its way to
        # its row is younger than the age at which it could be swept.
        known: dict[Kind, set[str]] = {
            "videos": await self.database.read(videos.kept_ids),
            "images": await self.database.read(pictures.kept_ids),
            "renders": await self.database.read(renders.kept_ids),
        }
        for kind, kept in known.items():
            swept = await asyncio.to_thread(
                self.blobs.sweep, kind, known=kept, now_s=now_ms / 1_000
            )
            if swept:
                _log.info("sweep.removed", kind=kind, files=swept)


def _wake_overdue(tx: Transaction, *, now_ms: int) -> int:
    overdue = now_ms - OVERDUE_MS
    late_tasks = tasks.open_overdue(tx, before_ms=overdue, rows_max=ROWS_MAX)
    late_deliveries = deliveries.open_overdue(tx, before_ms=overdue, rows_max=ROWS_MAX)
    for task_id in late_tasks:
        engine.enqueue(tx, "track", task_id, at_ms=now_ms)
    for delivery_id in late_deliveries:
        engine.enqueue(tx, "deliver", delivery_id, at_ms=now_ms)
    idempotency.forget_older(tx, before_ms=now_ms - IDEMPOTENCY_KEPT_MS)
    return len(late_tasks) + len(late_deliveries)
