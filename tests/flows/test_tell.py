"""Which change of a task is told to whom, for every way a task can go."""

import pytest

from fakes.house import body
from fakes.scripted_upstream import PROCESSING, ScriptedUpstream, failed, succeeded
from framegate.domain.endpoint import DisabledWhy, Wish
from framegate.domain.event import EVENTS
from framegate.domain.task import TaskStatus
from framegate.domain.upstream import Refused, Relay, Render, RenderStatus, Uncertain
from framegate.flows import finish, resolve
from framegate.store import endpoints

URL = "https://your-server.example/hooks"


@pytest.fixture
def listen(house, caller):
    """Make an endpoint of the caller's account."""

    def make(events=EVENTS, *, account=caller.account, url=URL):
        return house.database.write_now(
            endpoints.create,
            account_id=account.id,
            wish=Wish(url=url, events=events),
            now_ms=house.clock(),
        )

    return make


def owed(house, *, endpoint=None):
    """Every event that is owed, in order; of one endpoint, or of all."""
    rows = sorted(house.rows("deliveries"), key=lambda row: (row["created_ms"], row["id"]))
    return [row["event"] for row in rows if endpoint is None or row["endpoint_id"] == endpoint.id]


async def lived(house, caller, upstream, *polls, content=None):
    """A task after each of the upstream's words was heard, a second apart."""
    task_id = (await house.create(caller, content)).task_id
    upstream.polls.extend(polls)
    for _ in polls:
        house.clock.pass_s(1)
        await house.look_at(task_id)
    return house.task(task_id)


async def test_every_step_of_a_task_is_owed_with_the_change(house, caller, upstream, listen):
    endpoint = listen()

    task = await lived(house, caller, upstream, PROCESSING, PROCESSING, succeeded())

    assert owed(house) == ["task.submitted", "task.processing", "task.succeeded"]
    rows = house.rows("deliveries")
    assert {(row["endpoint_id"], row["url"]) for row in rows} == {(endpoint.id, URL)}
    assert [row["created_ms"] - task.created_ms for row in rows] == [0, 1_000, 3_000]
    assert house.broken_promises() == []


async def test_failure_is_owed_as_such(house, caller, upstream, listen):
    listen()

    await lived(house, caller, upstream, failed("no"))

    assert owed(house) == ["task.submitted", "task.failed"]


async def test_task_that_never_was_seen_processing_skips_that_event(
    house, caller, upstream, listen
):
    listen()

    await lived(house, caller, upstream, succeeded())

    assert owed(house) == ["task.submitted", "task.succeeded"]


@pytest.mark.parametrize("status", [TaskStatus.CANCELLED, TaskStatus.EXPIRED])
async def test_cancelled_or_expired_task_has_failed_to_its_endpoints(
    house, caller, upstream, listen, status
):
    listen()
    task = await lived(house, caller, upstream)

    house.database.write_now(
        finish.give_up,
        task,
        status=status,
        message="",
        now_ms=house.clock() + 1,
        upstream_tells=False,
    )

    assert owed(house) == ["task.submitted", "task.failed"]


async def test_uncertain_task_is_submitted_once_it_is_found(house, caller, upstream, listen):
    listen()
    upstream.answer = Uncertain(reason="timeout")
    task = await lived(house, caller, upstream, content=body(external_task_id="biz-1"))
    assert owed(house) == []
    upstream.finds.append(Render(ticket="9", status=RenderStatus.PROCESSING))

    await house.look_at(task.id)

    assert owed(house) == ["task.submitted"]


async def test_uncertain_task_is_submitted_once_the_operator_found_it(
    house, caller, upstream, listen
):
    listen()
    upstream.answer = Uncertain(reason="timeout")
    task = await lived(house, caller, upstream)

    house.database.write_now(
        resolve.as_taken, task.id, ticket="9", deadline_s=60, now_ms=house.clock()
    )

    assert owed(house) == ["task.submitted"]


async def test_uncertain_task_that_is_released_has_failed(house, caller, upstream, listen):
    listen()
    upstream.answer = Uncertain(reason="timeout")
    task = await lived(house, caller, upstream)
    house.clock.pass_s(7_200)

    await house.look_at(task.id)

    assert owed(house) == ["task.failed"]


async def test_refused_create_is_nobodys_news(house, caller, upstream, listen):
    listen()
    relay = Relay(http_status=400, code=1301, message="no", request_id="up-2", data={})
    upstream.answer = Refused(relay=relay)

    await house.create(caller, body(callback_url=URL))

    assert owed(house) == []
    assert house.broken_promises() == []


async def test_each_endpoint_is_owed_what_it_wants(house, caller, upstream, listen):
    everything, ends = listen(), listen(("task.succeeded", "task.failed"))

    await lived(house, caller, upstream, succeeded())

    assert owed(house, endpoint=everything) == ["task.submitted", "task.succeeded"]
    assert owed(house, endpoint=ends) == ["task.succeeded"]


async def test_another_accounts_endpoint_hears_nothing(house, caller, upstream, listen):
    listen(account=house.caller("other").account)

    await lived(house, caller, upstream, succeeded())

    assert owed(house) == []


async def test_disabled_endpoint_gets_nothing_new_and_missed_news_stay_untold(
    house, caller, upstream, listen
):
    endpoint = listen()
    off = {"why": DisabledWhy.OWNER, "now_ms": house.clock()}
    house.database.write_now(endpoints.disable, endpoint.id, **off)
    task = await lived(house, caller, upstream)
    house.database.write_now(endpoints.enable, endpoint.id)
    upstream.polls.append(succeeded())

    await house.look_at(task.id)

    assert owed(house) == ["task.succeeded"]


async def test_endpoint_and_callback_are_two_deliveries(house, caller, upstream, listen):
    endpoint = listen()

    await lived(house, caller, upstream, succeeded(), content=body(callback_url=URL))

    told = {(row["endpoint_id"], row["event"]) for row in house.rows("deliveries")}
    assert told == {
        ("", "task.succeeded"),
        (endpoint.id, "task.submitted"),
        (endpoint.id, "task.succeeded"),
    }


@pytest.mark.parametrize("upstream", [ScriptedUpstream(tells_the_caller=True)])
async def test_upstream_that_calls_the_caller_itself_still_has_its_endpoints_told(
    house, caller, upstream, listen
):
    endpoint = listen()

    await lived(house, caller, upstream, succeeded(), content=body(callback_url=URL))

    assert owed(house) == owed(house, endpoint=endpoint) == ["task.submitted", "task.succeeded"]


async def test_every_owed_event_has_its_wake_up(house, caller, upstream, listen):
    listen()

    await lived(house, caller, upstream, succeeded())

    jobs = {row["subject"] for row in house.rows("jobs") if row["queue"] == "deliver"}
    assert jobs == {row["id"] for row in house.rows("deliveries")}
