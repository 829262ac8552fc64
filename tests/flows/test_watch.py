"""Streams hear every line once, in order, whoever commits it; slow ones are hung up on."""

import asyncio

import pytest

from fakes.house import House
from fakes.rows import accept, begin, new_account
from fakes.scripted_upstream import ScriptedUpstream
from framegate.domain.upstream import Headway
from framegate.errors import TooManyRequests
from framegate.flows.watch import WAITING_MAX, Watch, Watcher
from framegate.store import life
from framegate.store.database import Database

PATIENCE_S = 20


class Moving(ScriptedUpstream):
    """An upstream at work, as far as it is told."""

    def __init__(self):
        super().__init__()
        self.at_work = []

    async def headway(self):
        return list(self.at_work)


@pytest.fixture
def upstream():
    return Moving()


@pytest.fixture
async def house(tmp_path, upstream):
    house = House(tmp_path, upstream)
    house.watch = Watch(database=house.database, upstreams=[upstream], per_account_max=3)
    house.account = house.database.write_now(new_account, "acme", is_unlimited=True)
    yield house
    house.watch.end()
    await asyncio.to_thread(house.database.close_now)


def opened(house, account_id=None, task_id=None, owner="acc_1"):
    return house.watch.open(account_id=account_id, task_id=task_id, owner=owner)


async def test_line_is_told_soon_after_its_commit(house):
    watcher = await opened(house, house.account.id)
    task = await house.database.write(begin, house.account.id)
    line = await watcher.next(wait_s=PATIENCE_S)
    assert (line.task_id, line.status, line.id) == (task.id, "sending", 1)


async def test_line_of_another_process_is_told_too(house, tmp_path):
    """Nothing nudges us: the newest line is looked at a few times a second."""
    watcher = await opened(house, house.account.id)
    elsewhere = Database.open(f"sqlite:///{tmp_path / 'framegate.db'}")
    task = await elsewhere.write(begin, house.account.id)
    assert (await watcher.next(wait_s=PATIENCE_S)).task_id == task.id
    await elsewhere.close()


async def test_everything_is_told_once_and_in_order(house):
    watcher = await opened(house)
    for _ in range(30):
        await house.database.write(begin, house.account.id)
    ids = [(await watcher.next(wait_s=PATIENCE_S)).id for _ in range(30)]
    assert ids == list(range(1, 31))


async def test_what_was_before_is_left_to_the_stream(house):
    await house.database.write(begin, house.account.id)
    watcher = await opened(house)
    assert watcher.seen == 1
    await house.database.write(begin, house.account.id)
    assert (await watcher.next(wait_s=PATIENCE_S)).id == 2


async def test_account_and_task_hear_of_their_own_alone(house):
    other = await house.database.write(new_account, "other", is_unlimited=True)
    task = await house.database.write(begin, house.account.id)
    of_task = await opened(house, house.account.id, task.id)
    of_account = await opened(house, house.account.id)
    await house.database.write(begin, other.id)
    await house.database.write(begin, house.account.id)
    await house.database.write(accept, task)
    assert (await of_task.next(wait_s=PATIENCE_S)).id == 4
    assert [(await of_account.next(wait_s=PATIENCE_S)).id for _ in range(2)] == [3, 4]


async def test_headway_is_told_when_it_changes(house, upstream):
    facts = {"task_id": "task_1", "account_id": "acc_1", "stage": "rendering", "frames_total": 9}
    watcher = await opened(house)
    upstream.at_work = [Headway(**facts, frames_done=1)]
    first = await watcher.next(wait_s=PATIENCE_S)
    upstream.at_work = [Headway(**facts, frames_done=2)]
    second = await watcher.next(wait_s=PATIENCE_S)
    assert (first.frames_done, second.frames_done) == (1, 2)


async def test_reader_that_falls_behind_is_ended_and_finds_the_rest_by_its_id(house):
    count = WAITING_MAX + 5
    for _ in range(count):
        house.database.write_now(begin, house.account.id)
    watcher = Watcher(None, None, "acc_1", seen=0)
    for line in house.database.read_now(life.of_account, None, after=0, rows_max=count):
        watcher.tell(line)
    assert watcher.is_over
    heard = []
    while (line := await watcher.next(wait_s=PATIENCE_S)) is not None:
        heard.append(line.id)
    rest = house.database.read_now(life.of_account, None, after=heard[-1], rows_max=count)
    assert heard + [line.id for line in rest] == list(range(1, count + 1))


async def test_account_has_so_many_streams_and_no_more(house):
    watchers = [await opened(house) for _ in range(3)]
    with pytest.raises(TooManyRequests, match="3 open event streams") as refused:
        await opened(house)
    assert refused.value.retry_after_s
    assert await opened(house, owner="acc_2")
    house.watch.close(watchers[0])
    assert await opened(house)


async def test_stream_that_ends_twice_is_counted_once(house):
    watcher = await opened(house)
    house.watch.close(watcher)
    house.watch.close(watcher)
    assert house.watch.count == 0


async def test_end_of_the_server_ends_every_stream(house):
    watcher = await opened(house)
    house.watch.end()
    assert await watcher.next(wait_s=PATIENCE_S) is None
    late = await opened(house)
    assert await late.next(wait_s=PATIENCE_S) is None


async def test_silence_is_said_to_the_stream(house):
    watcher = await opened(house)
    with pytest.raises(TimeoutError):
        await watcher.next(wait_s=0)
    await house.database.write(begin, house.account.id)
    assert (await watcher.next(wait_s=PATIENCE_S)).id == 1
