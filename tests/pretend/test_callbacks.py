"""Callbacks as they are sent: the bare object, signed, tried a little again, by one timer."""

import json
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook

from fakes.vendor import BEGAN_MS, order, until

SECRET = "whsec_dGVzdHNlY3JldHRlc3RzZWNyZXR0ZXN0c2VjcmV0MTI="
HOOK = "https://a.example/hook?token=secret"


class Receiver:
    """Hears callbacks, and answers the next status; 200 when none is left."""

    def __init__(self):
        self.heard, self.statuses = [], []

    def __call__(self, url, body, headers):
        self.heard.append((url, json.loads(body), body, headers))
        status = self.statuses.pop(0) if self.statuses else 200
        if status == 0:
            raise ConnectionRefusedError
        return status

    @property
    def words(self):
        return [body["status"] for _, body, _, _ in self.heard]


@pytest.fixture
def receiver():
    return Receiver()


@pytest.fixture
def telling(opened, receiver):
    """A vendor that tells the receiver and fails as asked; tasks take 42 s and more."""

    def opening(*faults, **config):
        caller = opened(pace=1, post=receiver, webhook_secret=SECRET, **config)
        caller.vendor.faults.next.add("callback", faults)
        return caller

    return opening


async def passed(clock, caller, seconds):
    """Let time pass and the timer work off what is due."""
    clock.pass_s(seconds)
    caller.vendor.callbacks._sooner.set()
    told = caller.vendor.callbacks
    await until(lambda: not told._latest and all(each.due_ms > clock() for each in told._owed))


async def test_every_status_change_is_told_in_order(telling, receiver, clock):
    caller = telling()
    task_id = await caller.made("biz-1", callback=HOOK)
    await passed(clock, caller, 0)
    await passed(clock, caller, 20)
    await passed(clock, caller, 200)

    assert receiver.words == ["submitted", "processing", "succeeded"]
    url, body, _, _ = receiver.heard[-1]
    assert (url, body) == (HOOK, await caller.task(task_id))


async def test_callback_is_signed_as_standard_webhooks_are(telling, receiver, clock):
    """Somebody else's code signs the same; it would not verify a time so long ago."""
    caller = telling()
    await caller.made(callback=HOOK)
    await passed(clock, caller, 0)

    ((_, _, raw, headers),) = receiver.heard
    assert headers["webhook-timestamp"] == str(BEGAN_MS // 1_000)
    signed = Webhook(SECRET).sign(
        headers["webhook-id"],
        datetime.fromtimestamp(BEGAN_MS // 1_000, tz=UTC),
        raw.decode(),
    )
    assert headers["webhook-signature"] == signed


async def test_without_a_secret_there_are_no_webhook_headers(opened, receiver, clock):
    caller = opened(pace=1, post=receiver)
    await caller.made(callback=HOOK)
    await passed(clock, caller, 0)

    ((_, _, _, headers),) = receiver.heard
    assert headers == {"Content-Type": "application/json"}


@pytest.mark.parametrize("answer", [500, 302, 204, 0])
async def test_anything_but_200_is_tried_twice_more_under_the_same_id(
    telling, receiver, clock, answer
):
    caller = telling()
    receiver.statuses = [answer] * 9
    await caller.made(callback=HOOK)
    for seconds in (0, 1, 5):
        await passed(clock, caller, seconds)

    first = [heard for heard in receiver.heard if heard[1]["status"] == "submitted"]
    assert len(first) == 3
    assert len({headers["webhook-id"] for _, _, _, headers in first}) == 1
    log = [each for each in caller.vendor.log.told() if each["status"] == "submitted"]
    assert [(each["try"], each["answer"]) for each in log] == [
        (1, answer),
        (2, answer),
        (3, answer),
    ]


async def test_early_callback_comes_before_the_answer(telling, receiver):
    caller = telling("early")
    answer = await caller.create(order(callback=HOOK))
    assert receiver.words == ["submitted"]
    assert receiver.heard[0][1]["id"] == answer.json()["data"]["id"]


async def test_missing_callbacks_are_missing_also_when_a_task_is_finished(telling, receiver, clock):
    caller = telling("missing")
    await caller.made(callback=HOOK)
    await caller.post("/pretend/finish")
    await passed(clock, caller, 300)
    assert receiver.heard == []


async def test_twice_and_out_of_order_are_what_they_say(telling, receiver, clock):
    caller = telling("twice", "out-of-order")
    await caller.made("twice", callback=HOOK)
    await passed(clock, caller, 300)
    assert receiver.words == [
        *("submitted", "submitted", "processing", "processing", "succeeded", "succeeded")
    ]
    receiver.heard.clear()

    await caller.made("order", callback=HOOK)
    await passed(clock, caller, 300)
    assert receiver.words == ["succeeded", "processing", "submitted"]


async def test_forged_callback_is_told_apart_in_the_log(telling, receiver, clock):
    caller = telling("forged-signature", "forged-state")
    for _ in range(2):
        await caller.made(callback=HOOK)
        await passed(clock, caller, 0)
    told = [(each["status"], each["is_true"]) for each in caller.vendor.log.told()]
    assert told == [
        *(("succeeded", False), ("submitted", True), ("failed", False), ("submitted", True))
    ]


async def test_finished_task_tells_its_end_now_and_once(telling, receiver, clock):
    caller = telling()
    task_id = await caller.made(callback=HOOK)
    await passed(clock, caller, 0)
    await caller.post("/pretend/finish", {"id": task_id, "fate": "fails"})
    await passed(clock, caller, 300)
    assert receiver.words == ["submitted", "failed"]


async def test_address_is_not_in_the_log(telling, clock):
    """It may hold a token of the receiver's."""
    caller = telling()
    await caller.made(callback=HOOK)
    await passed(clock, caller, 0)
    (told,) = caller.vendor.log.told()
    assert "token" not in json.dumps(told)


async def test_one_timer_serves_every_task_and_ends_when_nothing_is_owed(telling, clock):
    caller = telling(slots=0)
    for number in range(50):
        await caller.made(f"biz-{number}", callback=HOOK)
    await passed(clock, caller, 0)
    assert caller.vendor.callbacks.owed == 100
    await passed(clock, caller, 600)
    assert caller.vendor.callbacks._timer.done()
    assert len(caller.vendor.log.told()) == 150
