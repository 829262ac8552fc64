"""A queue that its owners share by rank: nobody stands behind another one's backlog."""

import asyncio
from collections import Counter
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import text

from fakes.plans import plan_of
from framegate.engine import embedded as engine
from framegate.engine.embedded import EmbeddedEngine, Lane

COST = 12


class Shop:
    """The render queue of one workshop; what runs ends when it is told to."""

    def __init__(self, shop, flow):
        self.shop, self.flow = shop, flow

    def order(self, owner, count=1, *, cost=COST):
        def work(tx):
            for _ in range(count):
                number = len(tx.execute(text("SELECT subject FROM jobs")).all())
                engine.enqueue_by_rank(
                    tx,
                    "render",
                    f"{owner}-{self.shop.clock.now_ms}-{number}",
                    owner=owner,
                    cost=cost,
                    at_ms=self.shop.clock(),
                )

        self.shop.write(work)
        self.shop.clock.now_ms += 1

    @asynccontextmanager
    async def working(self, at_once=1):
        stop = asyncio.Event()
        lane = Lane(self.flow, at_once=at_once, by_rank=True)
        worker = EmbeddedEngine(
            database=self.shop.database,
            lanes={"render": lane},
            clock_ms=self.shop.clock,
            steady_ms=self.shop.clock,
        )
        running = asyncio.create_task(worker.run(stop))
        try:
            yield
        finally:
            stop.set()
            await running

    async def served(self, count):
        """The owners of the next jobs that start."""
        return [subject.partition("-")[0] for subject in await self.flow.has_started(count)]


@pytest.fixture
def renders(shop, flow):
    return Shop(shop, flow)


async def test_order_behind_a_backlog_goes_after_the_one_that_runs(renders, flow):
    renders.order("loud", 50)
    flow.let_go.clear()
    async with renders.working():
        assert await renders.served(1) == ["loud"]
        renders.order("calm")
        flow.let_go.set()
        assert await renders.served(3) == ["calm", "loud", "loud"]


async def test_two_backlogs_are_served_by_rank(renders):
    renders.order("loud", 30)
    renders.order("calm", 10)
    async with renders.working():
        served = await renders.served(20)
    assert Counter(served) == {"loud": 10, "calm": 10}


async def test_share_is_counted_by_cost_not_by_jobs(renders):
    renders.order("long", 10, cost=5 * COST)
    renders.order("short", 50, cost=COST)
    async with renders.working():
        served = Counter(await renders.served(24))
    assert served["short"] in {19, 20, 21}


async def test_owner_that_orders_one_at_a_time_starves_nobody(renders, flow):
    """Whoever was idle has saved nothing up: it gets its half and no more."""
    renders.order("loud", 20)
    served = []
    async with renders.working():
        for _ in range(8):
            renders.order("calm")
            served += await renders.served(2)
    assert 6 <= served.count("loud") <= 10


async def test_each_owner_keeps_the_order_of_its_own_jobs(renders, flow):
    renders.order("a", 5)
    renders.order("b", 5)
    async with renders.working(at_once=2):
        await flow.has_started(10)
    for owner in "ab":
        mine = [subject for subject in flow.subjects if subject.startswith(owner)]
        assert mine == sorted(mine, key=lambda subject: int(subject.rpartition("-")[2]))


async def test_job_that_is_not_due_gives_its_turn_to_the_next(renders, shop):
    renders.order("a")
    renders.order("b")
    shop.write(
        lambda tx: tx.execute(
            text("UPDATE jobs SET due_ms = :later WHERE owner = 'a'"),
            {"later": shop.clock() + 100_000},
        )
    )
    async with renders.working():
        assert await renders.served(1) == ["b"]


async def test_ranks_begin_anew_when_nothing_waits(renders, shop):
    """The numbers do not grow for ever."""
    renders.order("a", 3)
    async with renders.working():
        await renders.served(3)
        await shop.until(lambda jobs: not jobs)
    renders.order("a")
    (job,) = shop.jobs().values()
    assert (job.owner, job.rank) == ("a", COST)


async def test_ranks_are_found_by_an_index(shop):
    """However long the backlog is, an order and a look read a few rows of it."""

    def look(tx):
        engine._soon(tx, {"render": 2}, frozenset({"render"}), shop.clock())

    def order(tx):
        tx.execute(engine._RANK_NOW, {"of_queue": "render"})
        tx.execute(engine._LAST_RANK_OF_OWNER, {"of_queue": "render", "of_owner": "a"})

    # What is sorted behind the index is one rank's jobs, of different owners.
    assert plan_of(shop.database, look) == [
        "SEARCH jobs USING INDEX ix_jobs_rank (queue=?)",
        "USE TEMP B-TREE FOR RIGHT PART OF ORDER BY",
    ]
    assert plan_of(shop.database, order) == [
        "SEARCH jobs USING INDEX ix_jobs_rank (queue=?)",
        "SEARCH jobs USING COVERING INDEX ix_jobs_owner_rank (queue=? AND owner=?)",
    ]
