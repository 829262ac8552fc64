"""A cancel ends a task by what its upstream says, and money follows the outcome."""

import pytest

from fakes.house import PRICE_MICROS, TOPUP_MICROS, House, body
from fakes.scripted_upstream import ScriptedUpstream, succeeded
from framegate.domain.task import TaskStatus
from framegate.domain.upstream import Render, RenderStatus
from framegate.errors import CancelRefused
from framegate.flows.cancel import BY_OWNER, Cancel

TICKET = "901930004609634393"


@pytest.fixture
def upstream():
    upstream = ScriptedUpstream()
    upstream.can_cancel = True
    return upstream


@pytest.fixture
def house(tmp_path, upstream):
    house = House(tmp_path, upstream)
    house.cancel = Cancel(
        database=house.database, upstreams={upstream.name: upstream}, clock_ms=house.clock
    )
    yield house
    house.database.close_now()


@pytest.fixture
def caller(house):
    return house.caller()


async def made(house, caller, **options):
    return house.task((await house.create(caller, body(**options))).task_id)


async def test_cancelled_task_costs_nothing_and_says_who(house, caller, upstream):
    task = await made(house, caller)
    ended = await house.cancel(task, message=BY_OWNER)
    assert (ended.status, ended.message) == (TaskStatus.CANCELLED, BY_OWNER)
    assert upstream.cancelled == [(TICKET, BY_OWNER)]
    assert house.balance(caller) == (TOPUP_MICROS, 0)
    assert house.wakes(task.id) is None
    assert house.broken_promises() == []


async def test_callback_hears_of_a_cancel_as_of_any_end(house, caller):
    task = await made(house, caller, callback_url="https://your-server.example/hook")
    await house.cancel(task, message=BY_OWNER)
    assert [row["event"] for row in house.rows("deliveries")] == ["task.failed"]


async def test_video_that_was_made_first_is_paid_for(house, caller, upstream):
    task = await made(house, caller)
    upstream.stops = False
    with pytest.raises(CancelRefused, match="finished this task first"):
        await house.cancel(task, message=BY_OWNER)
    upstream.polls.append(succeeded())
    await house.look_at(task.id)
    assert house.task(task.id).status is TaskStatus.SUCCEEDED
    assert house.balance(caller) == (TOPUP_MICROS - PRICE_MICROS, 0)


async def test_cancel_that_died_on_its_way_is_ended_by_tracking(house, caller, upstream):
    """The upstream was told, and no row says so yet."""
    task = await made(house, caller)
    upstream.polls.append(Render(ticket=TICKET, status=RenderStatus.CANCELLED, message=BY_OWNER))
    await house.look_at(task.id)
    ended = house.task(task.id)
    assert (ended.status, ended.message) == (TaskStatus.CANCELLED, BY_OWNER)
    assert house.balance(caller) == (TOPUP_MICROS, 0)


async def test_look_that_came_between_does_not_keep_the_task_alive(house, caller):
    task = await made(house, caller)
    await house.look_at(task.id)  # The fence moves.
    assert (await house.cancel(task, message=BY_OWNER)).status is TaskStatus.CANCELLED


async def test_second_cancel_changes_nothing(house, caller):
    task = await made(house, caller)
    await house.cancel(task, message=BY_OWNER)
    with pytest.raises(CancelRefused, match="ended already"):
        await house.cancel(house.task(task.id), message="me too")
    assert (await house.cancel(task, message="me too")).message == BY_OWNER
    assert house.balance(caller) == (TOPUP_MICROS, 0)


async def test_upstream_that_cannot_is_not_asked(house, caller, upstream):
    upstream.can_cancel = False
    task = await made(house, caller)
    with pytest.raises(CancelRefused, match="cannot cancel"):
        await house.cancel(task, message=BY_OWNER)
    assert upstream.cancelled == []
    assert not house.cancel.can(task)


async def test_task_without_a_ticket_cannot_be_cancelled_yet(house, caller, upstream):
    async def look_meanwhile():
        (row,) = house.rows("tasks")
        with pytest.raises(CancelRefused, match="on its way"):
            await house.cancel(house.task(row["id"]), message=BY_OWNER)

    upstream.before_answering = look_meanwhile
    assert (await made(house, caller)).status is TaskStatus.SUBMITTED
