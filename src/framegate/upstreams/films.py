"""Films in the making: what a worker does with the orders of an embedded renderer.

A film is made in a child process and its row tells how far it is, to this process and to others.
Whoever dies or is stopped leaves a row that the next worker takes up.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import structlog

from framegate import crash, tracing
from framegate.domain import picture
from framegate.domain.link import Links
from framegate.domain.upstream import RenderStatus
from framegate.engine import embedded as engine
from framegate.engine.embedded import Wake
from framegate.errors import (
    AnswerTooLarge,
    OutboundError,
    PictureRefused,
    RenderFailed,
    StoreDown,
    Unavailable,
)
from framegate.outbound import Outbound
from framegate.render.process import Progress, Rendered, RenderLimits, RenderOrder
from framegate.store import renders
from framegate.store.blobs import Blobs, copy, fingerprint
from framegate.store.database import Database, Transaction
from framegate.store.renders import RenderRow

TRIES_MAX = 3
"""Tries that ended with the whole process. Each time everything else died with it, so a film that
keeps doing that is given up soon; a child that dies alone fails its task at once."""

TRY_AGAIN_WAIT_MS = 10_000
"""Before the third try and each one after it. The second follows at once: a first death was hardly
the film's fault."""

PICTURE_WAIT_S_MAX = 60
PROGRESS_EVERY_S = 0.5
PACE_FILMS_MAX = 8
"""The newest films, whose pace is told."""
ENDED = frozenset({RenderStatus.SUCCEEDED, RenderStatus.FAILED, RenderStatus.CANCELLED})
# A cancel that another process wrote down is seen within this.
CANCEL_LOOK_S = 0.5

_log = structlog.get_logger("framegate.upstreams.films")


class Renderer(Protocol):
    """What turns an order into a file: `render.process.render`, or a test's own."""

    async def __call__(
        self,
        order: RenderOrder,
        *,
        limits: RenderLimits,
        on_progress: Callable[[Progress], None],
    ) -> Rendered:
        """Make the clip at `order.video`, or raise RenderFailed."""
        ...


@dataclass(kw_only=True)
class Films:
    """Those that this process makes. A row's status and its wake-up move in one transaction."""

    name: str  # The upstream's.
    database: Database
    blobs: Blobs
    outbound: Outbound
    links: Links
    limits: RenderLimits
    clock_ms: Callable[[], int]
    renderer: Renderer
    _live: dict[str, Progress] = field(default_factory=dict)
    _pace: deque[tuple[int, int]] = field(default_factory=lambda: deque(maxlen=PACE_FILMS_MAX))
    _at_work: dict[str, asyncio.Event] = field(default_factory=dict)  # Set: it was cancelled here.

    @property
    def frames_per_s(self) -> int:
        """How fast the newest were made in this process, all stages together; 0: none was."""
        frames, took_ms = (sum(each[part] for each in self._pace) for part in (0, 1))
        return round(frames * 1_000 / took_ms) if took_ms else 0

    def seen(self, row: RenderRow) -> Progress | RenderRow:
        """The newest that is known of a film's stage and frames."""
        return self._live.get(row.id) or row

    async def cancel(self, row: RenderRow, *, message: str) -> bool:
        """End one, waiting or running: its row first, then its process wherever that is."""
        if not await self.database.write(_cancelled, row, message=message, now_ms=self.clock_ms()):
            return False
        if row.id in self._at_work:
            self._at_work[row.id].set()
        return True

    async def run(self, wake: Wake) -> None:
        """Render one order to its end. Cancelled, it leaves the row to be rendered again."""
        row = await self.database.read(renders.by_id, wake.subject)
        if row is None or row.status in ENDED:
            return
        if row.tries >= TRIES_MAX:
            await self._fail(row, f"the renderer stopped {TRIES_MAX} times")
            return
        try_ms = row.updated_ms + TRY_AGAIN_WAIT_MS if row.tries > 1 else 0
        if self.clock_ms() < try_ms:
            # The lane is for others meanwhile.
            await self.database.write(engine.reschedule, "render", wake, at_ms=try_ms)
            return
        self._at_work[row.id] = asyncio.Event()
        try:
            if not await self.database.write(_started, row, now_ms=self.clock_ms()):
                return  # Cancelled since it was read.
            crash.at("render.started")
            with tracing.of_task("render", row.task_id, upstream=self.name, tries=row.tries + 1):
                await self._render_unless_cancelled(row)
        except (RenderFailed, PictureRefused) as error:
            await self._fail(row, error.message)
        except (asyncio.CancelledError, OSError, Unavailable):
            # We are shutting down, or our disk or database is in trouble: that is no fault of this
            # render, so it is not counted. In trouble the engine waits longer each time.
            await self.database.write(renders.change, row, now_ms=self.clock_ms(), tries=row.tries)
            raise
        finally:
            self._live.pop(row.id, None)
            self._at_work.pop(row.id, None)

    async def _render_unless_cancelled(self, row: RenderRow) -> None:
        """Render, and end the child with everything of it when the order is cancelled."""
        rendering = asyncio.create_task(self._render_and_keep(row))
        watching = asyncio.create_task(self._cancelled(row))
        try:
            ended, _ = await asyncio.wait(
                {rendering, watching}, return_when=asyncio.FIRST_COMPLETED
            )
            if watching in ended:
                watching.result()  # Raises what kept it from looking.
        finally:
            watching.cancel()
            if not rendering.done():
                rendering.cancel()
                # Its process has ended, and its files are gone, before we go on.
                await asyncio.wait({rendering})
        if not rendering.cancelled():
            await rendering

    async def _cancelled(self, row: RenderRow) -> None:
        """Return once this render is cancelled, by this process or by another."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._at_work[row.id].wait(), CANCEL_LOOK_S)
                return
            # A database in trouble says nothing of a cancel: the next look may.
            with contextlib.suppress(StoreDown):
                now = await self.database.read(renders.by_id, row.id)
                if now is not None and now.status is RenderStatus.CANCELLED:
                    return

    async def _render_and_keep(self, row: RenderRow) -> None:
        temporary_picture, temporary_video = self.blobs.incoming(), self.blobs.incoming(".mp4")
        try:
            await self._first_frame(row, temporary_picture)
            rendered = await self._watch(row, temporary_picture, temporary_video)
            bytes_count, sha256 = await asyncio.to_thread(fingerprint, temporary_video)
            await asyncio.to_thread(self.blobs.publish, "renders", row.id, temporary_video)
            crash.at("render.published")
        finally:
            temporary_picture.unlink(missing_ok=True)
            temporary_video.unlink(missing_ok=True)
        is_kept = await self.database.write(
            _succeeded,
            row,
            rendered,
            bytes_count=bytes_count,
            sha256=sha256,
            now_ms=self.clock_ms(),
        )
        if not is_kept:
            # Cancelled while its last frame was made: nobody will fetch it.
            await asyncio.to_thread(self.blobs.remove, "renders", row.id)

    async def _first_frame(self, row: RenderRow, to: Path) -> None:
        own = self.links.own_picture(row.picture_url, now_ms=row.created_ms)
        try:
            if own is not None:
                await asyncio.to_thread(copy, self.blobs.path("images", own), to)
            elif self.links.points_home(row.picture_url):
                raise RenderFailed(picture.NOT_FETCHED)
            else:
                await self.outbound.download(
                    row.picture_url,
                    to=to,
                    bytes_max=picture.PICTURE_BYTES_MAX,
                    wait_s_max=PICTURE_WAIT_S_MAX,
                )
        except AnswerTooLarge as error:
            raise RenderFailed(picture.TOO_LARGE_UNCOUNTED) from error
        except (OutboundError, FileNotFoundError) as error:
            # One sentence for every cause, so that it tells nothing about our network (rule 27).
            _log.info("picture.not_fetched", render=row.id, error=repr(error))
            raise RenderFailed(picture.NOT_FETCHED) from error
        await asyncio.to_thread(_judge, to)

    async def _watch(self, row: RenderRow, first_frame: Path, video: Path) -> Rendered:
        order = RenderOrder(
            picture=first_frame,
            prompt=row.prompt,
            resolution=row.resolution,
            duration_s=row.duration_s,
            seed=row.seed,
            video=video,
            comment=row.task_id,
        )
        writer = asyncio.create_task(self._write_progress(row))
        began_ms = self.clock_ms()
        try:
            rendered = await self.renderer(
                order,
                limits=self.limits,
                on_progress=lambda progress: self._live.__setitem__(row.id, progress),
            )
            self._pace.append((rendered.frames, max(self.clock_ms() - began_ms, 1)))
            return rendered
        finally:
            writer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await writer

    async def _write_progress(self, row: RenderRow) -> None:
        # For readers in other processes; twice a second is enough to watch.
        written: Progress | None = None
        while True:
            await asyncio.sleep(PROGRESS_EVERY_S)
            progress = self._live.get(row.id)
            if progress is not None and progress != written:
                written = progress
                await self.database.write(
                    renders.change, row, now_ms=self.clock_ms(), **vars(progress)
                )

    async def _fail(self, row: RenderRow, message: str) -> None:
        await self.database.write(_failed, row, message=message, now_ms=self.clock_ms())


# --- inside -----------------------------------------------------------------------------------


def _started(tx: Transaction, row: RenderRow, *, now_ms: int) -> bool:
    changed = renders.change(
        tx, row, now_ms=now_ms, status=RenderStatus.PROCESSING.value, tries=row.tries + 1
    )
    if changed:
        engine.enqueue(tx, "track", row.task_id, at_ms=now_ms)
    return changed


def _cancelled(tx: Transaction, row: RenderRow, *, message: str, now_ms: int) -> bool:
    changed = renders.change(
        tx, row, now_ms=now_ms, status=RenderStatus.CANCELLED.value, message=message
    )
    if changed:
        engine.forget(tx, "render", row.id)
        # Whoever asked ends the task; if that one dies on the way, tracking does.
        engine.enqueue(tx, "track", row.task_id, at_ms=now_ms)
    return changed


def _succeeded(
    tx: Transaction,
    row: RenderRow,
    rendered: Rendered,
    *,
    bytes_count: int,
    sha256: str,
    now_ms: int,
) -> bool:
    is_kept = renders.change(
        tx,
        row,
        now_ms=now_ms,
        status=RenderStatus.SUCCEEDED.value,
        stage="finished",
        frames_done=rendered.frames,
        frames_total=rendered.frames,
        file=f"{row.id}.mp4",
        bytes_count=bytes_count,
        sha256=sha256,
        duration_ms=rendered.duration_ms,
    )
    engine.enqueue(tx, "track", row.task_id, at_ms=now_ms)
    return is_kept


def _failed(tx: Transaction, row: RenderRow, *, message: str, now_ms: int) -> None:
    renders.change(tx, row, now_ms=now_ms, status=RenderStatus.FAILED.value, message=message)
    engine.enqueue(tx, "track", row.task_id, at_ms=now_ms)


def _judge(path: Path) -> None:
    picture.judge(path.read_bytes())
