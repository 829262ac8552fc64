"""Promise 9: what the vendor receives is what the caller sent, byte for byte."""

import asyncio
import hashlib
from collections import Counter

import pytest

from fakes.random_bodies import random_body
from fakes.recording_door import RecordingDoor, gateway_before
from framegate import ids
from framegate.domain.ledger import Scope
from framegate.domain.submission import IMAGE_TO_VIDEO
from framegate.domain.upstream import Order
from framegate.flows.request import CreateRequest
from framegate.gateway import create_account, new_key, now_ms

MODEL = "kling-3.0-turbo"
BODIES = 10_000
THROUGH_THE_FLOW = 1_000
AT_ONCE = 250
OVER_HTTP = 200


def sha256(body):
    return hashlib.sha256(body).hexdigest()


async def caller_of(gateway):
    key = new_key()
    gateway.database.write_now(
        create_account, name="acme", is_unlimited=True, credit_micros=0, key=key, now_ms=now_ms()
    )
    caller = await gateway.authenticate(key)
    assert caller.key.scope is Scope.FULL
    return caller


def create(caller, body):
    return CreateRequest(
        caller=caller,
        path=f"{IMAGE_TO_VIDEO}/{MODEL}",
        model=MODEL,
        body=body,
        body_sha256=sha256(body),
        idempotency_key="",
        request_id=ids.new("req"),
    )


@pytest.fixture
async def behind_door(tmp_path):
    """A gateway whose vendor is in memory: what it is sent is known without a socket."""
    door = RecordingDoor()
    gateway = gateway_before(door, tmp_path)
    yield gateway, door
    await gateway.close()


async def test_ten_thousand_bodies_are_judged_and_sent_as_they_came(behind_door):
    gateway, door = behind_door
    vendor = gateway.upstreams["vendor"]
    for seed in range(BODIES):
        body = random_body(seed)
        submission = gateway.submit.judge(body, MODEL, IMAGE_TO_VIDEO)
        order = Order(task_id="task_1", account_id="acc", request_id="r", submission=submission)
        await vendor.submit(order)
        assert door.sent[-1][1] == submission.body_sha256 == sha256(body)
    assert len(door.sent) == BODIES


async def test_a_thousand_bodies_reach_the_vendor_through_the_whole_flow(behind_door):
    """Committed with their holds before they leave; only the socket to the vendor is missing."""
    gateway, door = behind_door
    caller = await caller_of(gateway)
    came = Counter()
    for first in range(BODIES, BODIES + THROUGH_THE_FLOW, AT_ONCE):
        bodies = [random_body(seed) for seed in range(first, first + AT_ONCE)]
        came.update(map(sha256, bodies))
        answers = await asyncio.gather(*(gateway.submit(create(caller, body)) for body in bodies))
        assert all(answer.relay.code == 0 for answer in answers)

    assert Counter(digest for _, digest in door.sent) == came
    assert [finding.says for finding in gateway.audit() if finding.broken] == []


def test_bodies_over_http_reach_the_vendor_as_they_came(vendor_gate, vendor):
    first = BODIES + THROUGH_THE_FLOW
    bodies = [random_body(seed) for seed in range(first, first + OVER_HTTP)]
    for body in bodies:
        assert vendor_gate.create(body).json()["code"] == 0

    assert [*map(sha256, vendor.log.sent_bytes())] == [*map(sha256, bodies)]
