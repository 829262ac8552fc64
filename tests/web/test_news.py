"""`/callbacks/...`: only who knows the token is heard, and only as a hint."""

import json

import pytest
from structlog.testing import capture_logs

from framegate.gateway import now_ms

CREATE = "/kling/image-to-video/kling-3.0-turbo"
BODY = b'{"contents":[{"type":"first_frame","url":"https://cdn.example.com/a.jpg"}]}'
NEWS = json.dumps({"id": "9", "status": "failed", "message": "lies"}).encode()


@pytest.fixture
async def task_id(door):
    answer = await door.post(CREATE, BODY, key=door.key())
    # Its first look is due within seconds: too soon to be told from one that news brought forward.
    later = "UPDATE jobs SET due_ms = due_ms + 600000 WHERE queue = 'track'"
    await door.gateway.database.write(lambda tx: tx.exec_driver_sql(later))
    return answer.headers["X-Framegate-Task"]


def path(door, task_id):
    return door.gateway.links.news_of(task_id).removeprefix(door.gateway.links.public_url)


def due_ms(door, task_id):
    query = "SELECT due_ms FROM jobs WHERE queue = 'track' AND subject = ?"
    return door.gateway.database.read_now(
        lambda tx: tx.exec_driver_sql(query, (task_id,)).scalar_one()
    )


def status(door, task_id):
    query = "SELECT status FROM tasks WHERE id = ?"
    return door.gateway.database.read_now(
        lambda tx: tx.exec_driver_sql(query, (task_id,)).scalar_one()
    )


async def test_news_is_taken_without_a_key_and_brings_the_look_forward(door, task_id):
    assert due_ms(door, task_id) > now_ms()
    answer = await door.post(path(door, task_id), NEWS)
    assert (answer.status_code, answer.json()["code"], answer.json()["data"]) == (200, 0, {})
    assert due_ms(door, task_id) <= now_ms()


async def test_what_it_says_is_not_believed(door, task_id):
    await door.post(path(door, task_id), NEWS)
    assert status(door, task_id) == "submitted"


@pytest.mark.parametrize("news", [b"", b"{", b"\xff", b"[]", NEWS * 100])
async def test_whatever_it_says_is_answered_alike(door, task_id, news):
    answer = await door.post(path(door, task_id), news, Content_Type="text/plain")
    assert (answer.status_code, answer.json()["code"]) == (200, 0)


async def test_a_wrong_token_reads_as_an_unknown_task(door, task_id):
    right = path(door, task_id)
    wrong = [
        right[:-1] + ("0" if right[-1] != "0" else "1"),
        right[:-1],
        right + "0",
        path(door, "task_other").replace("task_other", task_id),
        f"/callbacks/{task_id}/%ff%00",
        "/callbacks/task_unknown/0",
    ]
    before_ms = due_ms(door, task_id)
    answers = [await door.post(each, NEWS) for each in wrong]
    assert {(each.status_code, each.json()["code"]) for each in answers} == {(404, 1203)}
    assert {each.json()["message"] for each in answers} == {"task not found"}
    assert due_ms(door, task_id) == before_ms


async def test_a_token_opens_its_own_task_alone(door):
    tokens = {path(door, f"task_{number}").rsplit("/", 1)[1] for number in range(50)}
    assert len(tokens) == 50
    assert {len(token) for token in tokens} == {64}


@pytest.mark.parametrize(("bytes_count", "status"), [(1 << 20, 200), ((1 << 20) + 1, 413)])
async def test_news_of_more_than_a_mebibyte_is_not_read(door, task_id, bytes_count, status):
    answer = await door.post(path(door, task_id), b" " * bytes_count)
    assert answer.status_code == status
    assert (due_ms(door, task_id) <= now_ms()) is (status == 200)


async def test_only_a_post_is_news(door, task_id):
    answer = await door.get(path(door, task_id))
    assert (answer.status_code, answer.json()["code"]) == (405, 1202)
    assert answer.headers["Allow"] == "POST"


async def test_a_fault_while_hearing_writes_no_token_into_the_log(door, task_id):
    """Promise 20."""
    break_it = "CREATE TRIGGER x BEFORE INSERT ON jobs BEGIN SELECT RAISE(ABORT, 'broken'); END"
    door.gateway.database.write_now(lambda tx: tx.exec_driver_sql(break_it))
    with capture_logs() as logs:
        answer = await door.post(path(door, task_id), NEWS)
    token = path(door, task_id).rsplit("/", 1)[1]
    assert answer.status_code == 500
    assert [log["path"] for log in logs] == [f"/callbacks/{task_id}/..."]
    assert token not in str(logs)
