"""The vendor's own paths: what a client that knows only the vendor's API sees."""

import json

import pytest

from fakes.rows import a_video
from framegate.domain.ledger import Scope
from framegate.domain.task import TaskStatus
from framegate.gateway import now_ms
from framegate.store import tasks, videos

CREATE = "/kling/image-to-video/kling-3.0-turbo"
BODY = b'{"contents":[{"type":"first_frame","url":"https://cdn.example.com/a.jpg"}]}'
PREFIXES = ["", "/kling", "/proxy/kling"]


@pytest.fixture
def key(door):
    return door.key()


async def created(door, key, **options):
    body = BODY if not options else BODY[:-1] + b',"options":' + json.dumps(options).encode() + b"}"
    return (await door.post(CREATE, body, key=key)).json()["data"]["id"]


def move(door, public_id, status, **changes):
    """Move a task by its public id, as tracking would."""

    def write(tx):
        row = tx.exec_driver_sql("SELECT id FROM tasks WHERE ticket = ?", (public_id,)).one()
        task = tasks.by_id(tx, row.id)
        if status is TaskStatus.SUCCEEDED:
            videos.keep(tx, task, a_video())
        tasks.move(tx, task, status=status, now_ms=now_ms(), next_ms=0, **changes)

    door.gateway.database.write_now(write)


async def listed(door, key, body=None, *, prefix="/kling"):
    answer = await door.post(f"{prefix}/tasks", json.dumps(body or {}).encode(), key=key)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


# --- by ids -----------------------------------------------------------------------------------


@pytest.mark.parametrize("prefix", PREFIXES)
async def test_tasks_come_in_the_order_asked_for_each_once(door, key, prefix):
    one, two = await created(door, key), await created(door, key)
    answer = await door.get(f"{prefix}/tasks?task_ids={two},{one},{two},999", key=key)
    assert answer.status_code == 200
    assert [task["id"] for task in answer.json()["data"]] == [two, one]


@pytest.mark.parametrize("prefix", PREFIXES)
async def test_tasks_are_found_by_the_callers_own_ids(door, key, prefix):
    wanted = await created(door, key, external_task_id="biz 1/\u732b")
    answer = await door.get(f"{prefix}/tasks?external_task_ids=none,biz%201/%E7%8C%AB", key=key)
    assert [task["id"] for task in answer.json()["data"]] == [wanted]
    assert answer.json()["data"][0]["external_id"] == "biz 1/\u732b"


async def test_unknown_ids_and_other_accounts_ids_are_the_same_nothing(door, key):
    theirs = await created(door, door.key("other"), external_task_id="biz-1")
    for query in (f"task_ids={theirs}", "external_task_ids=biz-1", "task_ids=999"):
        answer = await door.get(f"/kling/tasks?{query}", key=key)
        assert (answer.status_code, answer.json()["code"], answer.json()["data"]) == (200, 0, [])


async def test_a_finished_task_is_in_the_vendors_words(door, key):
    task_id = await created(door, key)
    move(door, task_id, TaskStatus.SUCCEEDED)
    (task,) = (await door.get(f"/tasks?task_ids={task_id}", key=key)).json()["data"]
    assert list(task) == [
        "id", "status", "message", "create_time", "update_time", "outputs", "billing",
    ]  # fmt: skip
    assert task["status"] == "succeeded"
    assert "/videos/vid_1.mp4?expires=" in task["outputs"][0]["url"]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("", "task_ids or external_task_ids is required"),
        ("?task_ids=", "task_ids or external_task_ids is required"),
        ("?task_ids=,,&external_task_ids=", "task_ids or external_task_ids is required"),
        (
            "?task_ids=1&external_task_ids=x",
            "task_ids and external_task_ids cannot be used together",
        ),
        (f"?task_ids={','.join('1' * 21)}", "task_ids takes at most 20 values; got 21"),
        (
            f"?external_task_ids={','.join('1' * 21)}",
            "external_task_ids takes at most 20 values; got 21",
        ),
    ],
)
async def test_a_query_that_names_nothing_or_too_much_is_refused(door, key, query, message):
    answer = await door.get(f"/kling/tasks{query}", key=key)
    envelope = answer.json()
    assert (answer.status_code, envelope["code"], envelope["message"]) == (400, 1201, message)
    assert envelope["data"] == {"errors": [{"path": "", "message": message}]}


async def test_twenty_ids_and_an_empty_second_list_are_taken(door, key):
    task_id = await created(door, key)
    query = f"?task_ids={','.join(['1'] * 19)},,{task_id}&external_task_ids="
    answer = await door.get(f"/kling/tasks{query}", key=key)
    assert [task["id"] for task in answer.json()["data"]] == [task_id]


# --- the list ---------------------------------------------------------------------------------


@pytest.mark.parametrize("prefix", PREFIXES)
async def test_the_list_pages_through_this_accounts_tasks_newest_first(door, prefix):
    key = door.key(credit="100")
    await created(door, door.key("other"))
    made = [await created(door, key) for _ in range(5)]
    seen, cursor, counts = [], "", []
    while True:
        page = await listed(door, key, {"limit": 2, "cursor": cursor}, prefix=prefix)
        assert list(page) == ["result", "count", "next_cursor", "has_more"]
        seen += [task["id"] for task in page["result"]]
        counts.append(page["count"])
        cursor = page["next_cursor"]
        assert bool(cursor) == page["has_more"]
        if not page["has_more"]:
            break
    assert counts == [2, 2, 1]
    assert sorted(seen) == sorted(made)
    times = [task["create_time"] for task in (await listed(door, key))["result"]]
    assert times == sorted(times, reverse=True)


async def test_an_empty_list_has_all_its_keys(door, key):
    expected = {"result": [], "count": 0, "next_cursor": "", "has_more": False}
    assert await listed(door, key) == expected


async def test_filters_choose_by_the_vendors_words(door, key):
    made, failed = await created(door, key), await created(door, key)
    move(door, failed, TaskStatus.FAILED, message="too small")

    async def chosen(word):
        filters = [
            {"key": "product_type", "values": ["video"]},
            {"key": "status", "values": [word]},
        ]
        return [task["id"] for task in (await listed(door, key, {"filters": filters}))["result"]]

    assert await chosen("failed") == [failed]
    assert await chosen("submitted") == [made]
    assert await chosen("succeeded") == []


async def test_times_bound_the_list(door, key):
    await created(door, key)
    (task,) = (await listed(door, key))["result"]
    at = task["create_time"]
    assert (await listed(door, key, {"start_time": at, "end_time": at}))["count"] == 1
    assert (await listed(door, key, {"start_time": at + 1, "end_time": at + 1}))["count"] == 0
    assert (await listed(door, key, {"end_time": at - 1}))["count"] == 0


async def test_another_accounts_cursor_is_refused(door):
    one, two = door.key("one"), door.key("two")
    for _ in range(2):
        await created(door, one)
    cursor = (await listed(door, one, {"limit": 1}))["next_cursor"]
    answer = await door.post("/tasks", json.dumps({"cursor": cursor}).encode(), key=two)
    assert (answer.status_code, answer.json()["code"]) == (400, 1201)
    assert answer.json()["data"]["errors"][0]["path"] == "/cursor"


@pytest.mark.parametrize("prefix", PREFIXES)
async def test_a_body_with_an_action_belongs_to_another_dialect(door, key, prefix):
    answer = await door.post(f"{prefix}/tasks", b'{"id":"1","action":"retrieve"}', key=key)
    assert (answer.status_code, answer.json()["code"]) == (400, 1201)
    assert answer.json()["message"].startswith("action is not accepted here")


# --- who may, and how -------------------------------------------------------------------------


async def test_a_reading_key_may_query_and_list(door, key):
    task_id = await created(door, key)
    reader = door.key(scope=Scope.READ)
    answer = await door.get(f"/tasks?task_ids={task_id}", key=reader)
    assert len(answer.json()["data"]) == 1
    assert (await listed(door, reader))["count"] == 1


async def test_without_a_key_nothing_is_told(door):
    for answer in (await door.get("/tasks"), await door.post("/tasks", b"[]")):
        assert (answer.status_code, answer.json()["code"]) == (401, 1001)


async def test_other_methods_are_told_both(door, key):
    answer = await door._call("DELETE", "/kling/tasks", b"", key, {})
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD, POST")


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"", {}, 400),
        (b"{", {}, 400),
        (b'{"limit":1,"limit":1}', {}, 400),
        (b"limit=1", {"Content_Type": "application/x-www-form-urlencoded"}, 415),
        (bytes(1_048_577), {}, 413),
    ],
)
async def test_the_list_reads_strict_json_alone(door, key, content, headers, status):
    answer = await door.post("/kling/tasks", content, key=key, **headers)
    assert (answer.status_code, answer.json()["code"]) == (status, 1200)
