"""When the engine looks: at once after a quiet while, and once for many commits under load."""

import asyncio
import time
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import event, text

from framegate.engine import embedded
from framegate.engine.embedded import LOOK_EVERY_MS_MIN, EmbeddedEngine, Lane, Wake
from framegate.store import migrate
from framegate.store.database import Database

NOW_MS = 1_783_065_388_949


@pytest.fixture
def database(tmp_path):
    opened = Database.open(f"sqlite:///{tmp_path}/framegate.db")
    migrate.upgrade(opened)
    yield opened
    opened.close_now()


class Flow:
    """Notes what it is woken for; a test may hold it."""

    def __init__(self):
        self.woken, self.may_end, self.error = asyncio.Queue(), asyncio.Event(), None
        self.may_end.set()
        self.running = 0

    async def __call__(self, wake):
        self.running += 1
        self.woken.put_nowait(wake.subject)
        try:
            await self.may_end.wait()
            if self.error is not None:
                raise self.error
        finally:
            self.running -= 1


@pytest.fixture
def flow():
    return Flow()


@asynccontextmanager
async def running(database, flow, *, at_once=2):
    engine = EmbeddedEngine(
        database=database,
        lanes={"track": Lane(flow, at_once)},
        clock_ms=lambda: NOW_MS,
        steady_ms=lambda: NOW_MS,
    )
    stop = asyncio.Event()
    run = asyncio.create_task(engine.run(stop))
    yield engine
    stop.set()
    await run


async def enqueue(database, *subjects, at_ms=NOW_MS):
    for subject in subjects:
        await database.write(embedded.enqueue, "track", subject, at_ms=at_ms)


def jobs(database):
    rows = database.read_now(
        lambda tx: tx.execute(text("SELECT subject, due_ms, failures FROM jobs")).all()
    )
    return {subject: (due_ms, failures) for subject, due_ms, failures in rows}


async def until(is_so):
    while not is_so():  # noqa: ASYNC110 - a turn of the loop, not a wait for luck
        await asyncio.sleep(0)


async def test_a_due_job_runs_and_its_row_goes(database, flow):
    await enqueue(database, "one")

    async with running(database, flow):
        assert await flow.woken.get() == "one"
        await until(lambda: not jobs(database))


async def test_a_commit_of_ours_brings_the_next_look_forward(database, flow):
    async with running(database, flow):
        for subject in ("one", "two", "three"):
            await enqueue(database, subject)
            assert await flow.woken.get() == subject


async def test_a_job_that_is_not_due_waits(database, flow):
    await enqueue(database, "later", at_ms=NOW_MS + 1)
    await enqueue(database, "now")

    async with running(database, flow):
        assert await flow.woken.get() == "now"
        await until(lambda: "now" not in jobs(database))

    assert flow.woken.empty()
    assert jobs(database) == {"later": (NOW_MS + 1, 0)}


async def test_a_lane_runs_no_more_at_once_than_it_may(database, flow):
    flow.may_end.clear()
    await enqueue(database, "one", "two", "three")

    async with running(database, flow, at_once=2) as engine:
        assert {await flow.woken.get(), await flow.woken.get()} == {"one", "two"}
        await enqueue(database, "four")
        assert (engine.running_count, flow.running) == (2, 2)
        flow.may_end.set()
        assert [await flow.woken.get(), await flow.woken.get()] == ["three", "four"]


async def test_a_job_that_is_wished_for_while_it_runs_runs_again(database, flow):
    flow.may_end.clear()
    await enqueue(database, "one")

    async with running(database, flow):
        await flow.woken.get()
        await enqueue(database, "one")
        flow.may_end.set()
        assert await flow.woken.get() == "one"


async def test_a_job_that_fails_keeps_its_row_for_later(database, flow):
    flow.error = ValueError("no")
    await enqueue(database, "one")

    async with running(database, flow):
        await flow.woken.get()
        await until(lambda: jobs(database)["one"][1])

    due_ms, failures = jobs(database)["one"]
    assert failures == 1
    assert due_ms >= NOW_MS + embedded.FAILURE_WAIT_MS_MIN


async def test_stopping_leaves_the_rows_of_what_runs(database, flow):
    flow.may_end.clear()
    await enqueue(database, "one")

    async with running(database, flow):
        await flow.woken.get()

    assert jobs(database) == {"one": (NOW_MS, 0)}


async def test_a_wish_during_a_run_keeps_its_earlier_time(database):
    await enqueue(database, "one")
    wake = Wake(subject="one", now_ms=NOW_MS, generation=0)

    await database.write(embedded.reschedule, "track", wake, at_ms=NOW_MS + 9)
    assert jobs(database)["one"] == (NOW_MS + 9, 0)
    await enqueue(database, "one", at_ms=NOW_MS + 3)
    await database.write(embedded.reschedule, "track", wake, at_ms=NOW_MS + 9)
    assert jobs(database)["one"] == (NOW_MS + 3, 0)


# --- what it costs ----------------------------------------------------------------------------


@pytest.fixture
def looks(database):
    """Every statement that reads jobs for the engine."""
    seen = []

    def note(connection, cursor, statement, values, context, is_many):
        if statement.startswith("SELECT jobs."):
            seen.append((statement, values))

    event.listen(database.engine, "before_cursor_execute", note)
    return seen


async def test_many_commits_cost_few_looks(database, flow, looks):
    begun = time.monotonic()
    async with running(database, flow):
        await enqueue(database, *map(str, range(300)), at_ms=NOW_MS + 3_000)
    took_ms = (time.monotonic() - begun) * 1_000

    assert len(looks) <= took_ms / LOOK_EVERY_MS_MIN + 2


async def test_a_look_reads_a_range_of_an_index(database, flow, looks):
    await enqueue(database, "one")
    async with running(database, flow):
        await flow.woken.get()

    (statement, values), *_ = looks
    plan = database.read_now(
        lambda tx: tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
    )
    assert [row.detail for row in plan] == [
        "SEARCH jobs USING INDEX ix_jobs_queue_due_ms (queue=? AND due_ms<?)"
    ]
