"""The embedded renderer as an upstream: no account, no GPU, no network.

It keeps its own rows in our database, answers in the vendor's shapes, and renders in a child
process when the engine wakes it. The page says that the upstream answers for the picture, so a
bad one is a failed task here, never a refused create.
"""

import asyncio
import contextlib
import os
import secrets
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import structlog

from framegate import crash, tracing
from framegate.domain import picture
from framegate.domain.link import Links
from framegate.domain.submission import IMAGE_TO_VIDEO, Kind
from framegate.domain.upstream import (
    AccountTask,
    AccountTasks,
    Checked,
    CostsAnswer,
    Fetched,
    Headway,
    NotOffered,
    Order,
    Output,
    PollAnswer,
    Relay,
    Render,
    RenderStatus,
    SubmitAnswer,
    TasksAnswer,
    Ticket,
    Unknown,
    Window,
)
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
from framegate.render.process import Progress, Rendered, RenderLimits, RenderOrder, render
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

TICKET_DIGITS = 18
PICTURE_WAIT_S_MAX = 60
PROGRESS_EVERY_S = 0.5
PACE_FILMS_MAX = 8
"""The newest films, whose pace is told."""
ENDED = frozenset({RenderStatus.SUCCEEDED, RenderStatus.FAILED, RenderStatus.CANCELLED})
# A cancel that another process wrote down is seen within this.
CANCEL_LOOK_S = 0.5
# 1080p has 9 pixels for 4 of 720p.
COST_PER_S = {"720p": 4, "1080p": 9}

_log = structlog.get_logger("framegate.upstreams.local")


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


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


@dataclass(kw_only=True)
class Local:
    """One embedded renderer. `run` is what the engine's render lane calls."""

    name: str
    models: frozenset[str]
    database: Database
    blobs: Blobs
    outbound: Outbound
    links: Links
    limits: RenderLimits
    clock_ms: Callable[[], int] = _now_ms
    renderer: Renderer = render
    kinds: frozenset[Kind] = frozenset({IMAGE_TO_VIDEO})
    weight: int = 1
    unit_price_micros: int = 0
    concurrency: int = 0
    can_cancel: bool = True
    tells_the_caller: bool = False
    _live: dict[str, Progress] = field(default_factory=dict)
    _pace: deque[tuple[int, int]] = field(default_factory=lambda: deque(maxlen=PACE_FILMS_MAX))
    _at_work: dict[str, asyncio.Event] = field(default_factory=dict)  # Set: it was cancelled here.

    # --- as an upstream -----------------------------------------------------------------------

    def enlist(self, tx: Transaction, order: Order, *, now_ms: int) -> Ticket:
        """Take an order inside the transaction that begins its task."""
        row = _row(order, now_ms)
        renders.begin(tx, row)
        engine.enqueue_by_rank(
            tx, "render", row.id, owner=row.account_id, cost=_cost(row), at_ms=now_ms
        )
        return Ticket(id=row.id, relay=_relay(row, order))

    def reports_on(self, callback_url: str) -> bool:  # noqa: ARG002 - the protocol's
        """Always: a render that starts or ends wakes the tracking in its own transaction."""
        return True

    def callers_words(self, message: str, *, account_id: str, external_task_id: str) -> str:  # noqa: ARG002 - the protocol's
        """As it is: every sentence is our own, and none names an id."""
        return message

    @property
    def frames_per_s(self) -> int:
        """How fast the newest films were made in this process, all stages together; 0: none was."""
        frames, took_ms = (sum(each[part] for each in self._pace) for part in (0, 1))
        return round(frames * 1_000 / took_ms) if took_ms else 0

    async def tasks(self, window: Window) -> TasksAnswer:
        """Its own renders, newest first."""
        found = await self.database.read(
            renders.listed,
            upstream=self.name,
            between_ms=(window.since_ms, window.until_ms),
            status=window.status,
            rows_max=window.rows_max + 1,
        )
        return AccountTasks(
            tasks=tuple(_account_task(row) for row in found[: window.rows_max]),
            has_more=len(found) > window.rows_max,
        )

    async def costs(self, *, since_ms: int, until_ms: int) -> CostsAnswer:  # noqa: ARG002 - the protocol's
        """None: nothing is bought here."""
        return NotOffered(reason="the embedded renderer has no costs: it renders here")

    async def check(self) -> Checked:
        """Well: it is a part of this process."""
        return Checked(is_well=True, says="renders here")

    async def submit(self, order: Order) -> SubmitAnswer:
        """Take an order in a transaction of its own."""
        return await self.database.write(self.enlist, order, now_ms=self.clock_ms())

    async def find(self, *, task_id: str, account_id: str, external_task_id: str) -> PollAnswer:  # noqa: ARG002 - the protocol's
        """Look an order up by our task; the external id is not needed to tell."""
        row = await self.database.read(renders.by_task, task_id)
        return self._render(row) if row else Unknown()

    async def poll(self, ticket: str) -> PollAnswer:
        """Say how far a render is; the newest progress is in memory where it runs here."""
        row = await self.database.read(renders.by_id, ticket)
        return self._render(row) if row else Unknown()

    async def progress(self, ticket: str) -> Render | None:
        """As `poll`: asking ourselves costs nothing."""
        row = await self.database.read(renders.by_id, ticket)
        return self._render(row) if row else None

    async def headway(self) -> list[Headway]:
        """Of every render that runs, here or in another process."""
        rows = await self.database.read(renders.running)
        return [self._headway(row) for row in rows]

    async def cancel(self, ticket: str, *, message: str) -> bool:
        """End a render, queued or running: its row first, then its process wherever that is."""
        row = await self.database.read(renders.by_id, ticket)
        if row is None or not await self.database.write(
            _cancelled, row, message=message, now_ms=self.clock_ms()
        ):
            return False
        if row.id in self._at_work:
            self._at_work[row.id].set()
        return True

    async def fetch(self, output: Output, to: Path) -> Fetched:
        """Hand a finished file over: a second name for it where that can be, else a copy."""
        return await asyncio.to_thread(_hand_over, self.blobs.path("renders", output.location), to)

    async def close(self) -> None:
        """Hold nothing open between renders."""

    # --- as a worker --------------------------------------------------------------------------

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

    def _headway(self, row: RenderRow) -> Headway:
        seen: Any = self._live.get(row.id) or row
        return Headway(
            task_id=row.task_id,
            account_id=row.account_id,
            stage=seen.stage,
            frames_done=seen.frames_done,
            frames_total=seen.frames_total,
        )

    def _render(self, row: RenderRow) -> Render:
        live = self._live.get(row.id)
        seen: Any = live or row
        return Render(
            ticket=row.id,
            status=row.status,
            message=row.message,
            outputs=_outputs(row),
            stage=seen.stage,
            frames_done=seen.frames_done,
            frames_total=seen.frames_total,
        )


# --- inside -----------------------------------------------------------------------------------


def _row(order: Order, now_ms: int) -> RenderRow:
    submission = order.submission
    return RenderRow(
        id="".join(secrets.choice("123456789") for _ in range(TICKET_DIGITS)),
        task_id=order.task_id,
        account_id=order.account_id,
        status=RenderStatus.SUBMITTED,
        message="",
        picture_url=submission.first_frame_url,
        prompt=submission.prompt,
        resolution=submission.resolution,
        duration_s=submission.duration_s,
        # The same body gives the same film: the API has no seed of its own.
        seed=int(submission.body_sha256[:8], 16),
        tries=0,
        stage="",
        frames_done=0,
        frames_total=0,
        file="",
        sha256="",
        bytes_count=0,
        duration_ms=0,
        created_ms=now_ms,
        updated_ms=now_ms,
    )


def _cost(row: RenderRow) -> int:
    """What a render takes of the machine: its seconds, by its pixels."""
    return row.duration_s * COST_PER_S[row.resolution]


def _relay(row: RenderRow, order: Order) -> Relay:
    external = order.submission.external_task_id
    return Relay(
        http_status=200,
        code=0,
        message="SUCCEED",
        request_id=order.request_id,
        data={
            "id": row.id,
            "task_id": row.id,
            "status": "submitted",
            "task_status": "submitted",
            "message": "",
            "create_time": row.created_ms,
            "update_time": row.updated_ms,
        }
        | ({"external_id": external} if external else {}),
    )


def _account_task(row: RenderRow) -> AccountTask:
    return AccountTask(
        ticket=row.id,
        status=row.status.value,
        message=row.message,
        created_ms=row.created_ms,
        updated_ms=row.updated_ms,
    )


def _outputs(row: RenderRow) -> tuple[Output, ...]:
    if row.status is not RenderStatus.SUCCEEDED:
        return ()
    seconds, milliseconds = divmod(row.duration_ms, 1_000)
    # The output's id is the ticket's successor, as the vendor numbers them.
    return (
        Output(id=str(int(row.id) + 1), location=row.id, duration=f"{seconds}.{milliseconds:03d}"),
    )


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


def _hand_over(source: Path, to: Path) -> Fetched:
    try:
        os.link(source, to)
    except OSError:
        copy(source, to)
    # Computed from what will be published, not taken from the row: a damaged file must not pass.
    bytes_count, sha256 = fingerprint(to)
    return Fetched(path=to, bytes_count=bytes_count, sha256=sha256)
