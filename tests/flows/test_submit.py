"""What a create leaves behind, for every way in which it can end."""

import asyncio
import hashlib

import pytest

from fakes.house import PRICE_MICROS, TOPUP_MICROS, House, body
from fakes.scripted_upstream import ScriptedUpstream, ticket
from framegate.domain.task import TaskStatus
from framegate.domain.upstream import Refused, Relay
from framegate.errors import (
    BudgetSpent,
    CreditMissing,
    FieldsInvalid,
    IdempotencyConflict,
    IdempotencyInFlight,
    NotFound,
    TooManyTasks,
)
from framegate.store import accounts, holds, keys, tasks


def nothing_is_kept(house):
    return not house.rows("tasks") and not house.rows("holds") and not house.rows("jobs")


async def test_accepted_task_holds_its_price_and_keeps_the_ticket(house, caller):
    answer = await house.create(caller)

    task = house.task(answer.task_id)
    assert (task.status, task.ticket) == (TaskStatus.SUBMITTED, ticket().id)
    assert house.balance(caller) == (TOPUP_MICROS, PRICE_MICROS)


async def test_the_upstream_gets_the_callers_exact_bytes(house, upstream, caller):
    odd = body().replace(b'"settings"', b'  "x_trace"\t:7.50,"settings"')
    await house.create(caller, odd)
    assert upstream.bodies == [odd]


async def test_text_to_video_forwards_the_rewrite_and_keeps_the_callers_bytes(
    house, upstream, caller
):
    """The hash, the repeats and the audit stay on what the caller sent."""
    content = b'{"prompt":"a\xef\xbc\x8cb","settings":{"duration":5}}'
    answer = await house.create(caller, content, kind="text-to-video", key="once")

    filled = b'{"duration":5,"resolution":"720p","aspect_ratio":"16:9"}'
    assert upstream.bodies == [b'{"prompt":"a,b","settings":%b}' % filled]
    task = house.task(answer.task_id)
    assert (task.kind, task.body_sha256) == ("text-to-video", hashlib.sha256(content).hexdigest())
    assert house.database.read_now(tasks.body_of, task.id) == content
    assert task.price_micros == PRICE_MICROS
    again = await house.create(caller, content, kind="text-to-video", key="once")
    assert again.is_replay
    assert house.broken_promises() == []


async def test_an_order_goes_to_an_upstream_that_makes_its_kind(tmp_path, upstream):
    pictures_only = ScriptedUpstream("pictures-only")
    pictures_only.kinds = frozenset({"image-to-video"})
    house = House(tmp_path, pictures_only, upstream)
    caller = house.caller()
    await house.create(caller, b'{"prompt":"x"}', kind="text-to-video")
    assert (len(pictures_only.orders), len(upstream.orders)) == (0, 1)
    await house.create(caller)
    assert (len(pictures_only.orders), len(upstream.orders)) == (1, 1)
    house.database.close_now()


async def test_a_kind_that_nobody_makes_leaves_nothing_and_says_what_to_configure(
    house, upstream, caller
):
    upstream.kinds = frozenset({"image-to-video"})
    with pytest.raises(NotFound, match=r"no configured upstream makes text-to-video: add one"):
        await house.create(caller, b'{"prompt":"x"}', kind="text-to-video")
    assert nothing_is_kept(house)


async def test_the_two_kinds_share_external_ids_and_not_idempotency_keys(house, caller):
    """An external id is the account's, a key belongs to its path."""
    await house.create(caller, body(external_task_id="biz-1"), key="once")
    content = b'{"prompt":"x","options":{"external_task_id":"biz-1"}}'
    with pytest.raises(FieldsInvalid, match="already exists"):
        await house.create(caller, content, kind="text-to-video", key="once")


async def test_task_and_hold_are_committed_before_anything_is_sent(house, upstream, caller):
    """Dying right after the send must not lose the task."""
    seen = []

    async def look():
        seen.extend((row["status"], row["amount_micros"]) for row in house.rows("tasks_and_holds"))

    house.database.write_now(
        lambda tx: tx.exec_driver_sql(
            "CREATE VIEW tasks_and_holds AS SELECT t.status, h.amount_micros "
            "FROM tasks t JOIN holds h ON h.task_id = t.id JOIN jobs j ON j.subject = t.id"
        )
    )
    upstream.before_answering = look
    await house.create(caller)
    assert seen == [("sending", PRICE_MICROS)]


async def test_a_bad_body_leaves_nothing(house, upstream, caller):
    with pytest.raises(FieldsInvalid):
        await house.create(caller, b'{"contents":[]}')
    assert nothing_is_kept(house)
    assert upstream.orders == []


async def test_an_unknown_model_leaves_nothing(house, caller):
    with pytest.raises(NotFound, match="model not found: kling-9"):
        house.submit.candidates("kling-9")


async def test_too_little_credit_leaves_nothing(house, upstream):
    poor = house.caller("poor", credit_micros=PRICE_MICROS - 1)
    with pytest.raises(CreditMissing, match=r"needs 0\.56 USD, 0\.559999 USD is available"):
        await house.create(poor)
    assert nothing_is_kept(house)
    assert upstream.orders == []


async def test_exactly_enough_credit_is_enough(house):
    exact = house.caller("exact", credit_micros=PRICE_MICROS)
    await house.create(exact)
    assert house.balance(exact) == (PRICE_MICROS, PRICE_MICROS)


async def test_two_hundred_creates_at_once_never_overdraw(house):
    rich = house.caller("rich", credit_micros=17 * PRICE_MICROS)
    made = await asyncio.gather(*(house.create(rich) for _ in range(200)), return_exceptions=True)
    assert sum(not isinstance(answer, Exception) for answer in made) == 17
    assert house.balance(rich) == (17 * PRICE_MICROS, 17 * PRICE_MICROS)
    assert house.broken_promises() == []


async def test_a_repeat_with_the_same_key_and_bytes_gets_the_same_answer(house, upstream, caller):
    first = await house.create(caller, key="once")
    again = await house.create(caller, key="once")
    assert again.is_replay
    assert (again.relay, again.task_id) == (first.relay, first.task_id)
    assert len(upstream.orders) == 1


async def test_the_same_key_with_other_bytes_is_a_conflict(house, caller):
    await house.create(caller, key="once")
    with pytest.raises(IdempotencyConflict):
        await house.create(caller, body() + b" ", key="once")


async def test_a_repeat_is_answered_before_its_body_is_judged(house, caller):
    await house.create(caller, body(external_task_id="biz-1"), key="once")
    again = await house.create(caller, body(external_task_id="biz-1"), key="once")
    assert again.is_replay


async def test_a_twin_in_flight_is_told_to_wait(house, upstream, caller):
    twins = []

    async def send_a_twin():
        with pytest.raises(IdempotencyInFlight) as refused:
            await house.create(caller, key="once")
        twins.append(refused.value)

    upstream.before_answering = send_a_twin
    await house.create(caller, key="once")
    assert [twin.retry_after_s for twin in twins] == [1]
    assert len(house.rows("tasks")) == 1


async def test_two_callers_may_use_the_same_key_and_external_id(house, caller):
    other = house.caller("other")
    content = body(external_task_id="biz-1")
    mine = await house.create(caller, content, key="once")
    theirs = await house.create(other, content, key="once")
    assert mine.task_id != theirs.task_id
    assert not theirs.is_replay


async def test_a_duplicate_external_id_is_refused_whatever_became_of_the_first(house, caller):
    await house.create(caller, body(external_task_id="biz-1"))
    with pytest.raises(FieldsInvalid) as refused:
        await house.create(caller, body(external_task_id="biz-1"))
    assert refused.value.message == 'options.external_task_id "biz-1" already exists'
    assert refused.value.errors[0].path == "/options/external_task_id"


async def test_empty_external_ids_are_no_ids(house, caller):
    await house.create(caller, body(external_task_id=""))
    await house.create(caller, body(external_task_id=""))
    assert len(house.rows("tasks")) == 2


async def test_a_rehearsal_prices_and_keeps_nothing(house, caller):
    quote = await house.submit.rehearse(caller, body(), "kling-3.0-turbo")
    assert quote.amount_micros == PRICE_MICROS
    assert nothing_is_kept(house)


async def test_a_rehearsal_refuses_what_a_create_would_refuse(house):
    poor = house.caller("poor", credit_micros=1)
    with pytest.raises(CreditMissing):
        await house.submit.rehearse(poor, body(), "kling-3.0-turbo")


async def test_too_many_tasks_in_flight_leave_nothing_and_are_said_before_a_dead_upstream(
    house, upstream, caller
):
    """Rule 33: what the caller can mend comes before what it cannot."""
    house.database.write_now(accounts.limit_account, caller.account.id, {"in_flight_max": 1})
    await house.create(caller)
    health = "UPDATE upstreams SET breaker = 'open', retry_ms = 9999999999999"
    house.database.write_now(lambda tx: tx.exec_driver_sql(health).rowcount)
    rows = {table: len(house.rows(table)) for table in ("tasks", "holds", "jobs")}

    with pytest.raises(TooManyTasks, match=r"the limit is 1 for this account$") as refused:
        await house.create(caller)

    assert refused.value.retry_after_s == holds.IN_FLIGHT_WAIT_S
    assert {table: len(house.rows(table)) for table in rows} == rows
    assert len(upstream.orders) == 1


async def test_refused_by_the_upstream_a_task_is_no_longer_in_flight_nor_spent(
    house, upstream, caller
):
    upstream.answer = Refused(
        relay=Relay(http_status=400, code=1301, message="no", request_id="up-2", data={})
    )
    await house.create(caller)
    key = house.database.read_now(keys.by_id, caller.key.id)
    assert (key.spent_micros, key.in_flight) == (0, 0)


async def test_a_rehearsal_refuses_a_spent_budget_and_full_places(house, caller):
    house.database.write_now(keys.limit, caller.key.id, {"budget_micros": PRICE_MICROS - 1})
    with pytest.raises(BudgetSpent):
        await house.submit.rehearse(caller, body(), "kling-3.0-turbo")
    house.database.write_now(keys.limit, caller.key.id, {"budget_micros": 0, "in_flight_max": 1})
    await house.create(caller)
    with pytest.raises(TooManyTasks):
        await house.submit.rehearse(caller, body(), "kling-3.0-turbo")
