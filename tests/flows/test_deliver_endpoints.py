"""How endpoints are told: signed, late, again, and beside a host that hangs."""

import asyncio
import json
import time

import pytest
from sqlalchemy import text
from standardwebhooks import Webhook, WebhookVerificationError

from fakes.house import body
from fakes.receiver import Receiver
from fakes.rows import begin
from fakes.scripted_upstream import succeeded
from framegate.domain.delivery import DeliveryStatus
from framegate.domain.endpoint import Wish
from framegate.domain.event import EVENTS
from framegate.engine.embedded import EmbeddedEngine, Lane, Wake
from framegate.errors import TooManyRequests
from framegate.flows import subscribe
from framegate.flows.deliver import TEST_EVERY_MS, Deliver
from framegate.outbound import Outbound
from framegate.store import deliveries, endpoints

PATIENCE_S = 30
"""Nothing waits so long when all is well."""

PENDING, DELIVERED, FAILED = DeliveryStatus


@pytest.fixture
async def receiver():
    async with Receiver() as opened:
        yield opened


@pytest.fixture
async def dead():
    async with Receiver(hangs=True) as opened:
        yield opened


@pytest.fixture
async def deliver(house, receiver, dead):
    # The independent verifier reads the clock itself, and forgives five minutes.
    house.clock.now_ms = time.time_ns() // 1_000_000
    outbound = Outbound.to_public(allow=frozenset({receiver.pair, dead.pair}))
    yield Deliver(
        database=house.database,
        outbound=outbound,
        links=house.links,
        keyring=house.keyring,
        attempt_wait_s=15,
        per_host_max=4,
        clock_ms=house.clock,
        jitter_permille=lambda: 0,
    )
    await outbound.close()


@pytest.fixture
def endpoint(listen, receiver):
    return listen(receiver.url)


@pytest.fixture
def listen(house, caller, deliver):
    def make(url, events=EVENTS):
        return house.database.write_now(
            endpoints.create,
            account_id=caller.account.id,
            wish=Wish(url=url, events=events),
            now_ms=house.clock(),
        )

    return make


@pytest.fixture
async def owed(house, caller, upstream, endpoint):
    """What the endpoint is owed of a task that has succeeded a second after its create."""
    task_id = (await house.create(caller)).task_id
    house.clock.pass_s(1)
    upstream.polls.append(succeeded())
    await house.look_at(task_id)
    return house.database.read_now(deliveries.of_task, task_id)


async def run(house, deliver, delivery):
    """One attempt; the delivery as it is then."""
    # At its time: a wake-up before it does nothing.
    due_ms = house.database.read_now(deliveries.by_id, delivery.id).next_ms
    house.clock.now_ms = max(house.clock.now_ms, due_ms)
    await deliver(Wake(subject=delivery.id, now_ms=house.clock()))
    return house.database.read_now(deliveries.by_id, delivery.id)


def secret_of(house, endpoint, generation=1):
    return house.keyring.webhook_secret(endpoint.id, generation)


def verified(house, endpoint, heard, generation=1):
    return Webhook(secret_of(house, endpoint, generation)).verify(heard.body, heard.headers)


def now_of(house, endpoint):
    return house.database.read_now(endpoints.of_caller, endpoint.account_id, endpoint.id)


def rotate(house, endpoint, overlap_s):
    house.database.write_now(
        subscribe.rotate,
        endpoint.account_id,
        endpoint.id,
        overlap_s=overlap_s,
        now_ms=house.clock(),
    )


# --- what is told -----------------------------------------------------------------------------


async def test_event_is_told_signed_by_the_endpoints_own_secret(
    house, deliver, receiver, endpoint, owed
):
    _, end = owed

    told = await run(house, deliver, end)

    (heard,) = receiver.heard
    event = verified(house, endpoint, heard)
    assert (event["type"], event["data"]["status"]) == ("task.succeeded", "succeeded")
    assert event["data"]["billing"][0]["amount"] == "0.56"
    assert heard.headers["webhook-id"] == end.id
    assert heard.headers["content-type"] == "application/json; charset=utf-8"
    assert (told.status, told.attempts) == (DELIVERED, 1)


async def test_event_that_is_told_late_says_what_was_true_then(
    house, deliver, receiver, endpoint, owed
):
    submitted, _ = owed

    await run(house, deliver, submitted)

    event = verified(house, endpoint, receiver.heard[0])
    assert (event["type"], event["data"]["status"]) == ("task.submitted", "submitted")
    assert event["data"]["outputs"] == event["data"]["billing"] == []
    assert event["data"]["update_time"] == submitted.created_ms == house.clock() - 1_000


async def test_video_link_is_fresh_on_every_attempt_and_the_id_stays(
    house, deliver, receiver, owed
):
    _, end = owed
    receiver.statuses.append(500)

    await run(house, deliver, end)
    house.clock.pass_s(5)
    await run(house, deliver, end)

    first, second = receiver.heard
    links = [json.loads(each.body)["data"]["outputs"][0]["url"] for each in (first, second)]
    assert links[0] != links[1]
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.headers["webhook-timestamp"] != second.headers["webhook-timestamp"]


async def test_while_a_secret_rotates_old_and_new_receivers_both_verify(
    house, deliver, receiver, endpoint, owed
):
    rotate(house, endpoint, 60)

    await run(house, deliver, owed[0])

    for generation in (1, 2):
        assert verified(house, endpoint, receiver.heard[0], generation)


@pytest.mark.parametrize(("overlap_s", "wait_s"), [(60, 60), (0, 0)])
async def test_old_secret_ends_with_the_overlap(
    house, deliver, receiver, endpoint, owed, overlap_s, wait_s
):
    rotate(house, endpoint, overlap_s)
    house.clock.pass_s(wait_s)

    await run(house, deliver, owed[0])

    assert verified(house, endpoint, receiver.heard[0], 2)
    with pytest.raises(WebhookVerificationError):
        verified(house, endpoint, receiver.heard[0], 1)


# --- what becomes of it -----------------------------------------------------------------------


async def test_gone_disables_the_endpoint_and_gives_up_what_is_pending(
    house, deliver, receiver, endpoint, owed
):
    submitted, end = owed
    receiver.statuses.append(410)

    told = await run(house, deliver, submitted)

    kept = now_of(house, endpoint)
    assert (kept.is_enabled, kept.disabled_why) == (False, "it answered 410")
    assert (told.status, told.attempts) == (FAILED, 1)
    assert (await run(house, deliver, end)).status is FAILED
    assert len(receiver.heard) == 1
    assert house.broken_promises() == []


async def test_gone_from_a_tasks_own_callback_ends_that_delivery_alone(
    house, deliver, caller, upstream, receiver, endpoint
):
    house.submit.allowed_addresses = frozenset({receiver.pair})
    upstream.polls.append(succeeded())
    task_id = (await house.create(caller, body(callback_url=receiver.url))).task_id
    await house.look_at(task_id)
    owed = house.database.read_now(deliveries.of_task, task_id)
    (callback,) = (each for each in owed if not each.endpoint_id)
    receiver.statuses.append(410)

    told = await run(house, deliver, callback)

    assert told.status is FAILED
    assert now_of(house, endpoint).is_enabled
    assert house.broken_promises() == []


async def test_delivery_sent_again_by_hand_has_a_whole_new_schedule(
    house, deliver, caller, receiver, owed
):
    delivery = owed[1]
    receiver.statuses.extend([500] * 11)
    for _ in range(10):
        delivery = await run(house, deliver, delivery)
    assert (delivery.status, delivery.attempts) == (FAILED, 10)

    house.database.write_now(
        subscribe.redeliver, caller.account.id, delivery.id, now_ms=house.clock()
    )
    delivery = await run(house, deliver, delivery)

    assert (delivery.status, delivery.attempts) == (PENDING, 11)
    assert delivery.next_ms == house.clock() + 5_000
    assert {each.headers["webhook-id"] for each in receiver.heard} == {delivery.id}
    assert house.broken_promises() == []


async def test_attempt_that_runs_while_it_is_sent_again_counts_to_the_new_schedule(
    house, deliver, caller, receiver, owed
):
    delivery = owed[1]
    receiver.statuses.extend([500] * 10)
    for _ in range(9):
        await run(house, deliver, delivery)

    async def send_again():
        await house.database.write(
            subscribe.redeliver, caller.account.id, delivery.id, now_ms=house.clock()
        )

    receiver.before_answering = send_again
    told = await run(house, deliver, delivery)

    assert (told.status, told.attempts, told.attempts_of_schedule) == (PENDING, 10, 1)


async def test_endpoint_that_is_disabled_during_an_attempt_stays_disabled(
    house, deliver, caller, receiver, endpoint, owed
):
    async def disable():
        await house.database.write(
            subscribe.disable, caller.account.id, endpoint.id, now_ms=house.clock()
        )

    receiver.before_answering = disable

    told = await run(house, deliver, owed[0])

    assert (told.status, told.attempts) == (FAILED, 0)
    assert house.broken_promises() == []


# --- a receiver that hangs --------------------------------------------------------------------


async def test_thousand_deliveries_to_a_host_that_hangs_delay_no_other_host(
    house, deliver, caller, listen, dead, receiver
):
    """The clock stands still: the good one is told before a single hanging one gives up."""
    hanging = [listen(f"{dead.url}/{number}") for number in range(10)]
    good = listen(receiver.url)
    last = house.database.write_now(owe_thousand, caller.account.id, hanging, good, house.clock())
    house.clock.pass_s(1)
    engine = EmbeddedEngine(
        database=house.database,
        lanes={"deliver": Lane(deliver, 64)},
        clock_ms=house.clock,
        steady_ms=house.clock,
    )
    stop = asyncio.Event()
    running = asyncio.create_task(engine.run(stop))

    await asyncio.wait_for(receiver.was_heard.wait(), PATIENCE_S)
    stop.set()
    await running

    assert [each.headers["webhook-id"] for each in receiver.heard] == [last]
    assert 1 <= len(dead.heard) <= 4
    waiting = [row["due_ms"] for row in house.rows("jobs") if row["due_ms"] > house.clock()]
    assert len(waiting) > 900  # They stand in a line, and do not ask again and again.


def owe_thousand(tx, account_id, hanging, good, now_ms):
    """25 tasks, 4 events and 10 endpoints, and then one more to the good endpoint."""
    made = [begin(tx, account_id, price_micros=1) for _ in range(25)]
    owed = [
        deliveries.owe(
            tx,
            task,
            event=event,
            url=endpoint.url,
            now_ms=now_ms,
            endpoint_id=endpoint.id,
        ).id
        for task in made
        for event in EVENTS
        for endpoint in hanging
    ]
    last = deliveries.owe(
        tx, made[0], event="task.failed", url=good.url, now_ms=now_ms, endpoint_id=good.id
    )
    tx.execute(
        text("INSERT INTO jobs (queue, subject, due_ms) VALUES ('deliver', :id, :due_ms)"),
        [
            {"id": each, "due_ms": now_ms + number}
            for number, each in enumerate([*owed, last.id], start=-1_000)
        ],
    )
    return last.id


@pytest.fixture
async def held_up(deliver, listen, receiver):
    """As many requests as may be on their way to the receiver's host, none of them answered."""
    receiver.hangs = True
    hanging = [asyncio.create_task(deliver.test(listen(receiver.url))) for _ in range(4)]
    await asyncio.wait_for(receiver.was_heard.wait(), PATIENCE_S)
    yield
    for test in hanging:
        test.cancel()
    await asyncio.gather(*hanging, return_exceptions=True)


async def test_delivery_without_a_turn_waits_without_an_attempt(house, deliver, owed, held_up):
    told = await run(house, deliver, owed[0])

    assert (told.status, told.attempts) == (PENDING, 0)
    assert told.next_ms == house.clock() + 1_000
    due = {row["subject"]: row["due_ms"] for row in house.rows("jobs")}
    assert due[told.id] == told.next_ms


# --- a test -----------------------------------------------------------------------------------


async def test_test_is_signed_and_nothing_of_it_is_kept(house, deliver, receiver, endpoint):
    receiver.statuses.append(201)

    attempt = await deliver.test(endpoint)

    event = verified(house, endpoint, receiver.heard[0])
    assert event["type"] == "webhook.test"
    assert (attempt.http_status, attempt.answer) == (201, b"thanks")
    assert house.rows("deliveries") == house.rows("attempts") == []


async def test_test_of_a_dead_address_says_that_there_was_no_answer(deliver, listen):
    attempt = await deliver.test(listen("https://127.0.0.1:1/"))

    assert (attempt.http_status, attempt.error) == (0, "no answer")


async def test_webhook_is_tested_once_in_a_while(house, deliver, endpoint, listen, receiver):
    await deliver.test(endpoint)
    with pytest.raises(TooManyRequests, match="1 test in 6 seconds for this webhook") as caught:
        await deliver.test(endpoint)
    assert caught.value.retry_after_s == 6

    await deliver.test(listen(receiver.url))
    house.clock.pass_s(TEST_EVERY_MS / 1_000)
    await deliver.test(endpoint)

    assert len(receiver.heard) == 3


async def test_clock_that_was_set_back_does_not_forbid_tests(house, deliver, endpoint, receiver):
    await deliver.test(endpoint)
    house.clock.pass_s(-86_400)
    await deliver.test(endpoint)

    assert len(receiver.heard) == 2


async def test_host_that_hangs_is_not_tested_on_top(deliver, listen, receiver, held_up):
    with pytest.raises(TooManyRequests, match="still waiting for its answer"):
        await deliver.test(listen(receiver.url))
