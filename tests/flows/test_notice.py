"""A key's last use is written together with others, late, and never for each request."""

import asyncio

import pytest

from framegate.domain.ledger import Scope
from framegate.errors import StoreDown
from framegate.flows.notice import SEEN_MAX, Notice
from framegate.store import keys

LONG_S = 3_600


class Counting:
    """The real database, and how many writes went through it."""

    def __init__(self, database):
        self._database, self.writes, self.is_down = database, 0, False

    async def write(self, *args, **options):
        self.writes += 1
        if self.is_down:
            raise StoreDown
        return await self._database.write(*args, **options)


@pytest.fixture
def counting(house):
    return Counting(house.database)


@pytest.fixture
def notice(house, counting):
    return Notice(database=counting, clock_ms=house.clock, write_after_s=LONG_S)


def another_key(house, caller, text):
    return house.database.write_now(
        keys.create,
        account_id=caller.account.id,
        key=text,
        scope=Scope.FULL,
        expires_ms=0,
        now_ms=house.clock(),
    )


def last_used(house, key):
    return house.database.read_now(keys.by_id, key.id).last_used_ms


async def test_a_thousand_requests_of_two_keys_are_one_write(house, counting, notice, caller):
    other = another_key(house, caller, "fg_other")
    for _ in range(500):
        notice(caller.key)
        notice(other)
    assert counting.writes == 0

    await notice.close()

    assert counting.writes == 1
    assert [last_used(house, key) for key in (caller.key, other)] == [house.clock()] * 2


async def test_key_that_was_written_within_the_minute_is_no_news(house, counting, notice, caller):
    notice(caller.key)
    await notice.close()
    key = house.database.read_now(keys.by_id, caller.key.id)

    house.clock.now_ms += 59_999
    notice(key)
    await notice.close()
    assert counting.writes == 1

    house.clock.now_ms += 1
    notice(key)
    await notice.close()
    assert counting.writes == 2
    assert last_used(house, key) == house.clock()


async def test_what_was_seen_is_written_without_being_asked(house, caller):
    written = asyncio.Event()
    loop = asyncio.get_running_loop()
    notice = Notice(database=house.database, clock_ms=house.clock, write_after_s=0)
    notice(caller.key)
    house.database.after_commit(lambda: loop.call_soon_threadsafe(written.set))

    async with asyncio.timeout(20):
        await written.wait()

    assert last_used(house, caller.key) == house.clock()
    await notice.close()


async def test_failing_write_is_nobodys_trouble_and_is_made_up_for(house, counting, notice, caller):
    counting.is_down = True
    notice(caller.key)
    await notice.close()
    counting.is_down = False

    notice(caller.key)
    await notice.close()

    assert last_used(house, caller.key) == house.clock()


async def test_what_lies_in_memory_is_bounded(notice, caller):
    notice._seen_ms = {f"key_{number}": 1 for number in range(SEEN_MAX)}
    notice(caller.key)
    assert len(notice._seen_ms) == SEEN_MAX


async def test_nothing_seen_is_nothing_written(counting, notice):
    await notice.close()
    assert counting.writes == 0
