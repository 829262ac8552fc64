"""The embedded engine: jobs are rows beside the tasks, run by one worker process.

A flow enqueues a job inside its own transaction, so a wake-up exists exactly when the change that
needs it does. Jobs run at least once: a row is removed after its run, and a crash leaves it. What
a job means, the engine does not know.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

import structlog
from sqlalchemy import and_, bindparam, case, delete, func, literal, select, update
from sqlalchemy.dialects.sqlite import insert

from framegate.errors import Unavailable
from framegate.store import schema
from framegate.store.database import Database, Transaction

Queue = Literal["track", "deliver", "render", "sweep", "audit"]

# Another process may enqueue (`serve --no-work`), and its commits do not nudge us.
LOOK_EVERY_MS_MAX = 500
# Under load there is a commit every few milliseconds, and hardly one of them makes a job due: we
# look after all of them together. The first one after a quiet while is still heard at once.
LOOK_EVERY_MS_MIN = 10
FAILURE_WAIT_MS_MIN = 1_000
FAILURE_WAIT_MS_MAX = 300_000
PROBE = "probe"
# Less is a correction of a clock that runs well, and delays nothing worth a word.
SET_BACK_MS_MIN = 2_000

_jobs = schema.jobs
_log = structlog.get_logger("framegate.engine")


@dataclass(frozen=True, kw_only=True)
class Wake:
    """One wake-up: for what, when, and which generation of the job was read."""

    subject: str
    now_ms: int
    generation: int = 0


Run = Callable[[Wake], Awaitable[None]]


@dataclass(frozen=True)
class Lane:
    """One queue: what runs its jobs, how many at once, and whether it is shared by rank."""

    run: Run
    at_once: int
    by_rank: bool = False


@dataclass(frozen=True)
class _Job:
    queue: str
    subject: str
    due_ms: int
    generation: int
    failures: int


# --- the statements, built once (decision 12) -------------------------------------------------

_INSERT = insert(_jobs).values(generation=0, failures=0)
_WISHED = _INSERT.excluded.due_ms
_KEY = [_jobs.c.queue, _jobs.c.subject]
_ENQUEUE = _INSERT.on_conflict_do_update(
    index_elements=_KEY,
    set_={
        "due_ms": case((_jobs.c.due_ms < _WISHED, _jobs.c.due_ms), else_=_WISHED),
        "generation": _jobs.c.generation + 1,
    },
)
_IS_EARLIER_WISH = and_(
    _jobs.c.generation != bindparam("read_generation"), _jobs.c.due_ms < _WISHED
)
_RESCHEDULE = _INSERT.on_conflict_do_update(
    index_elements=_KEY,
    set_={
        "due_ms": case((_IS_EARLIER_WISH, _jobs.c.due_ms), else_=_WISHED),
        "generation": _jobs.c.generation + 1,
        "failures": 0,
    },
)
_IS_SUBJECT = and_(
    _jobs.c.queue == bindparam("of_queue"), _jobs.c.subject == bindparam("of_subject")
)
_FORGET = delete(_jobs).where(_IS_SUBJECT)
# Enqueued again while it ran, the row belongs to the newer wish.
_IS_AS_READ = and_(_IS_SUBJECT, _jobs.c.generation == bindparam("read_generation"))
_REMOVE = delete(_jobs).where(_IS_AS_READ)
_POSTPONE = update(_jobs).where(_IS_AS_READ)
# A range of the index (queue, due_ms): what waits for longer is not read, however much it is.
_SOON = (
    select(*(_jobs.c[name] for name in _Job.__dataclass_fields__))
    .where(_jobs.c.queue == bindparam("of_queue"), _jobs.c.due_ms < bindparam("before_ms"))
    .order_by(_jobs.c.due_ms)
    .limit(bindparam("rows_max"))
)
# By rank the wait does not decide: of what is due, the lowest goes first. The empty owner is
# written out, not bound, so that the indexes of owned jobs are seen to hold all of them.
_IS_OWNED = and_(
    _jobs.c.queue == bindparam("of_queue"), _jobs.c.owner != literal("", literal_execute=True)
)
_SOON_BY_RANK = (
    select(*(_jobs.c[name] for name in _Job.__dataclass_fields__))
    # The time as an expression: the index of ranks must lead, or SQLite sorts all that is due.
    .where(_IS_OWNED, _jobs.c.due_ms + 0 < bindparam("before_ms"))
    # Of two with one rank the newer goes first: the older one stands before a backlog of its owner.
    .order_by(_jobs.c.rank, _jobs.c.due_ms.desc())
    .limit(bindparam("rows_max"))
)
_RANK_NOW = select(func.min(_jobs.c.rank)).where(_IS_OWNED)
_LAST_RANK_OF_OWNER = select(func.max(_jobs.c.rank)).where(
    _IS_OWNED, _jobs.c.owner == bindparam("of_owner")
)


def enqueue_by_rank(
    tx: Transaction, queue: Queue, subject: str, *, owner: str, cost: int, at_ms: int
) -> None:
    """Wake a queue that owners share, so that each of them gets an equal part of it.

    A job's rank is the owner's last one that still waits, or the one that is being served, and the
    job's cost on top: self-clocked fair queueing. Who fills the queue waits behind itself alone;
    who was idle has saved nothing up.

    owner    whose part of the queue it uses; not empty
    cost     what it takes of the queue, in any unit that all its jobs share
    """
    known = {"of_queue": queue, "of_owner": owner}
    rank_now = tx.execute(_RANK_NOW, known).scalar_one() or 0
    last_rank = tx.execute(_LAST_RANK_OF_OWNER, known).scalar_one() or 0
    rank = max(rank_now, last_rank) + cost
    job = {"queue": queue, "subject": subject, "due_ms": at_ms, "owner": owner, "rank": rank}
    tx.execute(_ENQUEUE, job)


def enqueue(tx: Transaction, queue: Queue, subject: str, *, at_ms: int) -> None:
    """Wake `queue` for `subject` at `at_ms`, or earlier if it was to be woken earlier.

    A job that runs right now runs again: the change that asked came after what it had read.
    """
    tx.execute(_ENQUEUE, {"queue": queue, "subject": subject, "due_ms": at_ms})


def reschedule(tx: Transaction, queue: Queue, wake: Wake, *, at_ms: int) -> None:
    """Say when to look again, from inside a run.

    A wish that came during the run (another generation) keeps its earlier time: it knows
    something that this run may not have seen.
    """
    tx.execute(
        _RESCHEDULE,
        {
            "queue": queue,
            "subject": wake.subject,
            "due_ms": at_ms,
            "read_generation": wake.generation,
        },
    )


def forget(tx: Transaction, queue: Queue, subject: str) -> None:
    """Drop a wake-up that nobody needs any more."""
    tx.execute(_FORGET, {"of_queue": queue, "of_subject": subject})


def bring_forward(tx: Transaction, *, by_ms: int, now_ms: int) -> None:
    """Bring every wake-up that is to come forward."""
    tx.execute(update(_jobs).where(_jobs.c.due_ms > now_ms).values(due_ms=_jobs.c.due_ms - by_ms))


def probe(tx: Transaction, *, now_ms: int) -> None:
    """Write a job and take it back, so that the commit has asked the disk and leaves nothing.

    A transaction that changes nothing commits on a full disk too.
    """
    enqueue(tx, "sweep", PROBE, at_ms=now_ms)
    forget(tx, "sweep", PROBE)


def depths(tx: Transaction) -> dict[str, int]:
    """How many jobs each queue holds."""
    rows = tx.execute(select(_jobs.c.queue, func.count()).group_by(_jobs.c.queue))
    return {row[0]: row[1] for row in rows}


class BringForward(Protocol):
    """Inside a transaction, let everything that waits wait so much less."""

    def __call__(self, tx: Transaction, *, by_ms: int, now_ms: int) -> None:
        """Change every time after `now_ms`."""
        ...


@dataclass
class EmbeddedEngine:
    """Runs due jobs, each queue in its own lane, until told to stop.

    on_set_back  what to do when the wall clock was set back: whatever was due in two seconds would
                 otherwise wait until the clock has caught up, which can be a year
    """

    database: Database
    lanes: Mapping[Queue, Lane]
    clock_ms: Callable[[], int] = field(default=lambda: time.time_ns() // 1_000_000)
    steady_ms: Callable[[], int] = field(default=lambda: time.monotonic_ns() // 1_000_000)
    on_set_back: BringForward = bring_forward

    def __post_init__(self) -> None:
        """Listen to commits: one of ours may have made a job due."""
        self._running: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._by_rank = frozenset(name for name, lane in self.lanes.items() if lane.by_rank)
        self._nudged = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._seen_ms: tuple[int, int] | None = None
        self.database.after_commit(self._nudge_from_thread)

    @property
    def running_count(self) -> int:
        """How many jobs run right now."""
        return len(self._running)

    async def run(self, stop: asyncio.Event) -> None:
        """Start due jobs until `stop` is set, then end those that run: their rows stay."""
        self._loop = asyncio.get_running_loop()
        stopper = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                wait_ms = await self._look()
                await asyncio.wait({stopper}, timeout=LOOK_EVERY_MS_MIN / 1_000)
                await self._sleep(wait_ms - LOOK_EVERY_MS_MIN, stopper)
        finally:
            stopper.cancel()
            await self._end_running()

    async def _look(self) -> int:
        """Start what is due in every lane; say how long until the next job, in milliseconds."""
        self._nudged.clear()
        now_ms = self.clock_ms()
        try:
            await self._mind_the_clock(now_ms)
            soon = await self.database.read(_soon, self._wanted(), self._by_rank, now_ms)
        except Unavailable:
            _log.warning("engine.store_down", exc_info=True)
            return LOOK_EVERY_MS_MAX
        return min(
            (self._fill(queue, jobs, now_ms) for queue, jobs in soon.items()),
            default=LOOK_EVERY_MS_MAX,
        )

    async def _mind_the_clock(self, now_ms: int) -> None:
        """Compare the wall clock with one that nobody sets; both were read at the last look too."""
        seen, steady_ms = self._seen_ms, self.steady_ms()
        if seen is not None:
            back_ms = (steady_ms - seen[1]) - (now_ms - seen[0])
            if back_ms >= SET_BACK_MS_MIN:
                # Early is harmless: who is woken looks at the row first.
                await self.database.write(self.on_set_back, by_ms=back_ms, now_ms=now_ms)
                _log.warning("engine.clock_set_back", by_ms=back_ms)
        self._seen_ms = now_ms, steady_ms

    def _wanted(self) -> dict[Queue, int]:
        """How many jobs to read for each lane that is not full; those that run are still rows."""
        running = Counter(queue for queue, _ in self._running)
        return {
            queue: lane.at_once
            for queue, lane in self.lanes.items()
            if running[queue] < lane.at_once
        }

    def _fill(self, queue: Queue, jobs: Sequence[_Job], now_ms: int) -> int:
        """Start a lane's due jobs; say how long until the first that is not due."""
        lane = self.lanes[queue]
        mine = {subject for name, subject in self._running if name == queue}
        free = lane.at_once - len(mine)
        wait_ms = LOOK_EVERY_MS_MAX
        for job in jobs:
            if free == 0:
                return LOOK_EVERY_MS_MAX
            if job.subject in mine:
                continue
            if job.due_ms > now_ms:
                wait_ms = min(wait_ms, job.due_ms - now_ms)
                continue
            self._start(job, lane, now_ms)
            free -= 1
        return wait_ms

    def _start(self, job: _Job, lane: Lane, now_ms: int) -> None:
        key = (job.queue, job.subject)
        run = asyncio.get_running_loop().create_task(self._run_one(job, lane, now_ms))
        self._running[key] = run
        run.add_done_callback(lambda _: self._ended(key))

    def _ended(self, key: tuple[str, str]) -> None:
        del self._running[key]
        self._nudged.set()

    async def _run_one(self, job: _Job, lane: Lane, now_ms: int) -> None:
        try:
            try:
                await lane.run(Wake(subject=job.subject, now_ms=now_ms, generation=job.generation))
            except Exception:  # noqa: BLE001 - the worker's loop, where errors become next steps
                # A step that failed is a step not taken: its row stays and is tried again later.
                _log.exception("job.failed", queue=job.queue, subject=job.subject)
                await self.database.write(_postpone, job, self.clock_ms())
            else:
                await self.database.write(_remove, job)
        except Unavailable:
            # Down or overloaded: nothing was written, so the job is due still. It holds its place
            # for a while, or it would be run over and over by a machine that is in trouble.
            _log.warning("job.store_down", queue=job.queue, subject=job.subject, exc_info=True)
            await asyncio.sleep(FAILURE_WAIT_MS_MIN / 1_000)

    async def _sleep(self, wait_ms: int, stopper: asyncio.Task[Literal[True]]) -> None:
        nudge = asyncio.create_task(self._nudged.wait())
        try:
            await asyncio.wait(
                {nudge, stopper},
                timeout=max(0, wait_ms) / 1_000,
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            nudge.cancel()

    async def _end_running(self) -> None:
        running = list(self._running.values())
        for run in running:
            run.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _nudge_from_thread(self) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._nudged.set)


def _soon(
    tx: Transaction, wanted: Mapping[Queue, int], by_rank: frozenset[Queue], now_ms: int
) -> dict[Queue, list[_Job]]:
    """Each queue's jobs until the next look at the latest, in their order, so many at most."""
    before_ms = now_ms + LOOK_EVERY_MS_MAX
    return {
        queue: [
            _Job(*row)
            for row in tx.execute(
                _SOON_BY_RANK if queue in by_rank else _SOON,
                {"of_queue": queue, "before_ms": before_ms, "rows_max": rows_max},
            )
        ]
        for queue, rows_max in wanted.items()
    }


def _as_read(job: _Job) -> dict[str, str | int]:
    return {
        "of_queue": job.queue,
        "of_subject": job.subject,
        "read_generation": job.generation,
    }


def _remove(tx: Transaction, job: _Job) -> None:
    tx.execute(_REMOVE, _as_read(job))


def _postpone(tx: Transaction, job: _Job, now_ms: int) -> None:
    wait_ms = min(FAILURE_WAIT_MS_MIN * 2 ** min(job.failures, 16), FAILURE_WAIT_MS_MAX)
    jitter_ms = random.randrange(wait_ms // 4 + 1)  # noqa: S311 - spreads work, guards nothing
    tx.execute(
        _POSTPONE,
        _as_read(job) | {"due_ms": now_ms + wait_ms + jitter_ms, "failures": job.failures + 1},
    )
