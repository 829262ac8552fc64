"""What an operator's word about an uncertain task does, once."""

import pytest

from fakes.house import PRICE_MICROS, TOPUP_MICROS, body
from fakes.scripted_upstream import succeeded, ticket
from framegate.domain.task import TaskStatus
from framegate.domain.upstream import Uncertain, Unknown, Unreachable
from framegate.errors import IllegalMove, NotFound, Unavailable
from framegate.flows import resolve

HOOK = "https://you.example.com/hook"


@pytest.fixture
async def task_id(house, upstream, caller):
    upstream.answer = Uncertain(reason="reset")
    return (await house.create(caller, body(callback_url=HOOK))).task_id


def taken(house, task_id, ticket="9"):
    return house.database.write_now(
        resolve.as_taken, task_id, ticket=ticket, deadline_s=86_400, now_ms=house.clock()
    )


def never_taken(house, task_id):
    return house.database.write_now(
        resolve.as_never_taken, task_id, upstream_tells=False, now_ms=house.clock()
    )


BOTH = [taken, never_taken]


async def test_one_that_was_taken_goes_on_and_is_settled_once(house, upstream, caller, task_id):
    moved = taken(house, task_id)
    assert (moved.status, moved.ticket) == (TaskStatus.SUBMITTED, "9")
    assert moved.deadline_ms == moved.created_ms + 86_400_000
    upstream.polls.append(succeeded("9"))
    assert await house.run_next(task_id) == house.clock()

    assert house.task(task_id).status is TaskStatus.SUCCEEDED
    assert house.balance(caller) == (TOPUP_MICROS - PRICE_MICROS, 0)
    assert len(upstream.orders) == 1
    assert house.broken_promises() == []


async def test_one_that_was_never_taken_is_released_once(house, caller, task_id):
    ended = never_taken(house, task_id)
    assert ended.status is TaskStatus.EXPIRED
    assert ended.message == "the upstream never confirmed this task"
    assert house.balance(caller) == (TOPUP_MICROS, 0)
    assert house.wakes(task_id) is None
    assert house.broken_promises() == []


@pytest.mark.parametrize("resolve_it", BOTH)
async def test_the_row_says_that_it_was_the_operators_word(house, task_id, resolve_it):
    resolve_it(house, task_id)
    assert house.record(task_id).operator_note == "resolved by the operator"


async def test_who_asked_to_be_called_hears_that_it_failed(house, task_id):
    never_taken(house, task_id)
    (owed,) = house.rows("deliveries")
    assert (owed["event"], owed["url"]) == ("task.failed", HOOK)


@pytest.mark.parametrize("first", BOTH)
@pytest.mark.parametrize("second", BOTH)
async def test_a_second_word_is_refused(house, caller, task_id, first, second):
    first(house, task_id)
    before = house.task(task_id), house.balance(caller)
    with pytest.raises(IllegalMove, match="only an uncertain task can be resolved"):
        second(house, task_id)
    assert (house.task(task_id), house.balance(caller)) == before


@pytest.mark.parametrize("resolve_it", BOTH)
async def test_a_task_that_is_not_uncertain_is_refused(house, caller, resolve_it):
    task_id = (await house.create(caller)).task_id
    with pytest.raises(IllegalMove, match=f"{task_id} is submitted"):
        resolve_it(house, task_id)


@pytest.mark.parametrize("resolve_it", BOTH)
async def test_an_unknown_task_is_not_found(house, resolve_it):
    with pytest.raises(NotFound):
        resolve_it(house, "task_unknown")


async def test_a_ticket_that_another_task_has_is_refused(house, upstream, caller, task_id):
    """Or two customers would pay for one video."""
    upstream.answer = ticket("9")
    await house.create(caller)
    with pytest.raises(IllegalMove, match="another task has the ticket '9' of scripted already"):
        taken(house, task_id, "9")
    assert house.task(task_id).status is TaskStatus.UNCERTAIN


async def test_a_look_that_was_under_way_changes_nothing_any_more(house, upstream, task_id):
    stale = house.task(task_id)
    never_taken(house, task_id)
    house.database.write_now(
        house.track._found,
        stale,
        succeeded(),
        wake=house.wake(task_id),
        now_ms=house.clock(),
    )
    assert house.task(task_id).status is TaskStatus.EXPIRED
    assert house.broken_promises() == []


# --- the ticket is asked for first ------------------------------------------------------------


async def check(house, task_id, ticket="9"):
    await resolve.check_ticket(house.database, house.track.upstreams, task_id, ticket=ticket)


async def test_a_ticket_that_the_upstream_knows_is_good(house, upstream, task_id):
    upstream.polls.append(succeeded("9"))
    await check(house, task_id)


async def test_a_mistyped_ticket_is_refused_with_where_to_look(house, upstream, task_id):
    upstream.polls.append(Unknown())
    with pytest.raises(NotFound, match="scripted knows no task '9'; `framegate upstreams tasks"):
        await check(house, task_id)


async def test_a_ticket_that_cannot_be_asked_for_is_not_believed(house, upstream, task_id):
    upstream.polls.append(Unreachable(reason="no connection"))
    with pytest.raises(Unavailable, match="no connection; --unchecked believes you"):
        await check(house, task_id)


async def test_nobody_can_be_asked_about_an_upstream_that_is_gone(house, task_id):
    house.track.upstreams = {}
    with pytest.raises(Unavailable, match="scripted is not in the settings"):
        await check(house, task_id)


async def test_only_an_uncertain_task_has_its_ticket_asked_for(house, upstream, task_id):
    taken(house, task_id)
    with pytest.raises(IllegalMove, match="only an uncertain task can be resolved"):
        await check(house, task_id)
    with pytest.raises(NotFound, match="no task 'task_unknown'"):
        await check(house, "task_unknown")
