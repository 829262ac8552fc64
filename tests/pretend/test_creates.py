"""Creates: the contract's answers, the refusals, and every fault doing what it says."""

import json
import re
import time
from pathlib import Path

import httpx2
import pytest

from fakes.vendor import IMAGE, KEY, TEXT, order, selling
from framegate.pretend import says

LINES = (Path(__file__).parents[1] / "data" / "vendor.examples.jsonl").read_text().splitlines()
EXAMPLES = {each["case"]: each for each in map(json.loads, LINES)}
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"


def same_shape(answer, example):
    """The example's bytes, with the answer's own request id, id and times filled in."""
    given, text = answer.json(), json.dumps(example, separators=(",", ":"))
    keys = {"id", "create_time", "update_time", "external_id"} & example.get("data", {}).keys()
    filled = [(example["request_id"], given["request_id"])]
    filled += [(json.dumps(example["data"][key]), json.dumps(given["data"][key])) for key in keys]
    for old, new in filled:
        text = text.replace(old, new)
    return text.encode()


async def test_answer_to_a_create_is_the_contracts_byte_for_byte(caller, clock):
    answer = await caller.create(order("biz-001"))
    assert answer.content == same_shape(answer, EXAMPLES["create"]["body"])
    assert re.fullmatch(UUID, answer.json()["request_id"])
    assert answer.json()["data"]["create_time"] == clock()
    assert re.fullmatch(r"\d{18}", answer.json()["data"]["id"])


async def test_external_id_is_answered_only_if_it_was_sent(caller):
    assert "external_id" not in (await caller.create()).json()["data"]


async def test_text_to_video_is_sold_too(caller):
    answer = await caller.create({"prompt": "a red kite"}, TEXT)
    assert answer.json()["code"] == 0
    (bought,) = caller.vendor.log.bought()
    assert (bought["kind"], bought["units"]) == ("text-to-video", "4")


@pytest.mark.parametrize("case", ["slots full", "content policy"])
async def test_refusal_is_the_contracts_byte_for_byte(caller, case):
    caller.vendor.faults.next.add("create", [case.replace(" ", "-")])
    answer = await caller.create()
    assert answer.status_code == EXAMPLES[case]["status"]
    assert answer.content == same_shape(answer, EXAMPLES[case]["body"])


async def test_sixth_task_finds_no_slot_until_one_ends(caller, clock):
    for _ in range(5):
        await caller.made()
    full = await caller.create()
    clock.pass_s(200)
    again = await caller.create()
    assert (full.status_code, full.json()["code"], "data" in full.json()) == (429, 1303, False)
    assert again.json()["code"] == 0


async def test_duplicate_is_refused_free_of_charge_on_every_path(caller):
    await caller.made("biz-1")
    for path, body in ((IMAGE, order("biz-1")), (TEXT, order("biz-1") | {"prompt": "kite"})):
        answer = await caller.create(body, path)
        assert (answer.status_code, answer.json()["code"]) == (400, 1201)
        assert "already exists" in answer.json()["message"]
    assert len(caller.vendor.log.bought()) == 1
    assert len(caller.vendor.log.refused()) == 2


async def test_empty_external_id_is_none(caller):
    body = order() | {"options": {"external_task_id": ""}}
    answers = [await caller.create(body) for _ in range(2)]
    assert [each.json()["code"] for each in answers] == [0, 0]


@pytest.mark.parametrize(
    ("headers", "code", "message"),
    [
        ({"Authorization": ""}, 1001, "Authorization is empty"),
        ({"Authorization": "Bearer wrong"}, 1002, "api key not found"),
        ({"Authorization": "Bearer a.b.c"}, 1002, "The current API does not support AK/SK"),
    ],
)
async def test_wrong_key_is_refused_before_anything_is_read_into(caller, headers, code, message):
    answer = await caller.create(b"{", **headers)
    assert (answer.status_code, answer.json()["code"]) == (401, code)
    assert answer.json()["message"] == message


async def test_unknown_model_and_kind_are_no_such_resource(caller):
    for path in ("/image-to-video/kling-9.9", "/image-to-movie/kling-3.0-turbo"):
        answer = await caller.create(path=path)
        assert (answer.status_code, answer.json()["code"]) == (404, 1203)


async def test_exact_bytes_are_in_the_log_with_what_was_answered(caller):
    body = b' {"contents":[{"type":"first_frame","url":"x"}],"zz":1E5}\r\n'
    answer = await caller.create(body)
    assert caller.vendor.log.sent_bytes() == [body]
    (answered,) = caller.vendor.log.answered()
    assert answered["body"].encode() == answer.content


async def test_prefix_serves_the_same_paths_twice(opened):
    caller = opened(prefix="/kling")
    assert (await caller.create(path=f"/kling{IMAGE}")).json()["code"] == 0
    assert (await caller.create()).json()["code"] == 0


async def test_id_may_be_called_task_id(caller):
    caller.vendor.faults.next.add("create", ["names-task-id"])
    data = (await caller.create()).json()["data"]
    assert data.keys() == {"task_id", "task_status"}
    assert (await caller.task(data["task_id"]))["status"] == "submitted"


async def test_same_seed_is_the_same_run(opened, clock, tmp_path):
    def run(rows):
        kept = ("event", "says", "begins_ms", "ends_ms", "fate", "status", "body")
        return [{key: row[key] for key in kept if key in row} for row in rows]

    runs = []
    for seed in (1, 1, 2):
        caller = opened(pace=1, slots=0, seed=seed)
        await caller.post("/pretend/reset")
        await caller.post(
            "/pretend/rates",
            {"create": {"internal": 0.2, "content-policy": 0.2}, "fate": {"fails": 0.3}},
        )
        for _ in range(40):
            await caller.create()
        runs.append(run(caller.vendor.log.records("bought", "refused", "answered")))
    assert runs[0] == runs[1] != runs[2]


# --- faults, on a real socket --------------------------------------------------------------------


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    with selling(tmp_path_factory.mktemp("creates")) as vendor:
        yield vendor


PATIENCE_S = 30
SILENCE_S = 0.5
"""How long an answer that never comes is waited for."""


@pytest.fixture
def vendor(shop):
    shop.reset()
    return shop


@pytest.fixture
def http():
    with httpx2.Client(trust_env=False, headers=KEY, timeout=PATIENCE_S) as client:
        yield client


WHOLE = [each for each in says.CREATES if each.manner is says.Manner.WHOLE]
BROKEN = [each for each in says.CREATES if each.manner is not says.Manner.WHOLE]


@pytest.mark.parametrize("each", WHOLE, ids=str)
def test_answer_is_what_its_name_says_and_buys_what_it_says(vendor, http, each):
    vendor.faults.next.add("create", [each.name])
    answer = http.post(vendor.url + IMAGE, json=order("biz-1"))

    assert answer.status_code == each.status
    if each.raw is not None:
        assert answer.content == each.raw
    else:
        assert (answer.json()["code"], answer.json()["message"]) == (
            each.code or 0,
            each.message or "SUCCEED",
        )
    assert len(vendor.log.bought()) == each.buys
    assert http.post(vendor.url + IMAGE, json=order("biz-2")).json()["code"] == 0


@pytest.mark.parametrize("each", BROKEN, ids=str)
def test_answer_that_breaks_does_so_and_buys_what_it_says(vendor, http, each):
    vendor.faults.next.add("create", [each.name])
    is_silent = each.manner is says.Manner.HANGS
    with pytest.raises(httpx2.TransportError):
        http.post(
            vendor.url + IMAGE,
            json=order("biz-1"),
            timeout=SILENCE_S if is_silent else PATIENCE_S,
        )
    deadline_s = time.monotonic() + PATIENCE_S
    while is_silent and not vendor.log.answered():  # It comes to it when the machine lets it.
        assert time.monotonic() < deadline_s
        time.sleep(0.01)

    assert len(vendor.log.bought()) == each.buys
    was_read = each is not says.RESET_UNREAD
    assert len(vendor.log.sent_bytes()) == was_read
    assert http.post(vendor.url + IMAGE, json=order("biz-2")).json()["code"] == 0
