"""An engine on a real database, with a clock in hand and flows that do as they are told."""

import asyncio
from collections import deque
from contextlib import asynccontextmanager

import pytest

from fakes.house import Clock
from framegate.engine.embedded import EmbeddedEngine, Lane
from framegate.store import migrate
from framegate.store.database import Database

PATIENCE_S = 20
"""How long a test waits for what must happen before it fails; no test waits that long."""


class Flow:
    """Notes its wakes, waits while it is held, raises what it was told to."""

    def __init__(self):
        self.wakes = []
        self.errors = deque()
        self.started = asyncio.Queue()
        self.let_go = asyncio.Event()
        self.let_go.set()
        self.cancelled = []
        self.running = self.running_max = 0

    async def __call__(self, wake):
        self.wakes.append(wake)
        self.running += 1
        self.running_max = max(self.running, self.running_max)
        self.started.put_nowait(wake.subject)
        try:
            await self.let_go.wait()
        except asyncio.CancelledError:
            self.cancelled.append(wake.subject)
            raise
        finally:
            self.running -= 1
        if self.errors:
            raise self.errors.popleft()

    @property
    def subjects(self):
        return [wake.subject for wake in self.wakes]

    async def has_started(self, count=1):
        async with asyncio.timeout(PATIENCE_S):
            return [await self.started.get() for _ in range(count)]


class Workshop:
    """One data folder's jobs, and an engine that runs them while `working`."""

    def __init__(self, path):
        self.path, self.clock, self.steady = path, Clock(), Clock()
        self._committed = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self.open()

    def open(self, **options):
        self.database = Database.open(f"sqlite:///{self.path}", **options)
        migrate.upgrade(self.database)
        self.database.after_commit(self._say_committed)

    def engine(self, **lanes):
        chosen = {name: Lane(flow, at_once=at_once) for name, (flow, at_once) in lanes.items()}
        return EmbeddedEngine(
            database=self.database, lanes=chosen, clock_ms=self.clock, steady_ms=self.steady
        )

    @asynccontextmanager
    async def working(self, flow, *, at_once=4):
        stop, engine = asyncio.Event(), self.engine(track=(flow, at_once))
        running = asyncio.create_task(engine.run(stop))
        try:
            yield engine
        finally:
            stop.set()
            await running

    def write(self, work, *args, **options):
        return self.database.write_now(work, *args, **options)

    def jobs(self):
        query = "SELECT * FROM jobs ORDER BY queue, subject"
        rows = self.database.read_now(lambda tx: tx.exec_driver_sql(query).all())
        return {row.subject: row for row in rows}

    async def until(self, is_so):
        """Wait for the commit after which `is_so` of the jobs."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                self._committed.clear()
                if is_so(self.jobs()):
                    return
                await self._committed.wait()

    def _say_committed(self):
        self._loop.call_soon_threadsafe(self._committed.set)


@pytest.fixture
def flow():
    return Flow()


@pytest.fixture
async def shop(tmp_path):
    opened = Workshop(tmp_path / "framegate.db")
    yield opened
    opened.database.close_now()
