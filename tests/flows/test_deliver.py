"""How an event is told: to real receivers, signed, again and again until the schedule ends."""

import asyncio
import json
from datetime import UTC, datetime
from email.utils import format_datetime
from itertools import pairwise

import pytest
from standardwebhooks import Webhook

from fakes.house import NOW_MS, PRICE_MICROS, body
from fakes.raw_site import RawSite
from fakes.scripted_upstream import succeeded
from framegate.domain.delivery import WAITS_S
from framegate.engine.embedded import Wake
from framegate.flows.deliver import HOST_BUSY_WAIT_MS, Deliver
from framegate.outbound import Outbound
from framegate.store import deliveries

OK = RawSite.reply()
DOWN = RawSite.reply(status="500 Internal Server Error")
SIGNED = {"webhook-id", "webhook-timestamp", "webhook-signature"}


@pytest.fixture
async def site():
    opened = RawSite()
    await opened.start()
    yield opened
    await opened.stop()


@pytest.fixture
async def other_site():
    opened = RawSite()
    await opened.start()
    yield opened
    await opened.stop()


@pytest.fixture
async def deliver(house, site, other_site):
    allowed = frozenset({site.pair, other_site.pair})
    house.submit.allowed_addresses = allowed
    outbound = Outbound.to_public(allow=allowed)
    yield Deliver(
        database=house.database,
        outbound=outbound,
        links=house.links,
        keyring=house.keyring,
        attempt_wait_s=15,
        per_host_max=1,
        clock_ms=house.clock,
        jitter_permille=lambda: 0,
    )
    await outbound.close()


@pytest.fixture
def owed(house, upstream, caller, deliver):
    """End one task whose caller wants to be told at this address; the delivery's id."""

    async def owe(url):
        task_id = (await house.create(caller, body(callback_url=url))).task_id
        upstream.polls.append(succeeded())
        await house.look_at(task_id)
        return next(row["id"] for row in house.rows("deliveries") if row["task_id"] == task_id)

    return owe


def wake(house, delivery_id):
    generations = {row["subject"]: row["generation"] for row in house.rows("jobs")}
    return Wake(subject=delivery_id, now_ms=house.clock(), generation=generations[delivery_id])


def delivery(house, delivery_id):
    return next(row for row in house.rows("deliveries") if row["id"] == delivery_id)


def due_ms(house, delivery_id):
    return next(row["due_ms"] for row in house.rows("jobs") if row["subject"] == delivery_id)


def attempts(house, delivery_id):
    return house.database.read_now(deliveries.attempts_of, delivery_id)


async def told(house, deliver, delivery_id):
    """One attempt; what the delivery is now."""
    await deliver(wake(house, delivery_id))
    return delivery(house, delivery_id)


async def told_to_the_end(house, deliver, delivery_id):
    """Attempts at their due times until none is owed; when each was made."""
    made_ms = []
    while (await told(house, deliver, delivery_id))["status"] == "pending":
        made_ms.append(house.clock())
        house.clock.now_ms = due_ms(house, delivery_id)
    return [*made_ms, house.clock()]


# --- what is said -----------------------------------------------------------------------------


async def test_receiver_gets_the_vendors_object_with_a_living_link(house, deliver, site, owed):
    site.answers["/hook"] = OK
    await told(house, deliver, await owed(site.url("/hook")))
    (seen,) = site.seen
    event = json.loads(seen.body)
    (output,) = event["outputs"]
    assert (seen.method, event["status"]) == ("POST", "succeeded")
    assert seen.headers["content-type"] == "application/json; charset=utf-8"
    (video,) = house.rows("videos")
    assert output["url"] == house.links.make("videos", video["id"], now_ms=NOW_MS)
    assert event["billing"][0]["amount"] == str(PRICE_MICROS / 1_000_000)


async def test_signature_is_what_an_independent_signer_makes_of_it(
    house, deliver, site, owed, caller
):
    site.answers["/hook"] = OK
    delivery_id = await owed(site.url("/hook"))
    await told(house, deliver, delivery_id)
    (seen,) = site.seen
    secret = house.keyring.webhook_secret(caller.account.id, 1)
    when = datetime.fromtimestamp(int(seen.headers["webhook-timestamp"]), UTC)
    expected = Webhook(secret).sign(delivery_id, when, seen.body.decode())
    assert seen.headers["webhook-id"] == delivery_id
    assert seen.headers["webhook-signature"] == expected
    assert int(seen.headers["webhook-timestamp"]) == house.clock() // 1_000


async def test_account_without_a_secret_gets_none_of_the_three_headers(house, deliver, site, owed):
    site.answers["/hook"] = OK
    delivery_id = await owed(site.url("/hook"))
    house.database.write_now(
        lambda tx: tx.exec_driver_sql("UPDATE accounts SET webhook_generation = 0")
    )
    await told(house, deliver, delivery_id)
    assert SIGNED & set(site.seen[0].headers) == set()


async def test_every_attempt_has_the_same_id_and_a_time_and_a_link_of_its_own(
    house, deliver, site, owed, caller
):
    site.answers["/hook"] = DOWN
    delivery_id = await owed(site.url("/hook"))
    await told_to_the_end(house, deliver, delivery_id)
    signer = Webhook(house.keyring.webhook_secret(caller.account.id, 1))
    for seen in site.seen:
        when = datetime.fromtimestamp(int(seen.headers["webhook-timestamp"]), UTC)
        assert seen.headers["webhook-id"] == delivery_id
        assert seen.headers["webhook-signature"] == signer.sign(
            delivery_id, when, seen.body.decode()
        )
    assert len({seen.headers["webhook-timestamp"] for seen in site.seen}) == len(WAITS_S)
    assert len({seen.body for seen in site.seen}) == len(WAITS_S)


# --- what comes of it -------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["200 OK", "201 Created", "202 Accepted", "299 Odd"])
async def test_any_2xx_is_success_and_ends_it(house, deliver, site, owed, status):
    site.answers["/hook"] = RawSite.reply(b"thanks", status=status)
    delivery_id = await owed(site.url("/hook"))
    row = await told(house, deliver, delivery_id)
    assert (row["status"], row["attempts"], row["next_ms"]) == ("delivered", 1, 0)
    (attempt,) = attempts(house, delivery_id)
    assert (attempt.http_status, attempt.answer) == (int(status[:3]), b"thanks")


async def test_what_was_delivered_is_not_told_again(house, deliver, site, owed):
    site.answers["/hook"] = OK
    delivery_id = await owed(site.url("/hook"))
    for _ in range(2):
        await told(house, deliver, delivery_id)
    assert len(site.seen) == 1


async def test_wake_for_a_delivery_that_never_was_does_nothing(house, deliver):
    await deliver(Wake(subject="msg_nobody", now_ms=NOW_MS))
    assert house.rows("jobs") == []


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
async def test_redirect_is_a_failure_and_is_not_followed(house, deliver, site, owed, status):
    site.answers |= {"/hook": RawSite.redirect("/new", status=status), "/new": OK}
    row = await told(house, deliver, await owed(site.url("/hook")))
    assert (row["status"], row["attempts"]) == ("pending", 1)
    assert [seen.target for seen in site.seen] == ["/hook"]


async def test_gone_ends_it_at_once(house, deliver, site, owed):
    site.answers["/hook"] = RawSite.reply(status="410 Gone")
    row = await told(house, deliver, await owed(site.url("/hook")))
    assert (row["status"], row["attempts"], row["next_ms"]) == ("failed", 1, 0)


@pytest.mark.parametrize("answer", [DOWN, RawSite.reply(status="404 Not Found"), RawSite.hang_up])
async def test_failure_is_kept_and_tried_again_in_five_seconds(house, deliver, site, owed, answer):
    site.answers["/hook"] = answer
    delivery_id = await owed(site.url("/hook"))
    row = await told(house, deliver, delivery_id)
    assert (row["status"], row["next_ms"]) == ("pending", NOW_MS + 5_000)
    assert due_ms(house, delivery_id) == NOW_MS + 5_000


async def test_whole_schedule_is_kept_to_and_then_it_is_given_up_visibly(
    house, deliver, site, owed
):
    site.answers["/hook"] = DOWN
    delivery_id = await owed(site.url("/hook"))
    made_ms = await told_to_the_end(house, deliver, delivery_id)
    row = delivery(house, delivery_id)
    assert (row["status"], row["attempts"], row["ended_ms"]) == ("failed", 10, house.clock())
    assert [(b - a) / 1_000 for a, b in pairwise(made_ms)] == list(WAITS_S[1:])
    assert [each.http_status for each in attempts(house, delivery_id)] == [500] * 10
    assert house.broken_promises() == []


async def test_receiver_that_recovers_is_told_once_more_and_no_more(house, deliver, site, owed):
    site.answers["/hook"] = [DOWN, DOWN, OK]
    delivery_id = await owed(site.url("/hook"))
    await told_to_the_end(house, deliver, delivery_id)
    assert delivery(house, delivery_id)["status"] == "delivered"
    assert [each.http_status for each in attempts(house, delivery_id)] == [500, 500, 200]


# --- how long to wait -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "wait_s"),
    [
        ("120", 120),
        ("0", 5),
        ("3", 5),
        ("86400", 86_400),
        ("604800", 86_400),
        ("9" * 5_000, 86_400),
        (format_datetime(datetime.fromtimestamp(NOW_MS // 1_000 + 600, UTC), usegmt=True), 600),
        ("Fri, 31 Dec 1999 23:59:59 GMT", 5),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86_400),
        ("", 5),
        ("soon", 5),
        ("-60", 5),
        ("1.5", 5),
        ("\xb2", 5),
        ("Fri, 31 Dec 1999 23:59:59 +" + "9" * 20, 5),
    ],
)
async def test_retry_after_is_obeyed_for_a_day_and_never_shortens_the_wait(
    house, deliver, site, owed, asked, wait_s
):
    site.answers["/hook"] = RawSite.reply(status="503 Busy", Retry_After=asked)
    row = await told(house, deliver, await owed(site.url("/hook")))
    assert (row["next_ms"] - NOW_MS) // 1_000 == wait_s


async def test_jitter_spreads_those_who_fell_together(house, deliver, site, owed):
    site.answers["/hook"] = DOWN
    deliver.jitter_permille = lambda: 200
    row = await told(house, deliver, await owed(site.url("/hook")))
    assert row["next_ms"] == NOW_MS + 6_000


# --- receivers in trouble ---------------------------------------------------------------------


@pytest.mark.parametrize(("sent", "kept"), [(1_024, 1_024), (1_025, 1_024), (100_000, 1_024)])
async def test_answer_is_kept_to_its_first_kilobyte(house, deliver, site, owed, sent, kept):
    site.answers["/hook"] = RawSite.reply(b"x" * sent)
    delivery_id = await owed(site.url("/hook"))
    await told(house, deliver, delivery_id)
    assert attempts(house, delivery_id)[0].answer == b"x" * kept


async def test_account_hears_nothing_of_our_network_from_a_failure(house, deliver, owed, site):
    delivery_id = await owed(site.url("/hook"))
    await site.stop()
    await told(house, deliver, delivery_id)
    (attempt,) = attempts(house, delivery_id)
    assert (attempt.http_status, attempt.error, attempt.answer) == (0, "no answer", b"")


async def test_address_that_is_no_longer_allowed_is_refused_in_the_same_words(
    house, deliver, owed, site
):
    delivery_id = await owed(site.url("/hook"))
    deliver.outbound = Outbound.to_public()
    row = await told(house, deliver, delivery_id)
    await deliver.outbound.close()
    assert (row["status"], row["attempts"]) == ("pending", 1)
    assert attempts(house, delivery_id)[0].error == "no answer"
    assert site.connections == 0


async def test_receiver_that_never_answers_is_given_up_after_its_time(house, deliver, site, owed):
    site.answers["/hook"] = RawSite.stay_silent
    deliver.attempt_wait_s = 0.05
    row = await told(house, deliver, await owed(site.url("/hook")))
    assert (row["status"], row["attempts"]) == ("pending", 1)


# --- receivers beside each other --------------------------------------------------------------


@pytest.fixture
async def stuck(house, deliver, site, owed):
    """An attempt that a silent receiver holds, and its delivery's id."""
    site.answers["/hook"] = RawSite.stay_silent
    delivery_id = await owed(site.url("/hook"))
    running = asyncio.create_task(deliver(wake(house, delivery_id)))
    await site.got_request.wait()
    yield running, delivery_id
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


@pytest.mark.usefixtures("stuck")
async def test_busy_host_is_tried_later_without_using_up_an_attempt(house, deliver, site, owed):
    waiting = await owed(site.url("/other"))
    row = await told(house, deliver, waiting)
    assert (row["status"], row["attempts"]) == ("pending", 0)
    assert due_ms(house, waiting) == NOW_MS + HOST_BUSY_WAIT_MS
    assert [seen.target for seen in site.seen] == ["/hook"]


@pytest.mark.usefixtures("stuck")
async def test_busy_host_delays_nobody_else(house, deliver, other_site, owed):
    other_site.answers["/hook"] = OK
    row = await told(house, deliver, await owed(other_site.url("/hook")))
    assert row["status"] == "delivered"


async def test_attempt_that_was_cut_off_is_made_again(house, deliver, site, stuck):
    """Killed before the answer was written down: nobody knows, so it is told once more."""
    running, delivery_id = stuck
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert delivery(house, delivery_id)["attempts"] == 0
    site.answers["/hook"] = OK
    row = await told(house, deliver, delivery_id)
    assert (row["status"], row["attempts"]) == ("delivered", 1)
    assert len({seen.headers["webhook-id"] for seen in site.seen}) == 1


async def test_host_is_free_again_after_each_attempt(house, deliver, site, owed):
    site.answers["/hook"] = [DOWN, OK]
    delivery_id = await owed(site.url("/hook"))
    await told_to_the_end(house, deliver, delivery_id)
    assert not deliver._turns._hosts


async def test_two_workers_at_one_attempt_write_it_down_once(house, deliver, site, owed):
    deliver.per_host_max = 2
    site.answers["/hook"] = DOWN
    delivery_id = await owed(site.url("/hook"))
    asked = wake(house, delivery_id)
    await asyncio.gather(deliver(asked), deliver(asked))
    assert delivery(house, delivery_id)["attempts"] == 1
    assert len(attempts(house, delivery_id)) == 1


async def test_wake_up_that_comes_before_its_time_uses_up_no_attempt(house, deliver, site, owed):
    """Read before the last attempt was written down, it would cut the schedule short."""
    site.answers["/hook"] = DOWN
    delivery_id = await owed(site.url("/hook"))
    early = wake(house, delivery_id)
    await deliver(early)

    await deliver(early)

    row = delivery(house, delivery_id)
    assert (row["attempts"], row["next_ms"]) == (1, NOW_MS + 5_000)
    assert due_ms(house, delivery_id) == NOW_MS + 5_000
