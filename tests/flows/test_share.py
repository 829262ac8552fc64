"""Who may begin a create now, and who waits in which line."""

import asyncio

import pytest

from fakes.house import Clock
from framegate.errors import Overloaded
from framegate.flows.share import AT_ONCE_MAX, LINE_MAX, PRESENT_MS, Share


class Crowd:
    """Creates of accounts, each of which stays inside until it is let go."""

    def __init__(self):
        self.clock = Clock()
        self.share = Share(clock_ms=self.clock)
        self.inside, self.let_go, self.tasks = [], {}, []

    async def come(self, account, count=1):
        """So many creates come; says the tasks of them."""
        coming = []
        for _ in range(count):
            name = f"{account}{len(self.tasks)}"
            self.let_go[name] = asyncio.Event()
            coming.append(asyncio.create_task(self._create(account, name), name=name))
            self.tasks.append(coming[-1])
        await settled()
        return coming

    async def _create(self, account, name):
        async with self.share.of(account):
            self.inside.append(name)
            try:
                await self.let_go[name].wait()
            finally:
                self.inside.remove(name)

    async def end_one(self):
        """Let the one go that has been inside for longest."""
        name = self.inside[0]
        self.let_go[name].set()
        await settled()
        return name

    def count(self, account):
        return sum(name.startswith(account) for name in self.inside)

    async def end(self):
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


async def settled():
    """Let every task go as far as it comes without us."""
    for _ in range(20):
        await asyncio.sleep(0)


@pytest.fixture
async def crowd():
    made = Crowd()
    yield made
    await made.end()


async def test_account_alone_has_every_place_and_no_more(crowd):
    await crowd.come("loud", AT_ONCE_MAX + 5)
    assert crowd.count("loud") == AT_ONCE_MAX


async def test_newcomer_is_let_in_at_once_however_long_the_others_line_is(crowd):
    await crowd.come("loud", AT_ONCE_MAX - 1)
    await crowd.come("calm")
    assert crowd.count("calm") == 1


async def test_newcomer_gets_the_next_place_when_all_are_taken(crowd):
    await crowd.come("loud", AT_ONCE_MAX + 50)
    await crowd.come("calm")
    assert crowd.count("calm") == 0
    await crowd.end_one()
    assert crowd.count("calm") == 1


async def test_beside_another_an_account_has_one_place(crowd):
    await crowd.come("calm")
    await crowd.end_one()
    await crowd.come("loud", 10)
    assert crowd.inside == ["loud1"]
    await crowd.come("calm")
    assert crowd.count("calm") == 1


async def test_line_moves_in_its_order(crowd):
    await crowd.come("calm")
    await crowd.come("loud", 4)
    for expected in ("calm0", "loud1", "loud2", "loud3"):
        assert await crowd.end_one() == expected
    assert crowd.inside == ["loud4"]


async def test_lines_are_served_one_after_another(crowd):
    """With every place taken, each account's line gets a place in turn."""
    await crowd.come("calm")
    await crowd.end_one()
    accounts = [f"{letter}{digit}-" for letter in "pqrs" for digit in range(9)]
    for account in accounts:
        await crowd.come(account, 3)
    assert len(crowd.inside) == AT_ONCE_MAX
    served = [(await crowd.end_one()).partition("-")[0] for _ in range(3 * len(accounts))]
    assert len(set(served[: AT_ONCE_MAX + len(accounts)])) == len(accounts)


async def test_account_that_has_the_gateway_to_itself_again_has_every_place(crowd):
    await crowd.come("calm")
    await crowd.end_one()
    await crowd.come("loud", 5)
    assert crowd.count("loud") == 1
    crowd.clock.now_ms += PRESENT_MS
    await crowd.come("loud")
    await crowd.end_one()
    assert crowd.count("loud") == 5


async def test_full_line_refuses_early_and_harms_nobody_who_waits(crowd):
    await crowd.come("calm")
    coming = await crowd.come("loud", 1 + LINE_MAX)
    (refused,) = await crowd.come("loud")
    assert isinstance(refused.exception(), Overloaded)
    assert refused.exception().retry_after_s == 1
    assert not any(task.done() for task in coming)
    await crowd.end_one()
    await crowd.end_one()
    (taken,) = await crowd.come("loud")
    assert not taken.done()


async def test_who_goes_away_while_waiting_leaves_the_line(crowd):
    await crowd.come("calm")
    _, gone, last = await crowd.come("loud", 3)
    gone.cancel()
    await settled()
    await crowd.end_one()
    await crowd.end_one()
    assert crowd.inside == [last.get_name()]


async def test_who_goes_away_in_the_moment_of_being_let_in_frees_the_place(crowd):
    await crowd.come("calm")
    first, gone, last = await crowd.come("loud", 3)
    crowd.let_go[first.get_name()].set()
    # One step: the first has left and let the second in, which has not moved yet.
    await asyncio.sleep(0)
    assert crowd.inside == ["calm0"]
    gone.cancel()
    await settled()
    assert crowd.inside == ["calm0", last.get_name()]


async def test_nothing_is_left_of_those_who_left(crowd):
    await crowd.come("loud", 40)
    await crowd.come("calm", 3)
    while crowd.inside:
        await crowd.end_one()
    assert not crowd.share._lines
    assert not crowd.share._inside


async def test_create_that_fails_frees_its_place(house, caller):
    for _ in range(AT_ONCE_MAX + 1):
        with pytest.raises(Exception, match="contents"):
            await house.create(caller, b'{"contents":[]}')
    assert (await house.create(caller)).task_id
