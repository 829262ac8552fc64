"""Tells every open stream of what happens to tasks, in this process or in another.

One look at the newest lines of life, and one at what is being rendered, serves all the streams of
a process together. It looks after each commit of ours, and a few times a second for those of
others. Only a line of life has an id: whoever saw one can be told everything behind it.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field

import structlog

from framegate.domain.upstream import Headway, Upstream
from framegate.errors import StoreDown, TooManyRequests
from framegate.store import life
from framegate.store.database import Database
from framegate.store.life import Line

STREAMS_PER_ACCOUNT_MAX = 200
WAITING_MAX = 256
"""How much waits for one slow reader; who falls behind is hung up on and comes back by its id."""

LOOK_EVERY_S = 0.25
"""For commits of other processes, and for headway: four times a second."""

# After a commit of ours we wait for those that come with it: twenty looks a second are many.
GATHER_S = 0.05
TROUBLE_WAIT_S = 1.0
LINES_AT_ONCE = 500
RETRY_AFTER_S = 10

_log = structlog.get_logger("framegate.flows.watch")


@dataclass(eq=False)
class Watcher:
    """One stream's side: `next` gives what happened, in order."""

    account_id: str | None  # None: of every account.
    task_id: str | None  # None: of every task.
    owner: str  # Whose streams are counted.
    seen: int  # Lines up to this one are not told here: the stream reads them itself.
    is_over: bool = False
    _waiting: asyncio.Queue[Line | Headway | None] = field(
        default_factory=lambda: asyncio.Queue(WAITING_MAX)
    )

    async def next(self, *, wait_s: float) -> Line | Headway | None:
        """What happens next; None once the stream should end.

        raises   TimeoutError when nothing happened for so long
        """
        if self.is_over and self._waiting.empty():
            return None
        return await asyncio.wait_for(self._waiting.get(), wait_s)

    def tell(self, news: Line | Headway) -> None:
        """Hand something over; a reader that has fallen too far behind is ended instead."""
        if self.is_over or (self.task_id is not None and news.task_id != self.task_id):
            return
        if not self._waiting.full():
            self._waiting.put_nowait(news)
        elif isinstance(news, Line):
            self.end()  # Headway may be lost, a line never: it is read again by its id.

    def end(self) -> None:
        """Let the stream end, when it has read what waits."""
        self.is_over = True
        if not self._waiting.full():
            self._waiting.put_nowait(None)


class Watch:
    """Everybody who watches. All methods are for one event loop."""

    def __init__(
        self,
        *,
        database: Database,
        upstreams: Iterable[Upstream],
        per_account_max: int = STREAMS_PER_ACCOUNT_MAX,
    ) -> None:
        self._database = database
        self._upstreams = tuple(upstreams)
        self._per_account_max = per_account_max
        self._watchers: dict[str | None, set[Watcher]] = {}
        self._counts: dict[str, int] = {}
        self._told: dict[str, Headway] = {}
        self._seen = 0
        self._looking: asyncio.Task[None] | None = None
        self._nudged = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_ended = False
        database.after_commit(self._nudge_from_thread)

    @property
    def count(self) -> int:
        """How many streams are open."""
        return sum(self._counts.values())

    async def open(self, *, account_id: str | None, task_id: str | None, owner: str) -> Watcher:
        """Begin to watch one account (None: all), or one task of it.

        owner    the account whose streams are counted
        raises   TooManyRequests when it has as many as it may; StoreDown
        """
        if self._counts.get(owner, 0) >= self._per_account_max:
            raise TooManyRequests(
                f"an account may have {self._per_account_max} open event streams",
                retry_after_s=RETRY_AFTER_S,
            )
        # Counted before the first wait, or many at once would all be the last that may.
        self._counts[owner] = self._counts.get(owner, 0) + 1
        try:
            await self._begin_looking()
        except BaseException:
            self._count_down(owner)
            raise
        watcher = Watcher(account_id, task_id, owner, seen=self._seen)
        self._watchers.setdefault(account_id, set()).add(watcher)
        if self._is_ended:
            watcher.end()
        return watcher

    def close(self, watcher: Watcher) -> None:
        """Forget a stream that has ended."""
        of_account = self._watchers.get(watcher.account_id, set())
        if watcher in of_account:
            of_account.remove(watcher)
            self._count_down(watcher.owner)
        if not of_account:
            self._watchers.pop(watcher.account_id, None)

    def end(self) -> None:
        """The server stops: every stream ends when it has said what it knows."""
        self._is_ended = True
        for watchers in self._watchers.values():
            for watcher in watchers:
                watcher.end()
        self._nudged.set()

    # --- looking ------------------------------------------------------------------------------

    def _count_down(self, owner: str) -> None:
        self._counts[owner] -= 1
        if not self._counts[owner]:
            del self._counts[owner]

    async def _begin_looking(self) -> None:
        if self._looking is not None and not self._looking.done():
            return
        seen = await self._database.read(life.newest)
        # Another stream may have begun it while we asked.
        if self._looking is None or self._looking.done():
            self._seen = seen
            self._loop = asyncio.get_running_loop()
            self._looking = self._loop.create_task(self._look_while_watched())

    async def _look_while_watched(self) -> None:
        headway_at = 0.0
        loop = asyncio.get_running_loop()
        while self._counts and not self._is_ended:
            self._nudged.clear()
            try:
                await self._look_at_lines()
                if loop.time() >= headway_at:
                    headway_at = loop.time() + LOOK_EVERY_S
                    await self._look_at_headway()
            except StoreDown:
                _log.warning("watch.store_down", exc_info=True)
                await asyncio.sleep(TROUBLE_WAIT_S)
                continue
            await self._wait()

    async def _look_at_lines(self) -> None:
        while True:
            lines = await self._database.read(
                life.of_account, None, after=self._seen, rows_max=LINES_AT_ONCE
            )
            for line in lines:
                self._tell(line)
                self._seen = line.id
                if line.status.is_terminal:
                    self._told.pop(line.task_id, None)
            if len(lines) < LINES_AT_ONCE:
                return

    async def _look_at_headway(self) -> None:
        told = {}
        for upstream in self._upstreams:
            for headway in await upstream.headway():
                told[headway.task_id] = headway
                if headway != self._told.get(headway.task_id):
                    self._tell(headway)
        self._told = told

    def _tell(self, news: Line | Headway) -> None:
        for account_id in (news.account_id, None):
            for watcher in self._watchers.get(account_id, ()):
                watcher.tell(news)

    async def _wait(self) -> None:
        try:
            await asyncio.wait_for(self._nudged.wait(), LOOK_EVERY_S)
        except TimeoutError:
            return
        if not self._is_ended:
            await asyncio.sleep(GATHER_S)

    def _nudge_from_thread(self) -> None:
        if self._loop is not None and self._counts and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._nudged.set)
