"""A real server in front of a vendor that fails: what the customer sees, and what was bought."""

import hashlib
import json
import socket
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

from fakes.vendor import API_KEY
from framegate.pretend import says as vendors
from processes import CREATE

EXAMPLES = (Path(__file__).parents[1] / "data" / "image_to_video.examples.jsonl").read_bytes()
FRAME = b'{"type":"first_frame","url":"https://cdn.example.com/a.jpg"}'
NUMBERS = count()

ODD_BODIES = {
    "spaces and line ends": b'\r\n\t { "contents" :\n[ ' + FRAME + b" ] }\n\n",
    "escapes": b'{"\\u0063ontents":[{"type":"first\\u005fframe","url":"http:\\/\\/a.example"}]}',
    "unknown top-level fields": b'{"x_trace":{"n":1E5,"deep":[[null,-0.0]]},"contents":['
    + FRAME
    + b'],"zz":[]}',
    "raw and escaped emoji": '{"contents":[{"type":"prompt","text":"🌊 \\ud83c\\udf0a é"},'.encode()
    + FRAME
    + b"]}",
    "watermark as it is": b'{"contents":['
    + FRAME
    + b'],"options":{"watermark_info":{"enabled":true}}}',
    "almost 1 MiB": b'{"contents":[' + FRAME + b'],"x":"' + b"x" * 1_048_000 + b'"}',
}


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What a customer is answered to one create."""

    status: int
    code: int
    message: str
    retry_after: str = ""
    should_retry: str = ""
    has_task: bool = False
    is_replay: bool = False


def seen(answer):
    envelope, headers = answer.json(), answer.headers
    assert isinstance(envelope["data"], dict)
    return Seen(
        status=answer.status_code,
        code=envelope["code"],
        message=envelope["message"].replace(headers.get("X-Framegate-Task", "no task"), "TASK"),
        retry_after=headers.get("Retry-After", ""),
        should_retry=headers.get("x-should-retry", ""),
        has_task="X-Framegate-Task" in headers,
        is_replay="Idempotent-Replayed" in headers,
    )


@pytest.fixture
def order():
    """A body that nobody has sent before, under an external id of its own."""
    external_id = f"biz-{next(NUMBERS)}"
    options = b'{"external_task_id":"' + external_id.encode() + b'"}'
    return b'{"contents":[' + FRAME + b'],"options":' + options + b"}"


def row_of(gate, body):
    """The newest row behind a body: its status and its hold's."""
    (row, *_) = gate.rows(
        "SELECT t.status, h.state FROM tasks t JOIN holds h ON h.task_id = t.id"
        " WHERE t.body_sha256 = ? ORDER BY t.created_ms DESC, t.id DESC",
        hashlib.sha256(body).hexdigest(),
    )
    return row


def was_uncertain(gate, body):
    """Whether the task behind a body was, whatever is known of it by now."""
    return gate.rows(
        "SELECT COUNT(*) FROM life l JOIN tasks t ON t.id = l.task_id"
        " WHERE t.body_sha256 = ? AND l.status = 'uncertain'",
        hashlib.sha256(body).hexdigest(),
    ) == [(1,)]


# --- the bytes --------------------------------------------------------------------------------


@pytest.mark.parametrize("body", EXAMPLES.splitlines())
def test_example_reaches_the_vendor_byte_for_byte(vendor_gate, vendor, body):
    answer = vendor_gate.create(body)

    assert answer.json()["code"] == 0, answer.text
    assert vendor.log.sent_bytes() == [body]


@pytest.mark.parametrize("body", ODD_BODIES.values(), ids=ODD_BODIES)
def test_odd_body_reaches_the_vendor_byte_for_byte(vendor_gate, vendor, body):
    answer = vendor_gate.create(body)

    assert answer.json()["code"] == 0, answer.text
    assert [hashlib.sha256(sent).digest() for sent in vendor.log.sent_bytes()] == [
        hashlib.sha256(body).digest()
    ]


def test_nothing_of_the_customers_headers_reaches_the_vendor(vendor_gate, vendor, order):
    vendor_gate.create(order, Idempotency_Key="k", Cookie="a=b", X_Secret="s")

    (sent,) = vendor.log.records("sent")
    assert sent["headers"].keys() == {
        *("host", "user-agent", "accept", "accept-encoding", "content-type", "content-length"),
    }
    assert sent["key_sha256"] == hashlib.sha256(API_KEY.encode()).hexdigest()


def test_vendors_answer_is_relayed_with_its_id_and_request_id(vendor_gate, vendor, order):
    answer = vendor_gate.create(order)

    (answered,) = vendor.log.answered()
    (bought,) = vendor.log.bought()
    assert answer.json() == json.loads(answered["body"])
    assert answer.json()["data"]["id"] == bought["id"]
    assert answer.json()["request_id"] != answer.headers["X-Request-Id"]


# --- the ways to fail -------------------------------------------------------------------------

UNAVAILABLE = Seen(
    status=503, code=5001, message="upstream is not available; nothing was created or charged"
)
REFUSALS = {
    vendors.CONTENT_POLICY: Seen(
        status=400, code=1301, message="Failure to pass the risk control system"
    ),
    vendors.SLOTS_FULL: Seen(
        status=429, code=1303, message="parallel task over resource pack limit", retry_after="1"
    ),
    vendors.REFUSES_UNDER_200: Seen(
        status=200, code=1201, message="duration value '99' is invalid"
    ),
    vendors.MAINTENANCE: Seen(status=503, code=5001, message="Service is under maintenance"),
}
BLAMES = tuple(
    each for each in vendors.CREATES if each.code in {1002, 1100, 1101, 1102, 1103, 1304}
)


@pytest.mark.parametrize("says", REFUSALS, ids=str)
def test_refusal_releases_the_hold_and_frees_both_ids(vendor_gate, vendor, order, says):
    vendor.faults.next.add("create", [says.name])

    refused = vendor_gate.create(order, Idempotency_Key=f"refused {says.name}".replace(" ", "-"))
    row = row_of(vendor_gate, order)
    again = vendor_gate.create(order, Idempotency_Key=f"refused {says.name}".replace(" ", "-"))

    assert seen(refused) == REFUSALS[says]
    assert row == ("refused", "released")
    assert again.json()["code"] == 0, again.text
    assert len(vendor.log.bought()) == 1


@pytest.mark.parametrize("says", BLAMES, ids=str)
def test_refusal_of_our_own_account_is_never_shown_and_opens_the_breaker(
    vendor_gate, vendor, order, says
):
    """The customer can do nothing about the operator's key (rule 83)."""
    vendor.faults.next.add("create", [says.name])

    refused, again = (vendor_gate.create(order) for _ in range(2))
    asked = len(vendor.log.sent_bytes())
    vendor_gate.mended("vendor")
    taken = vendor_gate.create(order)

    assert seen(refused) == UNAVAILABLE
    assert seen(again).code == 5001
    assert int(seen(again).retry_after) >= 1
    assert asked == 1
    assert taken.json()["code"] == 0, taken.text


@pytest.mark.parametrize("says", vendors.UNCERTAIN, ids=str)
def test_unknown_outcome_keeps_hold_and_ids_and_is_never_sent_again(
    vendor_gate, vendor, order, says
):
    vendor.faults.next.add("create", [says.name])
    key = f"uncertain {says.name}".replace(" ", "-")

    first = vendor_gate.create(order, Idempotency_Key=key)
    _, hold = row_of(vendor_gate, order)
    again = vendor_gate.create(order, Idempotency_Key=key)
    duplicate = vendor_gate.create(order)

    unknown = "the upstream did not say whether it took the task; do not send it again, query TASK"
    facts = {"status": 504, "code": 5002, "message": unknown, "should_retry": "false"}
    assert seen(first) == Seen(**facts, has_task=True)
    assert seen(again) == Seen(**facts, has_task=True, is_replay=True)
    assert (was_uncertain(vendor_gate, order), hold) == (True, "open")
    assert (duplicate.status_code, duplicate.json()["code"]) == (400, 1201)
    assert len(vendor.log.bought()) == len(vendor.log.sent_bytes()) == 1


def test_closed_port_is_no_purchase_and_frees_the_key(new_gate, order):
    config = '[upstreams.x]\nkind = "kling"\nbase_url = "http://127.0.0.1:1"\napi_key = "k"\n'
    gate = new_gate(config)

    answers = [gate.create(order, Idempotency_Key="k-1") for _ in range(2)]

    assert [seen(answer) for answer in answers] == [UNAVAILABLE, UNAVAILABLE]
    assert row_of(gate, order) == ("refused", "released")
    assert gate.account["held"] == "0"


def test_task_of_an_unknown_outcome_is_found_by_its_external_id_and_paid_once(
    vendor_gate, vendor, order
):
    vendor.faults.next.add("create", ["proxy-page"])
    task_id = vendor_gate.create(order).headers["X-Framegate-Task"]

    task = vendor_gate.ended(task_id)

    assert task["status"] == "succeed"
    assert row_of(vendor_gate, order) == ("succeeded", "settled")
    assert len(vendor.log.bought()) == len(vendor.log.sent_bytes()) == 1


def test_create_is_recorded_although_its_client_hung_up(vendor_gate, vendor, order):
    vendor.faults.next.add("create", ["hangs"])
    head = (
        f"POST {CREATE} HTTP/1.1\r\nHost: gate\r\nContent-Type: application/json\r\n"
        f"Authorization: {vendor_gate.http.headers['Authorization']}\r\n"
        f"Content-Length: {len(order)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", vendor_gate.port)) as client:
        client.sendall(head.encode() + order)
        vendor_gate.until(vendor.log.bought, len)
    vendor.hanging.release()

    recorded = {("submitted", "open"), ("succeeded", "settled")}
    vendor_gate.until(lambda: row_of(vendor_gate, order), recorded.__contains__)
    (task,) = vendor.log.bought()
    external_id = json.loads(order)["options"]["external_task_id"]
    assert task["external_id"] == external_id
    assert vendor_gate.rows("SELECT ticket FROM tasks WHERE external_task_id = ?", external_id) == [
        (task["id"],)
    ]
