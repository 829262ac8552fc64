"""An upstream's own account, and whose each of its tasks is."""

import pytest

from fakes.scripted_upstream import ScriptedUpstream, ticket
from framegate.domain.upstream import (
    AccountTask,
    AccountTasks,
    Costs,
    NotOffered,
    Uncertain,
    Unreachable,
    Window,
)
from framegate.errors import NotFound, Unavailable
from framegate.flows.look_into import CLOCKS_APART_MS_MAX, costs_of, tasks_of


def sold(upstream, *tickets, **facts):
    tasks = tuple(AccountTask(ticket=each, status="succeeded", **facts) for each in tickets)
    upstream.account = AccountTasks(tasks=tasks)


async def looked(house, upstream):
    window = Window(since_ms=1, until_ms=2, rows_max=9)
    return await tasks_of(upstream, window, house.database)


@pytest.fixture
async def uncertain(house, upstream, caller):
    upstream.answer = Uncertain(reason="reset")
    return (await house.create(caller)).task_id


async def test_each_task_says_which_of_ours_it_is(house, upstream, caller):
    upstream.answer = ticket("9")
    task_id = (await house.create(caller)).task_id
    sold(upstream, "9", "8")
    found = await looked(house, upstream)
    assert [(each["task"], each["task_status"]) for each in found["tasks"]] == [
        (task_id, "submitted"),
        ("", ""),
    ]
    assert (found["upstream"], found["since"], found["until"]) == ("scripted", 1, 2)
    assert upstream.windows == [Window(since_ms=1, until_ms=2, rows_max=9)]


async def test_a_ticket_of_another_upstream_is_not_ours(house, upstream, caller):
    """Two vendors may number their tasks alike."""
    upstream.answer = ticket("9")
    await house.create(caller)
    other = ScriptedUpstream("other")
    sold(other, "9")
    assert (await looked(house, other))["tasks"][0]["task"] == ""


@pytest.mark.parametrize(
    ("apart_ms", "could_be"),
    [
        (-CLOCKS_APART_MS_MAX, True),
        (CLOCKS_APART_MS_MAX, True),
        (-CLOCKS_APART_MS_MAX - 1, False),
        (CLOCKS_APART_MS_MAX + 1, False),
    ],
)
async def test_an_uncertain_order_of_that_time_could_be_it(
    house, upstream, uncertain, apart_ms, could_be
):
    sold(upstream, "9", created_ms=house.clock() + apart_ms)
    (each,) = (await looked(house, upstream))["tasks"]
    assert each["could_be"] == ([uncertain] if could_be else [])


async def test_one_that_says_no_time_could_be_any(house, upstream, uncertain):
    sold(upstream, "9")
    assert (await looked(house, upstream))["tasks"][0]["could_be"] == [uncertain]


async def test_an_uncertain_order_at_another_upstream_is_not_named(house, uncertain):
    other = ScriptedUpstream("other")
    sold(other, "9")
    assert (await looked(house, other))["tasks"][0]["could_be"] == []


async def test_a_task_that_is_held_could_be_no_other(house, upstream, caller, uncertain):
    upstream.answer = ticket("9")
    await house.create(caller)
    sold(upstream, "9")
    assert (await looked(house, upstream))["tasks"][0]["could_be"] == []


async def test_an_upstream_that_did_not_tell_is_unavailable(house, upstream):
    upstream.account = upstream.packages = Unreachable(reason="no whole answer within 5 s")
    sentence = "scripted did not tell: no whole answer within 5 s"
    with pytest.raises(Unavailable, match=sentence):
        await looked(house, upstream)
    with pytest.raises(Unavailable, match=sentence):
        await costs_of(upstream, now_ms=house.clock())


async def test_what_is_not_offered_is_not_found(house, upstream):
    upstream.account = upstream.packages = NotOffered(reason="it renders here")
    with pytest.raises(NotFound, match="scripted: it renders here"):
        await looked(house, upstream)
    with pytest.raises(NotFound, match="scripted: it renders here"):
        await costs_of(upstream, now_ms=house.clock())


async def test_packages_are_shown_as_they_came(house, upstream):
    upstream.packages = Costs(packages=({"resource_pack_name": "v"},))
    found = await costs_of(upstream, now_ms=house.clock())
    assert found["packages"] == [{"resource_pack_name": "v"}]
    assert found["until"] - found["since"] == 30 * 86_400_000
