"""One place for tasks: whose they are, what each viewer sees, and what the filters say."""

import hashlib

import pytest

from fakes.rows import BODY, NOW_MS
from framegate.desk.tasks import FILTERS, TaskDesk
from framegate.domain.ledger import Scope
from framegate.domain.task import TaskStatus
from framegate.errors import CancelRefused, FieldsInvalid, NotFound, RightMissing
from framegate.flows import finish
from framegate.store import renders, tasks


@pytest.fixture
def desk(desks):
    return TaskDesk(desks.gateway)


async def listed(desk, caller, **query):
    page = await desk.page(caller, {name: [value] for name, value in query.items()})
    return [each["task"] for each in page["result"]]


async def test_member_lists_its_own_and_an_operator_all(desks, desk, member, operator):
    own = desks.task(member)
    others = desks.task(desks.caller("other"))
    assert await listed(desk, member) == [own.id]
    assert set(await listed(desk, operator)) == {own.id, others.id}
    assert await listed(desk, operator, account="other") == [others.id]


@pytest.mark.parametrize("name", ["account", "upstream"])
async def test_filter_of_operators_is_refused_to_a_member(desk, member, name):
    with pytest.raises(RightMissing):
        await desk.page(member, {name: ["local"]})


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"status": "failed"}, {"failed", "cancelled"}),
        ({"status": "succeeded,failed"}, {"succeeded", "failed", "cancelled"}),
        ({"state": "cancelled"}, {"cancelled"}),
        ({"status": "failed", "state": "failed,succeeded"}, {"failed"}),
        ({"status": "submitted"}, {"submitted", "sending"}),
        ({}, {"succeeded", "failed", "cancelled", "submitted", "sending"}),
    ],
)
async def test_status_is_the_vendors_word_and_state_our_own(desks, desk, member, query, expected):
    every_state(desks, member)
    page = await desk.page(member, {name: [value] for name, value in query.items()})
    assert {each["state"] for each in page["result"]} == expected


def every_state(desks, member):
    from fakes import rows  # noqa: PLC0415 - one helper of one test

    desks.paid(member)
    desks.failed(member)
    desks.task(member)
    cancelled = desks.task(member)
    desks.write(
        finish.give_up,
        cancelled,
        status=TaskStatus.CANCELLED,
        message="m",
        now_ms=NOW_MS,
        upstream_tells=True,
    )
    desks.write(rows.begin, member.account.id)
    refused = desks.write(rows.begin, member.account.id)
    desks.write(finish.refuse, refused, note="busy", now_ms=NOW_MS)


async def test_refused_create_is_seen_by_operators_who_ask_for_it(desks, desk, member, operator):
    every_state(desks, member)
    assert await listed(desk, member, state="refused") == []
    (refused,) = await listed(desk, operator, state="refused")
    assert refused not in await listed(desk, operator)
    with pytest.raises(NotFound):
        await desk.one(member, refused)
    assert (await desk.one(operator, refused))["operator_note"] == "busy"


async def test_counts_stand_beside_the_first_page(desks, desk, member):
    every_state(desks, member)
    page = await desk.page(member, {"state": ["failed"], "limit": ["1"]})
    assert page["counts"]["succeeded"] == 1
    assert "refused" not in page["counts"]
    assert (await desk.page(member, {"text": ["cat"]}))["counts"] is None


async def test_pages_follow_each_other_by_their_cursor(desks, desk, member):
    made = {desks.task(member, created_ms=NOW_MS + number // 2).id for number in range(5)}
    found, cursor = [], ""
    for _ in range(3):
        page = await desk.page(member, {"limit": ["2"], "cursor": [cursor]})
        found += [each["task"] for each in page["result"]]
        cursor = page["next_cursor"]
    assert (len(found), set(found), page["has_more"], cursor) == (5, made, False, "")


async def test_cursor_of_another_kind_or_account_is_refused(desks, desk, member, operator):
    for _ in range(2):
        desks.task(member)
    made = (await desk.page(member, {"limit": ["1"]}))["next_cursor"]
    for caller, sent in ((operator, made), (member, made[:-1]), (member, "x")):
        with pytest.raises(FieldsInvalid, match="next_cursor"):
            await desk.page(caller, {"cursor": [sent]})


@pytest.mark.parametrize(
    "query",
    [
        {"status": "done"},
        {"state": "x"},
        {"limit": "101"},
        {"from": "yesterday"},
        {"colour": "red"},
    ],
)
async def test_question_that_makes_no_sense_is_refused(desk, member, query):
    with pytest.raises(FieldsInvalid):
        await desk.page(member, {name: [value] for name, value in query.items()})


async def test_every_filter_is_a_parameter(desk, operator):
    values = {"status": "failed", "state": "failed", "account": "default", "from": "1", "to": "2"}
    page = await desk.page(operator, {name: [values.get(name, "x")] for name in FILTERS})
    assert page["result"] == []


# --- one --------------------------------------------------------------------------------------


async def test_task_is_told_whole(desks, desk, member):
    task = desks.paid(member)
    shown = await desk.one(member, task.public_id)
    assert [(line["state"], line["after_s"]) for line in shown["life"]] == [
        ("sending", 0.0),
        ("submitted", 0.001),
        ("succeeded", 5.0),
    ]
    assert (shown["hold"]["state"], shown["hold"]["amount"]) == ("settled", "0.56")
    assert [(entry["kind"], entry["amount"]) for entry in shown["ledger"]] == [("settle", "-0.56")]
    assert (shown["task"], shown["key"], shown["key_hint"]) == (task.id, member.key.id, "full")
    assert shown["ended_at"] == NOW_MS + 5_000


async def test_callback_is_shown_with_its_attempts(desks, desk, member):
    task = desks.task(member, callback_url="https://your-server.example/hook")
    desks.write(
        finish.give_up,
        task,
        status=TaskStatus.FAILED,
        message="no face",
        now_ms=NOW_MS,
        upstream_tells=False,
    )
    (delivery,) = (await desk.one(member, task.id))["deliveries"]
    assert (delivery["event"], delivery["attempts"]) == ("task.failed", [])


async def test_anothers_task_is_not_found_but_by_an_operator(desks, desk, member, operator):
    task = desks.task(member)
    other = desks.caller("other")
    for question in (desk.one, desk.request, desk.answer, desk.cancel):
        with pytest.raises(NotFound, match="task not found"):
            await question(other, task.id)
    assert (await desk.one(operator, task.id))["account_name"] == "acme"


async def test_request_is_the_callers_exact_bytes(desks, desk, member):
    kept = await desk.request(member, desks.task(member).id)
    assert (kept.content, kept.sha256) == (BODY, hashlib.sha256(BODY).hexdigest())


async def test_answer_that_has_not_come_is_not_found(desks, desk, member):
    with pytest.raises(NotFound, match="has not answered"):
        await desk.answer(member, desks.task(member).id)


# --- cancelled --------------------------------------------------------------------------------


async def test_owner_and_operator_are_told_apart(desks, desk, member, operator):
    for caller, message in (
        (member, "cancelled by its owner"),
        (operator, "cancelled by the operator"),
    ):
        task_id = await rendered(desks, member)
        shown = await desk.cancel(caller, task_id)
        assert (shown["state"], shown["status"], shown["message"]) == (
            *("cancelled", "failed"),
            message,
        )
        assert shown["hold"]["state"] == "released"
        assert not shown["can_cancel"]


async def rendered(desks, caller):
    """A task that the embedded renderer has, through the front door."""
    from framegate.flows.request import CreateRequest  # noqa: PLC0415 - as above

    body = (
        b'{"contents":[{"type":"first_frame","url":"https://cdn.example.com/a.jpg"}],'
        b'"settings":{"duration":5}}'
    )
    request = CreateRequest(
        caller=caller,
        path="image-to-video/kling-3.0-turbo",
        model="kling-3.0-turbo",
        body=body,
        body_sha256=hashlib.sha256(body).hexdigest(),
        idempotency_key="",
        request_id="req_1",
    )
    return (await desks.gateway.submit(request)).task_id


async def test_offer_to_cancel_is_made_where_it_can_be_kept(desks, desk, member):
    task_id = await rendered(desks, member)
    reader = desks.caller(scope=Scope.READ)
    assert (await desk.one(member, task_id))["can_cancel"]
    assert not (await desk.one(reader, task_id))["can_cancel"]
    with pytest.raises(RightMissing):
        await desk.cancel(reader, task_id)
    await desk.cancel(member, task_id)
    with pytest.raises(CancelRefused):
        await desk.cancel(member, task_id)


async def test_ended_task_is_at_no_stage_and_its_frames_stay(desks, desk, member):
    task_id = await rendered(desks, member)

    def at_work(tx):
        render = renders.by_task(tx, task_id)
        seen = {"stage": "rendering", "frames_done": 7, "frames_total": 150}
        assert renders.change(tx, render, now_ms=NOW_MS, **seen)

    desks.write(at_work)
    going_on = await desk.one(member, task_id)
    assert (going_on["stage"], going_on["frames_done"]) == ("rendering", 7)
    ended = await desk.cancel(member, task_id)
    assert (ended["status"], ended["stage"], ended["frames_done"]) == ("failed", "", 7)


async def test_words_of_the_prompt_are_shown_and_found(desks, desk, member):
    task = desks.task(member)
    desks.write(
        lambda tx: tx.exec_driver_sql(
            "UPDATE prompts SET text = 'a cat on a roof' WHERE task_id = ?", (task.id,)
        )
    )
    page = await desk.page(member, {"text": ["CAT on"]})
    assert [each["prompt"] for each in page["result"]] == ["a cat on a roof"]
    assert desks.gateway.database.read_now(tasks.by_id, task.id) is not None
