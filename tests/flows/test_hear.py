"""An upstream's news: a hint to look, at whatever moment it comes."""

import asyncio

from fakes.house import PRICE_MICROS, TOPUP_MICROS
from fakes.scripted_upstream import PROCESSING, failed, succeeded
from framegate.domain.task import TaskStatus
from framegate.flows.hear import hear


def hears(house, task_id):
    return house.database.write_now(hear, task_id, now_ms=house.clock())


async def test_news_brings_the_next_look_forward(house, upstream, caller):
    task_id = (await house.create(caller)).task_id
    assert house.wakes(task_id) > house.clock()
    assert hears(house, task_id)
    assert house.wakes(task_id) == house.clock()


async def test_news_is_not_believed(house, upstream, caller):
    """Whatever it said: the upstream is asked, and its answer counts."""
    task_id = (await house.create(caller)).task_id
    upstream.polls.append(PROCESSING)
    hears(house, task_id)
    await house.run_next(task_id)
    assert house.task(task_id).status is TaskStatus.PROCESSING
    assert house.balance(caller) == (TOPUP_MICROS, PRICE_MICROS)


async def test_news_that_comes_ten_times_is_one_look(house, caller):
    task_id = (await house.create(caller)).task_id
    for _ in range(10):
        hears(house, task_id)
    assert len(house.rows("jobs")) == 1


async def test_news_before_the_create_answer_leads_to_a_look_soon_after_the_ticket(
    house, upstream, caller
):
    is_sent, may_answer = asyncio.Event(), asyncio.Event()

    async def be_slow():
        is_sent.set()
        await may_answer.wait()

    upstream.before_answering = be_slow
    sending = asyncio.create_task(house.create(caller))
    await is_sent.wait()
    task_id = upstream.orders[0].task_id
    hears(house, task_id)
    await house.run_next(task_id)
    assert house.task(task_id).status is TaskStatus.SENDING
    may_answer.set()
    await sending

    assert house.wakes(task_id) == house.clock() + 1_000
    upstream.polls.append(succeeded())
    await house.run_next(task_id)
    assert house.task(task_id).status is TaskStatus.SUCCEEDED


async def test_news_after_the_end_does_nothing(house, upstream, caller):
    task_id = (await house.create(caller)).task_id
    upstream.polls.append(failed("no"))
    await house.run_next(task_id)
    assert not hears(house, task_id)
    assert house.wakes(task_id) is None


async def test_news_of_nobodys_task_does_nothing(house):
    assert not hears(house, "task_unknown")
    assert house.rows("jobs") == []


async def test_news_after_the_release_is_a_late_success_that_charges_nothing(
    house, upstream, caller
):
    task_id = (await house.create(caller)).task_id
    house.clock.pass_s(86_400)
    await house.run_next(task_id)
    upstream.polls.append(succeeded())
    assert hears(house, task_id)
    await house.run_next(task_id)

    assert house.task(task_id).status is TaskStatus.EXPIRED
    assert house.record(task_id).late_ms == house.clock()
    assert house.balance(caller) == (TOPUP_MICROS, 0)
    assert len(house.rows("transfers")) == 1  # The top-up.
    assert house.broken_promises() == []
