"""Everything that is asked about tasks."""

import json
from pathlib import Path

import httpx2
import pytest

from fakes.vendor import IMAGE, KEY, order, selling
from framegate.pretend import quirks
from framegate.pretend.account import sign_jwt
from framegate.pretend.says import QUERIES, Manner

LINES = (Path(__file__).parents[1] / "data" / "vendor.examples.jsonl").read_text().splitlines()
EXAMPLES = {each["case"]: each["body"] for each in map(json.loads, LINES)}

PATIENCE_S = 30


def data(answer):
    assert answer.json()["code"] == 0, answer.text
    return answer.json()["data"]


async def test_task_goes_from_submitted_to_processing_to_its_end(caller, clock):
    task_id = await caller.made()
    words = []
    for seconds in (0, 20, 200):
        clock.pass_s(seconds)
        words.append((await caller.task(task_id))["status"])
    assert words == ["submitted", "processing", "succeeded"]


async def test_query_takes_either_kind_of_id_and_leaves_out_the_unknown(caller):
    first, second = [await caller.made(name) for name in ("biz-1", "biz-2")]
    by_id = await caller.get(f"/tasks?task_ids={second},nobody,{first}")
    by_external = await caller.get("/tasks?external_task_ids=biz-2,nobody")
    assert [each["id"] for each in data(by_id)] == [second, first]
    assert [each["id"] for each in data(by_external)] == [second]
    assert data(await caller.get("/tasks?task_ids=nobody")) == []


@pytest.mark.parametrize(
    "query", ["", "?task_ids=", "?task_ids=1&external_task_ids=2", f"?task_ids={'1,' * 21}"]
)
async def test_query_needs_exactly_one_of_the_two_and_at_most_20(caller, query):
    answer = await caller.get(f"/tasks{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, 1201)


async def test_twenty_ids_pass(caller):
    assert (await caller.get(f"/tasks?task_ids={'1,' * 20}")).status_code == 200


async def test_list_is_paged_by_its_cursor_newest_first(caller, clock):
    ids = []
    for number in range(5):
        clock.pass_s(100)
        ids.append(await caller.made(f"biz-{number}"))
    pages, cursor = [], ""
    for _ in range(3):
        page = data(await caller.post("/tasks", {"limit": 2, "cursor": cursor}))
        pages.append([each["id"] for each in page["result"]])
        cursor = page.get("next_cursor", "")
    assert pages == [ids[:2:-1], ids[2:0:-1], ids[:1]]
    assert (page["count"], page["has_more"]) == (1, False)


async def test_empty_list_is_the_contracts_byte_for_byte(caller):
    answer = await caller.post("/tasks")
    example = dict(EXAMPLES["empty list"], request_id=answer.json()["request_id"])
    assert answer.content == json.dumps(example, separators=(",", ":")).encode()


async def test_list_is_filtered_by_status_and_time(caller, clock):
    old = await caller.made()
    clock.pass_s(1_000)
    await caller.made()
    asked = {"filters": [{"key": "status", "values": ["succeeded"]}]}
    assert [each["id"] for each in data(await caller.post("/tasks", asked))["result"]] == [old]
    assert "result" not in data(await caller.post("/tasks", {"end_time": 5}))


@pytest.mark.parametrize("limit", [0, 501, "5", True])
async def test_limit_outside_1_to_500_is_refused(caller, limit):
    assert (await caller.post("/tasks", {"limit": limit})).json()["code"] == 1201


async def test_page_query_answers_one_object_or_404(opened):
    caller = opened(prefix="/kling")
    task_id = await caller.made("biz-1")
    found = await caller.get(f"/kling{IMAGE}/{task_id}")
    missing = await caller.get(f"/kling{IMAGE}/nobody")
    assert data(found).keys() == EXAMPLES["page query"]["data"].keys()
    assert data(found)["status"] == "succeed"
    assert (missing.status_code, missing.json()["code"]) == (404, 1203)


async def test_page_query_is_not_there_without_the_prefix(caller):
    assert (await caller.get(f"/kling{IMAGE}/1")).json()["code"] == 1203


async def test_wrong_method_is_1202(caller):
    answer = await caller.get("/account/billing/package")
    assert (answer.status_code, answer.json()["code"]) == (404, 1202)


# --- costs ------------------------------------------------------------------------------------


async def test_costs_lag_twelve_hours_and_take_the_key_pair(caller, clock):
    await caller.made()
    token = sign_jwt("pretend-access-key", "pretend-secret-key-of-nobody-at-all", exp=2**40, nbf=0)
    for seconds, left in ((100, 1000), (12 * 3_600 + 200, 996)):
        clock.pass_s(seconds)
        answer = await caller.get(
            "/account/costs?start_time=0&end_time=9", Authorization=f"Bearer {token}"
        )
        (pack,) = data(answer)["resource_pack_subscribe_infos"]
        assert pack["remaining_quantity"] == left


async def test_costs_are_asked_once_a_second_and_have_no_key_without_a_package(opened, clock):
    caller = opened(units="")
    path = "/account/costs?start_time=0&end_time=9"
    assert "resource_pack_subscribe_infos" not in data(await caller.get(path))
    assert (await caller.get(path)).json()["code"] == 1302
    clock.pass_s(1)
    assert (await caller.get(path)).json()["code"] == 0


async def test_units_of_each_task_that_succeeded_are_listed(opened):
    caller = opened(pace=0)
    caller.vendor.faults.next.add("fate", ["succeeds", "fails"])
    good, _ = [await caller.made(name) for name in ("good", "bad")]
    (line,) = data(await caller.post("/account/billing/package"))["result"]
    assert (line["task_id"], line["amount"]) == (good, "4")
    assert "result" not in data(await caller.post("/account/billing/balance"))


async def test_queries_are_counted(caller, clock):
    for _ in range(3):
        await caller.get("/tasks?task_ids=1,2")
    caller.vendor.writer.flush_counts()
    assert caller.vendor.log.queries_per_s() == {clock() // 1_000: 3}


# --- faults -------------------------------------------------------------------------------------


@pytest.mark.parametrize("quirk", quirks.QUIRKS, ids=str)
async def test_quirk_spoils_one_answer(opened, quirk):
    caller = opened(pace=0)
    task_id = await caller.made("biz-1")
    good = await caller.task(task_id)
    caller.vendor.faults.plan("biz-1").add("query", [quirk.name])

    spoiled = data(await caller.get(f"/tasks?task_ids={task_id}"))

    expected = quirk.done(good)
    assert spoiled == ([expected] if expected is not None else [])
    assert await caller.task(task_id) == good


@pytest.mark.parametrize("fate", ["flips-to-failed", "flips-to-succeeded"])
async def test_task_changes_its_mind_after_each_answer(opened, fate):
    caller = opened(pace=0)
    caller.vendor.faults.next.add("fate", [fate])
    task_id = await caller.made()
    words = [(await caller.task(task_id))["status"] for _ in range(3)]
    assert words[0] == words[2] != words[1]


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    with selling(tmp_path_factory.mktemp("queries")) as vendor:
        yield vendor


@pytest.mark.parametrize("each", QUERIES, ids=str)
def test_query_fails_as_it_is_told_to_and_then_recovers(shop, each):
    shop.reset()
    with httpx2.Client(trust_env=False, headers=KEY, timeout=PATIENCE_S) as http:
        task_id = http.post(shop.url + IMAGE, json=order()).json()["data"]["id"]
        url = f"{shop.url}/tasks?task_ids={task_id}"
        shop.faults.next.add("query", [each.name])
        if each.manner is Manner.WHOLE:
            assert http.get(url).status_code == each.status
        else:
            with pytest.raises(httpx2.TransportError):
                http.get(url, timeout=0.5 if each.manner is Manner.HANGS else PATIENCE_S)
        assert http.get(url).json()["data"][0]["status"] == "succeeded"
