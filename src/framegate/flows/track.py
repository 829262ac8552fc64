"""Follow one task at its upstream until it ends.

The engine wakes it by the clock; a callback or the embedded renderer only bring the next look
forward. The state is always read again before money moves. No error of an upstream fails a task:
only the upstream's own word or the deadline does.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import structlog

from framegate import crash, ids, tracing
from framegate.domain.cost import cost_micros
from framegate.domain.task import Task, TaskStatus, Video
from framegate.domain.upstream import (
    Output,
    PollAnswer,
    Render,
    RenderStatus,
    Unknown,
    Unreachable,
    Upstream,
)
from framegate.engine import embedded as engine
from framegate.engine.embedded import Wake
from framegate.errors import OutboundError
from framegate.flows import finish, pace, tell
from framegate.flows.lanes import Lanes
from framegate.store import tasks, upstreams, usage
from framegate.store.blobs import Blobs
from framegate.store.database import Database, Transaction

NEVER_CONFIRMED = "the upstream never confirmed this task"
TOO_LATE = "the upstream did not finish this task in time"
NO_VIDEO = "the upstream reported success without a video"
NOT_A_VIDEO = "the upstream's file is not an MP4 video"
SILENT = "the process that sent it ended before the answer came"

EARLY_NEWS_WAIT_MS = 1_000
# After we gave a task up: an upstream that is slow, and one that is very slow.
LATE_LOOKS_MS = (3_600_000, 86_400_000)

MP4_HEAD_BYTES = 12
MP4_MARK = b"ftyp"

_log = structlog.get_logger("framegate.flows.track")


@dataclass(kw_only=True)
class Track:
    """The flow, with what it works on. `__call__` is what the engine's track lane runs."""

    database: Database
    blobs: Blobs
    upstreams: Mapping[str, Upstream]
    uncertain_release_s: int
    deadline_s: int
    clock_ms: Callable[[], int]
    lanes: int = 256  # As many looks as run at once.

    def __post_init__(self) -> None:
        """No look is under way yet."""
        self._lanes = Lanes(count=self.lanes)

    async def __call__(self, wake: Wake) -> None:
        """Look at one task once."""
        task = await self.database.read(tasks.by_id, wake.subject)
        if task is None or (task.status.is_terminal and task.status is not TaskStatus.EXPIRED):
            return
        upstream = self.upstreams.get(task.upstream)
        if upstream is None and task.status.is_terminal:
            return
        if upstream is None:
            # Renamed or removed by the operator: the deadline still holds.
            _log.error("track.upstream_missing", task=task.id, upstream=task.upstream)
            await self._wait(task, wake, TOO_LATE)
        elif task.status is TaskStatus.SENDING:
            await self._doubt(task, wake)
        else:
            await self._ask(task, upstream, wake)

    async def _ask(self, task: Task, upstream: Upstream, wake: Wake) -> None:
        """Ask the upstream about a task, if the upstream may have a lane now."""
        began_ms, name = self.clock_ms(), upstream.name
        back_ms = self._lanes.take(name, among=self.upstreams, now_ms=began_ms)
        if back_ms:
            # Its other tasks hold its lanes, most likely because it hangs.
            await self.database.write(engine.reschedule, "track", wake, at_ms=back_ms)
            return
        try:
            with tracing.of_task("track", task.id, upstream=name, status=task.status.value):
                await self._look(task, upstream, wake)
        finally:
            self._lanes.give_back(name, took_ms=self.clock_ms() - began_ms)

    async def _look(self, task: Task, upstream: Upstream, wake: Wake) -> None:
        if task.status.is_terminal:
            await self._look_late(task, upstream, wake)
        elif task.status is TaskStatus.UNCERTAIN:
            await self._look_up(task, upstream, wake)
        else:
            await self._follow(task, upstream, wake)

    async def _doubt(self, task: Task, wake: Wake) -> None:
        now_ms = self.clock_ms()
        if now_ms < task.next_ms:
            # Still being sent. Early news of it may have come before the upstream's own answer:
            # soon there is a ticket to ask about.
            at_ms = min(task.next_ms, now_ms + EARLY_NEWS_WAIT_MS)
            await self.database.write(engine.reschedule, "track", wake, at_ms=at_ms)
            return
        await self.database.write(
            pace.mark_uncertain,
            task,
            reason=SILENT,
            release_after_s=self.uncertain_release_s,
            now_ms=self.clock_ms(),
        )

    async def _look_up(self, task: Task, upstream: Upstream, wake: Wake) -> None:
        with tracing.call("find", upstream=upstream.name) as span:
            found = await upstream.find(
                task_id=task.id, account_id=task.account_id, external_task_id=task.external_task_id
            )
            span.note(outcome=_outcome(found))
        if isinstance(found, Render) and found.ticket:
            is_ours = await self.database.write(
                self._found, task, found, wake=wake, now_ms=self.clock_ms()
            )
            if is_ours:
                return
        await self._wait(task, wake, NEVER_CONFIRMED)

    async def _follow(self, task: Task, upstream: Upstream, wake: Wake) -> None:
        with tracing.call("poll", upstream=upstream.name) as span:
            answer = await upstream.poll(task.ticket)
            span.note(outcome=_outcome(answer))
        crash.at("poll.asked")
        if not isinstance(answer, Render):
            _log.info("track.no_news", task=task.id, answer=_describe(answer))
            await self._wait(task, wake, TOO_LATE)
        elif answer.status is RenderStatus.FAILED:
            message = upstream.callers_words(
                answer.message,
                account_id=task.account_id,
                external_task_id=task.external_task_id,
            )
            await self._give_up(task, TaskStatus.FAILED, message, upstream)
        elif answer.status is RenderStatus.CANCELLED:
            await self._give_up(task, TaskStatus.CANCELLED, answer.message, upstream)
        elif answer.status is RenderStatus.SUCCEEDED:
            await self._collect(task, answer, upstream, wake)
        elif answer.status is RenderStatus.PROCESSING and task.status is TaskStatus.SUBMITTED:
            await self._wait(task, wake, TOO_LATE, status=TaskStatus.PROCESSING)
        else:
            await self._wait(task, wake, TOO_LATE)

    async def _collect(self, task: Task, render: Render, upstream: Upstream, wake: Wake) -> None:
        if not render.outputs:
            _log.warning("track.no_output", task=task.id)
            await self._wait(task, wake, NO_VIDEO)
            return
        try:
            with tracing.span("keep"):
                video = await self._store(render.outputs[0], upstream)
        except (OutboundError, OSError):
            # The video exists and is paid for: keep trying until the deadline.
            _log.warning("track.video_not_stored", task=task.id, exc_info=True)
            await self._wait(task, wake, TOO_LATE)
            return
        if video is None:
            _log.warning("track.not_a_video", task=task.id)
            await self._wait(task, wake, NOT_A_VIDEO)
            return
        crash.at("finish.before")
        ended = await self.database.write(
            _succeed,
            task,
            video=video,
            render=render,
            upstream=upstream,
            now_ms=self.clock_ms(),
        )
        crash.at("finish.after")
        if ended is None:
            # Somebody else ended it first, with a copy of their own.
            await asyncio.to_thread(self.blobs.remove, "videos", video.id)

    async def _store(self, output: Output, upstream: Upstream) -> Video | None:
        """Copy a video to where it is ours, whole; None when the file is no MP4."""
        temporary = self.blobs.incoming(".mp4")
        try:
            with tracing.call("fetch", upstream=upstream.name) as span:
                fetched = await upstream.fetch(output, temporary)
                span.note(bytes=fetched.bytes_count)
            if not await asyncio.to_thread(_is_mp4, temporary):
                return None
            video_id = ids.new("vid")
            await asyncio.to_thread(self.blobs.publish, "videos", video_id, temporary)
        finally:
            temporary.unlink(missing_ok=True)
        return Video(
            id=video_id,
            output_id=output.id,
            bytes_count=fetched.bytes_count,
            sha256=fetched.sha256,
            duration=output.duration,
            source_url=output.location if "://" in output.location else "",
            created_ms=self.clock_ms(),
        )

    async def _give_up(
        self, task: Task, status: TaskStatus, message: str, upstream: Upstream | None
    ) -> None:
        await self.database.write(
            finish.give_up,
            task,
            status=status,
            message=message,
            now_ms=self.clock_ms(),
            upstream_tells=upstream is not None and upstream.tells_the_caller,
        )

    async def _wait(
        self, task: Task, wake: Wake, message: str, *, status: TaskStatus | None = None
    ) -> None:
        """Look again later, or end the task when its time is over."""
        now_ms = self.clock_ms()
        if now_ms >= task.deadline_ms:
            upstream = self.upstreams.get(task.upstream)
            await self._give_up(task, TaskStatus.EXPIRED, message, upstream)
            await self.database.write(
                engine.reschedule, "track", wake, at_ms=now_ms + LATE_LOOKS_MS[0]
            )
            return
        await self.database.write(
            self._look_again, task, wake=wake, status=status or task.status, now_ms=now_ms
        )

    def _look_again(
        self, tx: Transaction, task: Task, *, wake: Wake, status: TaskStatus, now_ms: int
    ) -> None:
        next_ms = pace.look_at_ms(tx, task, self.upstreams.get(task.upstream), now_ms=now_ms)
        moved = tasks.move(
            tx, task, status=status, now_ms=now_ms, next_ms=next_ms, polls=task.polls + 1
        )
        if moved is not None:
            engine.reschedule(tx, "track", wake, at_ms=next_ms)
            if moved.status is not task.status:
                tell.endpoints_of(tx, moved, now_ms=now_ms)

    async def _look_late(self, task: Task, upstream: Upstream, wake: Wake) -> None:
        """See whether an upstream still made what we had given up: noted, never charged."""
        news = await (
            upstream.poll(task.ticket)
            if task.ticket
            else upstream.find(
                task_id=task.id,
                account_id=task.account_id,
                external_task_id=task.external_task_id,
            )
        )
        now_ms = self.clock_ms()
        if isinstance(news, Render) and news.status is RenderStatus.SUCCEEDED:
            _log.warning("track.late_success", task=task.id, upstream=task.upstream)
            await self.database.write(_note_late, task, news, upstream, now_ms=now_ms)
        elif wake.now_ms < task.updated_ms + LATE_LOOKS_MS[-1]:
            age_ms = now_ms - task.updated_ms
            wait_ms = next((each for each in LATE_LOOKS_MS if each > age_ms), LATE_LOOKS_MS[-1])
            await self.database.write(
                engine.reschedule, "track", wake, at_ms=task.updated_ms + wait_ms
            )

    def _found(
        self, tx: Transaction, task: Task, render: Render, *, wake: Wake, now_ms: int
    ) -> bool:
        """Go on under the ticket that was found; False where it is another task's."""
        if tasks.is_taken(tx, upstream=task.upstream, ticket=render.ticket):
            # Two customers may have used one external id: the vendor refused the second order.
            _log.warning("track.found_anothers", task=task.id, ticket=render.ticket)
            return False
        found = tasks.move(
            tx,
            task,
            status=TaskStatus.SUBMITTED,
            now_ms=now_ms,
            next_ms=now_ms,
            ticket=render.ticket,
            deadline_ms=task.created_ms + self.deadline_s * 1_000,
        )
        if found is not None:
            engine.reschedule(tx, "track", wake, at_ms=now_ms)
            tell.endpoints_of(tx, found, now_ms=now_ms)
        return True


def _succeed(
    tx: Transaction,
    task: Task,
    *,
    video: Video,
    render: Render,
    upstream: Upstream,
    now_ms: int,
) -> Task | None:
    ended = finish.succeed(
        tx, task, video=video, now_ms=now_ms, upstream_tells=upstream.tells_the_caller
    )
    if ended is not None:
        upstreams.note_duration(tx, task, render.took_ms or now_ms - task.sent_ms)
        _note_cost(tx, ended, render, upstream)
    return ended


def _note_late(
    tx: Transaction, task: Task, render: Render, upstream: Upstream, *, now_ms: int
) -> None:
    if not task.ticket and tasks.is_taken(tx, upstream=task.upstream, ticket=render.ticket):
        return  # Found by an external id that another customer uses too.
    tasks.note_late(tx, task.id, now_ms=now_ms)
    _note_cost(tx, task, render, upstream)


def _note_cost(tx: Transaction, task: Task, render: Render, upstream: Upstream) -> None:
    """Keep the bill of a task that has ended, and count it once."""
    cost = cost_micros(
        render.billing,
        currency=task.currency,
        unit_price_micros=upstream.unit_price_micros,
    )
    if tasks.note_cost(tx, task.id, billing=render.billing, cost_micros=cost):
        usage.note_cost(tx, task, cost_micros=cost)


def _is_mp4(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(MP4_HEAD_BYTES)
    return head[4:8] == MP4_MARK


def _outcome(answer: PollAnswer) -> str:
    """One word for a trace: an upstream's own sentences may hold an address."""
    return answer.status.value if isinstance(answer, Render) else type(answer).__name__.lower()


def _describe(answer: PollAnswer) -> str:
    match answer:
        case Unreachable(reason=reason):
            return reason
        case Unknown():
            return "the upstream does not know the ticket"
        case Render(status=status):
            return status
