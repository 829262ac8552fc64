"""The engine: when a job is due, who runs it, and what is left of it whatever happens."""

import asyncio
import sqlite3
import threading
from contextlib import asynccontextmanager, closing

import pytest
from sqlalchemy import event
from structlog.testing import capture_logs

from fakes.house import NOW_MS
from framegate.engine import embedded as engine
from framegate.engine.embedded import FAILURE_WAIT_MS_MAX, FAILURE_WAIT_MS_MIN, Wake
from framegate.store.database import Database

PATIENCE_S = 20
"""How long a test waits for what must happen before it fails; no test waits that long."""


def enqueue(shop, *subjects, at_ms=NOW_MS, queue="track"):
    def write(tx):
        for subject in subjects:
            engine.enqueue(tx, queue, subject, at_ms=at_ms)

    shop.write(write)


def is_empty(jobs):
    return not jobs


def reschedule(shop, *, at_ms, generation=0, subject="a"):
    wake = Wake(subject=subject, now_ms=NOW_MS, generation=generation)
    shop.write(engine.reschedule, "track", wake, at_ms=at_ms)


def beside(shop, statement):
    """Run one statement as another process would."""
    with closing(sqlite3.connect(shop.path)) as other, other:
        other.execute(statement)


def damage(path):
    """Overwrite everything behind the first page, as a dying disk might."""
    with path.open("r+b") as file:
        file.seek(4_096)
        file.write(b"\xff" * (path.stat().st_size - 4_096))


async def logged(logs, name):
    """Wait until the engine has logged this."""
    async with asyncio.timeout(PATIENCE_S):
        while not any(line["event"] == name for line in logs):  # noqa: ASYNC110 - as below
            await asyncio.sleep(0)


@asynccontextmanager
async def full_queue(database):
    """The writer is busy, and as many units wait as may."""
    is_busy, let_go = threading.Event(), threading.Event()

    def hold(_tx):
        is_busy.set()
        let_go.wait()

    holding = asyncio.create_task(database.write(hold))
    await asyncio.to_thread(is_busy.wait)
    waiting = asyncio.create_task(database.write(engine.depths))
    while not database.waiting:  # noqa: ASYNC110 - a turn of the loop, not a wait for luck
        await asyncio.sleep(0)
    try:
        yield
    finally:
        let_go.set()
        await asyncio.gather(holding, waiting)


# --- what is written --------------------------------------------------------------------------


@pytest.mark.parametrize(("later_ms", "due_ms"), [(-1, NOW_MS - 1), (0, NOW_MS), (1, NOW_MS)])
async def test_job_enqueued_again_keeps_the_earlier_time_and_counts_the_wish(
    shop, later_ms, due_ms
):
    enqueue(shop, "a")
    enqueue(shop, "a", at_ms=NOW_MS + later_ms)
    job = shop.jobs()["a"]
    assert (job.due_ms, job.generation) == (due_ms, 1)


async def test_same_subject_in_two_queues_is_two_jobs(shop):
    enqueue(shop, "a")
    enqueue(shop, "a", queue="deliver")
    assert shop.database.read_now(engine.depths) == {"deliver": 1, "track": 1}


async def test_job_of_a_transaction_that_fails_is_not_there(shop):
    def fail(tx):
        engine.enqueue(tx, "track", "a", at_ms=NOW_MS)
        raise LookupError

    with pytest.raises(LookupError):
        shop.write(fail)
    assert shop.jobs() == {}


async def test_rescheduled_job_waits_until_then_even_if_it_was_due_before(shop):
    enqueue(shop, "a")
    reschedule(shop, at_ms=NOW_MS + 5_000)
    assert shop.jobs()["a"].due_ms == NOW_MS + 5_000


async def test_earlier_wish_that_came_during_the_run_outlives_its_reschedule(shop):
    enqueue(shop, "a")
    enqueue(shop, "a")
    reschedule(shop, at_ms=NOW_MS + 5_000, generation=0)
    assert shop.jobs()["a"].due_ms == NOW_MS


async def test_later_wish_that_came_during_the_run_does_not_put_it_off(shop):
    enqueue(shop, "a", at_ms=NOW_MS + 9_000)
    enqueue(shop, "a", at_ms=NOW_MS + 9_000)
    reschedule(shop, at_ms=NOW_MS + 5_000, generation=0)
    assert shop.jobs()["a"].due_ms == NOW_MS + 5_000


async def test_job_that_lost_its_row_gets_one_by_its_reschedule(shop):
    reschedule(shop, at_ms=NOW_MS + 5_000)
    assert shop.jobs()["a"].due_ms == NOW_MS + 5_000


async def test_forgotten_job_is_gone_and_its_neighbours_are_not(shop):
    enqueue(shop, "a", "b")
    enqueue(shop, "c", queue="deliver")
    shop.write(engine.forget, "track", "a")
    shop.write(engine.forget, "track", "c")
    assert sorted(shop.jobs()) == ["b", "c"]


# --- one run ----------------------------------------------------------------------------------


async def test_due_job_runs_once_and_leaves_nothing(shop, flow):
    enqueue(shop, "a")
    async with shop.working(flow):
        await shop.until(is_empty)
    assert flow.wakes == [Wake(subject="a", now_ms=NOW_MS, generation=0)]


async def test_job_that_is_not_due_waits_for_its_time(shop, flow):
    enqueue(shop, "later", at_ms=NOW_MS + 1)
    async with shop.working(flow):
        enqueue(shop, "now")
        assert await flow.has_started() == ["now"]
        shop.clock.now_ms += 1
        assert await flow.has_started() == ["later"]


async def test_jobs_run_in_the_order_of_their_times(shop, flow):
    for subject, due_ms in (("third", 3), ("first", 1), ("second", 2)):
        enqueue(shop, subject, at_ms=NOW_MS - 10 + due_ms)
    async with shop.working(flow, at_once=1):
        assert await flow.has_started(3) == ["first", "second", "third"]


async def test_job_enqueued_during_its_own_run_runs_again(shop, flow):
    """The change that asked came after what the run had read."""
    flow.let_go.clear()
    enqueue(shop, "a")
    async with shop.working(flow):
        await flow.has_started()
        enqueue(shop, "a", at_ms=NOW_MS + 60_000)
        flow.let_go.set()
        await shop.until(is_empty)
    assert [wake.generation for wake in flow.wakes] == [0, 1]


async def test_running_job_is_not_started_twice_however_often_it_is_enqueued(shop, flow):
    flow.let_go.clear()
    enqueue(shop, "a")
    async with shop.working(flow):
        await flow.has_started()
        for number in range(3):
            enqueue(shop, "a", f"other-{number}")
            await flow.has_started()
        assert flow.subjects.count("a") == 1
        flow.let_go.set()
        await shop.until(is_empty)


async def test_run_that_asks_for_another_time_keeps_its_row(shop, flow):
    async def look_again(wake):
        await flow(wake)
        await shop.database.write(engine.reschedule, "track", wake, at_ms=NOW_MS + 5_000)

    enqueue(shop, "a")
    async with shop.working(look_again):
        await shop.until(lambda jobs: jobs["a"].due_ms == NOW_MS + 5_000)
    assert (len(flow.wakes), len(shop.jobs())) == (1, 1)


# --- runs that fail ---------------------------------------------------------------------------


async def test_job_whose_run_raises_stays_and_is_put_off(shop, flow):
    flow.errors.append(ValueError("no"))
    enqueue(shop, "a")
    async with shop.working(flow):
        await shop.until(lambda jobs: jobs["a"].failures == 1)
    wait_ms = shop.jobs()["a"].due_ms - NOW_MS
    assert FAILURE_WAIT_MS_MIN <= wait_ms <= FAILURE_WAIT_MS_MIN * 5 // 4


async def test_each_failure_doubles_the_wait_up_to_a_bound(shop, flow):
    failures = 12
    flow.errors.extend(ValueError(number) for number in range(failures))
    enqueue(shop, "a")
    waits_ms = []
    async with shop.working(flow):
        for number in range(1, failures + 1):
            await shop.until(lambda jobs, number=number: jobs["a"].failures == number)
            waits_ms.append(shop.jobs()["a"].due_ms - shop.clock())
            shop.clock.now_ms = shop.jobs()["a"].due_ms
    for number, wait_ms in enumerate(waits_ms):
        least_ms = min(FAILURE_WAIT_MS_MIN * 2**number, FAILURE_WAIT_MS_MAX)
        assert least_ms <= wait_ms <= least_ms * 5 // 4


async def test_good_run_after_failures_begins_to_count_anew(shop, flow):
    async def look_again(wake):
        await flow(wake)
        await shop.database.write(engine.reschedule, "track", wake, at_ms=NOW_MS + 9_000)

    flow.errors.append(ValueError("once"))
    enqueue(shop, "a")
    async with shop.working(look_again):
        await shop.until(lambda jobs: jobs["a"].failures == 1)
        shop.clock.now_ms += 2_000
        await shop.until(lambda jobs: jobs["a"].due_ms == NOW_MS + 9_000)
    assert shop.jobs()["a"].failures == 0


async def test_wish_that_came_during_a_failed_run_is_not_put_off(shop, flow):
    flow.errors.append(ValueError("no"))
    flow.let_go.clear()
    enqueue(shop, "a")
    async with shop.working(flow):
        await flow.has_started()
        enqueue(shop, "a")
        flow.let_go.set()
        await shop.until(is_empty)
    assert len(flow.wakes) == 2


async def test_failed_job_delays_nobody_else(shop, flow):
    flow.errors.append(ValueError("no"))
    enqueue(shop, "a", at_ms=NOW_MS - 1)
    enqueue(shop, "b")
    async with shop.working(flow, at_once=1):
        await shop.until(lambda jobs: "b" not in jobs)
    assert flow.subjects == ["a", "b"]


# --- lanes ------------------------------------------------------------------------------------


async def test_lane_runs_as_many_as_it_may_and_no_more(shop, flow):
    flow.let_go.clear()
    enqueue(shop, *"abcdef")
    async with shop.working(flow, at_once=3) as running:
        await flow.has_started(3)
        assert running.running_count == 3
        flow.let_go.set()
        await shop.until(is_empty)
    assert flow.running_max == 3


async def test_many_more_due_jobs_than_a_lane_holds_all_run_once(shop, flow):
    subjects = [f"task_{number:03}" for number in range(200)]
    enqueue(shop, *subjects)
    async with shop.working(flow, at_once=7):
        await shop.until(is_empty)
    assert sorted(flow.subjects) == subjects
    assert flow.running_max <= 7


async def test_full_lane_holds_up_no_other_lane(shop, flow):
    flow.let_go.clear()
    other = type(flow)()
    enqueue(shop, "a", "b")
    enqueue(shop, "c", queue="deliver")
    stop = asyncio.Event()
    both = shop.engine(track=(flow, 1), deliver=(other, 1))
    running = asyncio.create_task(both.run(stop))
    assert await other.has_started() == ["c"]
    assert flow.subjects == ["a"]
    stop.set()
    await running


async def test_queue_without_a_lane_is_left_to_another_process(shop, flow):
    enqueue(shop, "theirs", queue="render")
    enqueue(shop, "ours")
    async with shop.working(flow):
        await shop.until(lambda jobs: "ours" not in jobs)
    assert list(shop.jobs()) == ["theirs"]


# --- stopping and starting --------------------------------------------------------------------


async def test_stop_ends_what_runs_and_leaves_its_rows(shop, flow):
    flow.let_go.clear()
    enqueue(shop, "a", "b")
    async with shop.working(flow, at_once=2) as running:
        await flow.has_started(2)
    assert sorted(flow.cancelled) == ["a", "b"]
    assert running.running_count == 0
    assert [job.failures for job in shop.jobs().values()] == [0, 0]


async def test_cancelled_engine_ends_what_runs_too(shop, flow):
    flow.let_go.clear()
    enqueue(shop, "a")
    running = asyncio.create_task(shop.engine(track=(flow, 1)).run(asyncio.Event()))
    await flow.has_started()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert flow.cancelled == ["a"]
    assert list(shop.jobs()) == ["a"]


async def test_job_that_was_cut_off_runs_again_after_the_database_is_opened_again(shop, flow):
    flow.let_go.clear()
    enqueue(shop, "a")
    async with shop.working(flow):
        await flow.has_started()
    shop.database.close_now()
    shop.open()
    flow.let_go.set()
    async with shop.working(flow):
        await shop.until(is_empty)
    assert flow.subjects == ["a", "a"]


async def test_job_of_another_process_is_found_without_a_nudge(shop, flow):
    """Its commits are not ours, so nobody tells this engine."""
    async with shop.working(flow):
        enqueue(shop, "first")
        await flow.has_started()
        beside(shop, "INSERT INTO jobs (queue, subject) VALUES ('track', 'theirs')")
        assert await flow.has_started() == ["theirs"]


# --- a store in trouble -----------------------------------------------------------------------


async def test_store_that_is_down_does_not_end_the_loop(shop, flow):
    enqueue(shop, "a")
    beside(shop, "ALTER TABLE jobs RENAME TO away")
    with capture_logs() as logs:
        async with shop.working(flow):
            await logged(logs, "engine.store_down")
            beside(shop, "ALTER TABLE away RENAME TO jobs")
            assert await flow.has_started() == ["a"]


async def test_damaged_database_does_not_end_the_loop(shop, flow):
    shop.database.close_now()
    damage(shop.path)
    shop.database = Database.open(f"sqlite:///{shop.path}")
    with capture_logs() as logs:
        async with shop.working(flow):
            await logged(logs, "engine.store_down")


async def test_run_that_cannot_be_written_down_keeps_its_row_and_waits(shop, flow):
    enqueue(shop, "a")
    beside(shop, "CREATE TRIGGER no BEFORE DELETE ON jobs BEGIN SELECT nowhere(); END")
    with capture_logs() as logs:
        async with shop.working(flow) as running:
            await logged(logs, "job.store_down")
            assert running.running_count == 1  # It holds its place, so that nothing spins.
    assert flow.subjects == ["a"]
    assert list(shop.jobs()) == ["a"]


async def test_run_that_meets_a_full_write_queue_keeps_its_row_and_waits(shop, flow):
    enqueue(shop, "a")
    shop.database.close_now()
    shop.open(write_queue_max=1)
    with capture_logs() as logs:
        async with full_queue(shop.database), shop.working(flow) as running:
            await logged(logs, "job.store_down")
            assert running.running_count == 1
    assert flow.subjects == ["a"]
    assert list(shop.jobs()) == ["a"]


# --- its queries ------------------------------------------------------------------------------


async def test_engine_reads_due_jobs_from_their_index_and_sorts_nothing(shop, flow):
    asked = []
    event.listen(
        shop.database.engine,
        "before_cursor_execute",
        lambda _connection, _cursor, statement, values, *_: asked.append((statement, values)),
    )
    enqueue(shop, "a")
    async with shop.working(flow):
        await flow.has_started()
    statement, values = next(each for each in asked if each[0].startswith("SELECT jobs"))
    plan = shop.database.read_now(
        lambda tx: tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
    )
    assert ["ix_jobs_queue_due_ms (queue=? AND due_ms<?)" in step.detail for step in plan] == [True]


# --- a clock that is set ----------------------------------------------------------------------


async def test_clock_that_is_set_back_brings_forward_what_waits(shop, flow):
    """It was to come in a second, and would come in an hour and a second."""
    enqueue(shop, "a", at_ms=NOW_MS + 1_000)
    async with shop.working(flow):
        enqueue(shop, "first")
        await flow.has_started()
        shop.clock.pass_s(-3_600)
        await shop.until(lambda jobs: jobs["a"].due_ms == NOW_MS - 3_599_000)
        shop.clock.pass_s(1)
        shop.steady.pass_s(1)
        assert await flow.has_started() == ["a"]


async def test_clock_that_is_set_forward_or_drifts_moves_nothing(shop, flow):
    enqueue(shop, "a", at_ms=NOW_MS + 9_000_000)
    async with shop.working(flow):
        for seconds in (3_600, -1.5):
            shop.clock.pass_s(seconds)
            enqueue(shop, f"b{seconds}", at_ms=NOW_MS)
            await flow.has_started()
    assert shop.jobs()["a"].due_ms == NOW_MS + 9_000_000


async def test_probe_writes_and_leaves_nothing(shop):
    enqueue(shop, "a", queue="sweep")
    before = shop.jobs()
    changes = shop.write(
        lambda tx: (engine.probe(tx, now_ms=NOW_MS), tx.exec_driver_sql("SELECT changes()"))[
            1
        ].scalar_one()
    )
    assert changes == 1
    assert shop.jobs() == before
