"""What an upstream's answer to a create leaves behind, and who is asked next."""

import asyncio
from dataclasses import replace

import pytest

from fakes.house import PRICE_MICROS, TOPUP_MICROS, House, body
from fakes.recorded_spans import recorded
from fakes.scripted_upstream import ScriptedUpstream, ticket
from framegate.domain.task import TaskStatus
from framegate.domain.upstream import Refused, Relay, Uncertain, Unreachable
from framegate.engine import embedded as engine
from framegate.errors import Unavailable
from framegate.ids import number_of


def refusal(code=1301, http_status=400, **more):
    relay = Relay(http_status=http_status, code=code, message="no", request_id="up-2", data={})
    return Refused(relay=relay, **more)


async def test_a_refusal_is_relayed_and_leaves_no_task_to_the_caller(house, upstream, caller):
    upstream.answer = refusal()
    answer = await house.create(caller, body(external_task_id="biz-1"), key="once")
    assert (answer.relay.code, answer.task_id) == (1301, "")
    assert house.balance(caller) == (TOPUP_MICROS, 0)
    assert [row["status"] for row in house.rows("tasks")] == ["refused"]
    assert house.rows("idempotency") == []


async def test_a_refusal_frees_the_external_id_and_the_idempotency_key(house, upstream, caller):
    content = body(external_task_id="biz-1")
    upstream.answer = refusal(1303, 429)
    await house.create(caller, content, key="once")
    upstream.answer = ticket()

    answer = await house.create(caller, content, key="once")

    assert (answer.relay.code, answer.is_replay) == (0, False)
    assert house.broken_promises() == []


async def test_a_refusal_of_our_own_account_is_never_shown(house, upstream, caller):
    """Contract rule 83: the operator's troubles are not the customer's."""
    upstream.answer = refusal(1102, 429, blames_operator=True)
    with pytest.raises(Unavailable, match="nothing was created or charged"):
        await house.create(caller)
    assert house.balance(caller) == (TOPUP_MICROS, 0)
    assert "1102" in house.rows("tasks")[0]["operator_note"]


async def test_an_unreachable_upstream_releases_the_hold(house, upstream, caller):
    upstream.answer = Unreachable(reason="connection refused")
    with pytest.raises(Unavailable):
        await house.create(caller)
    assert house.balance(caller) == (TOPUP_MICROS, 0)
    assert house.broken_promises() == []


async def test_the_next_upstream_is_tried_only_when_nothing_was_bought(tmp_path):
    first, second = ScriptedUpstream("first"), ScriptedUpstream("second")
    house = House(tmp_path, first, second)
    caller = house.caller()
    first.answer = Unreachable(reason="connection refused")

    answer = await house.create(caller)

    assert house.task(answer.task_id).upstream == "second"
    assert len(first.orders) == len(second.orders) == 1
    house.database.close_now()


async def test_each_asking_is_a_span_with_its_outcome_and_without_its_reason(tmp_path):
    first, second = ScriptedUpstream("first"), ScriptedUpstream("second")
    house = House(tmp_path, first, second)
    first.answer = Unreachable(reason="https://secret.example refused")

    with recorded() as spans:
        answer = await house.create(house.caller())

    assert [
        (span.attributes["framegate.upstream"], span.attributes["framegate.outcome"])
        for span in spans.all
        if span.name == "send"
    ] == [("first", "unreachable"), ("second", "ticket")]
    assert spans.named("task").context.trace_id == number_of(answer.task_id)
    assert "secret" not in "".join(span.to_json() for span in spans.all)
    house.database.close_now()


async def test_an_uncertain_send_is_never_repeated_elsewhere(tmp_path):
    first, second = ScriptedUpstream("first"), ScriptedUpstream("second")
    house = House(tmp_path, first, second)
    first.answer = Uncertain(reason="reset")
    await house.create(house.caller())
    assert second.orders == []
    house.database.close_now()


async def test_an_uncertain_send_keeps_the_hold_and_says_so(house, upstream, caller):
    upstream.answer = Uncertain(reason="timeout")
    answer = await house.create(caller)
    assert (answer.relay.http_status, answer.relay.code) == (504, 5002)
    assert answer.relay.data["id"] == answer.task_id
    assert house.task(answer.task_id).status is TaskStatus.UNCERTAIN
    assert house.balance(caller) == (TOPUP_MICROS, PRICE_MICROS)


async def test_an_uncertain_answer_is_repeated_too(house, upstream, caller):
    """A client that retries a 504 with one key must not buy a second video."""
    upstream.answer = Uncertain(reason="timeout")
    first = await house.create(caller, key="once")
    again = await house.create(caller, key="once")
    assert again.relay == first.relay
    assert len(upstream.orders) == 1


async def test_answer_after_tracking_lost_patience_brings_the_whole_deadline_back(
    house, upstream, caller
):
    """The process was stopped for a while; the upstream has the task and needs its time."""

    async def be_away():
        task_id = house.rows("tasks")[0]["id"]
        house.clock.pass_s(60 + 15)
        await house.look_at(task_id)
        assert house.task(task_id).status is TaskStatus.UNCERTAIN

    upstream.before_answering = be_away
    task = house.task((await house.create(caller)).task_id)
    assert task.status is TaskStatus.SUBMITTED
    assert task.deadline_ms == task.created_ms + 86_400_000


async def test_a_caller_who_hangs_up_does_not_stop_the_recording(house, upstream, caller):
    sent, may_answer = asyncio.Event(), asyncio.Event()

    async def hold():
        sent.set()
        await may_answer.wait()

    upstream.before_answering = hold
    request = asyncio.create_task(house.create(caller))
    await sent.wait()
    request.cancel()
    may_answer.set()
    await house.submit.close()
    assert [row["status"] for row in house.rows("tasks")] == ["submitted"]


async def test_a_ticket_that_comes_after_tracking_gave_up_waiting_is_kept(house, upstream, caller):
    """The row has another fence by then than the one that the send began with."""

    async def take_so_long_that_tracking_looks():
        house.clock.pass_s(120)
        (row,) = house.rows("tasks")
        await house.look_at(row["id"])

    upstream.before_answering = take_so_long_that_tracking_looks
    answer = await house.create(caller)

    task = house.task(answer.task_id)
    assert (task.status, task.ticket) == ("submitted", answer.relay.data["id"])


async def test_a_task_that_is_handed_over_keeps_a_wake_up(tmp_path):
    """A look that read the task before the hand-over ends fenced, and its own job with it."""
    first, second = ScriptedUpstream("first"), ScriptedUpstream("second")
    house = House(tmp_path, first, second)
    job = engine._Job(queue="track", subject="", due_ms=0, generation=0, failures=0)

    async def end_an_old_look():
        (task,) = house.rows("tasks")
        house.database.write_now(engine._remove, replace(job, subject=task["id"]))
        assert house.broken_promises() == []

    first.answer, second.before_answering = Unreachable(reason="no route"), end_an_old_look
    await house.create(house.caller())
    assert len(second.orders) == 1
    house.database.close_now()


async def test_a_ticket_after_the_doubt_gives_the_task_its_whole_time(house, upstream, caller):
    """Tracking had given the silent send two hours; a task that was taken has a day."""

    async def doubt():
        house.clock.pass_s(76)
        (task,) = house.rows("tasks")
        await house.look_at(task["id"])
        assert house.task(task["id"]).status is TaskStatus.UNCERTAIN

    upstream.before_answering = doubt
    task = house.task((await house.create(caller)).task_id)
    assert task.status is TaskStatus.SUBMITTED
    assert task.deadline_ms == task.created_ms + 86_400_000
