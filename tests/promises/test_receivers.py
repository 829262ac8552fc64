"""A receiver of callbacks that takes its time costs nobody else theirs."""

import asyncio
from urllib.parse import urlsplit

import pytest

from fakes.house import House
from fakes.rows import begin
from framegate.engine.embedded import Wake
from framegate.flows.deliver import Deliver
from framegate.outbound import Answer
from framegate.store import deliveries

SLOW, QUICK = "https://slow.example.com/hook", "https://quick.example.com/hook"


class Receivers:
    """Two receivers behind the one verb of the door that deliveries use; one waits to be let go."""

    def __init__(self):
        self.told = []
        self.slow_is_asked, self.let_go = asyncio.Event(), asyncio.Event()

    async def tell(self, url, **_):
        self.told.append(url)
        if urlsplit(url).hostname == "slow.example.com":
            assert not self.slow_is_asked.is_set(), "asked twice at once"
            self.slow_is_asked.set()
            await self.let_go.wait()
        return Answer(status=200, headers={}, body=b"")


@pytest.fixture
async def house(tmp_path):
    opened = House(tmp_path)
    yield opened
    await opened.database.close()


def owed(house, *urls):
    """One delivery to each address, of one task each."""
    caller = house.caller()

    def owe(tx):
        for url in urls:
            task = begin(tx, caller.account.id)
            yield deliveries.owe(tx, task, event="task.failed", url=url, now_ms=house.clock()).id

    return house.database.write_now(lambda tx: list(owe(tx)))


def state(house, delivery_id):
    found = house.database.read_now(deliveries.by_id, delivery_id)
    return found.status.value, found.attempts


async def test_slow_receiver_holds_up_its_own_host_alone(house):
    receivers = Receivers()
    deliver = Deliver(
        database=house.database,
        outbound=receivers,
        links=house.links,
        keyring=house.keyring,
        attempt_wait_s=15,
        per_host_max=1,
        clock_ms=house.clock,
    )
    first, second, other = owed(house, SLOW, SLOW, QUICK)
    waiting = asyncio.create_task(deliver(Wake(subject=first, now_ms=house.clock())))
    await receivers.slow_is_asked.wait()

    await deliver(Wake(subject=second, now_ms=house.clock()))
    await deliver(Wake(subject=other, now_ms=house.clock()))

    assert receivers.told == [SLOW, QUICK]
    assert state(house, other) == ("delivered", 1)
    assert state(house, second) == ("pending", 0)
    receivers.let_go.set()
    await waiting
    assert state(house, first) == ("delivered", 1)
