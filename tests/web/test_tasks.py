"""Tasks over HTTP: the desk's answers in the envelope, and files as they are."""

import hashlib
import json

from framegate.domain.ledger import Scope

CREATE = "/kling/image-to-video/kling-3.0-turbo"
BODY = (
    b'{ "contents": [{"type":"prompt","text":"a cat, \\u732b"},'
    b'{"type":"first_frame","url":"https://cdn.example.com/a.jpg"}],'
    b'"settings":{"duration":5} }'
)


async def made(door, key, content=BODY):
    return (await door.post(CREATE, content, key=key)).headers["x-framegate-task"]


async def test_list_is_answered_in_the_envelope(door):
    key = door.key()
    task_id = await made(door, key)
    data = (await door.get("/api/tasks?status=submitted&text=CAT", key=key)).json()["data"]
    (shown,) = data["result"]
    assert (shown["task"], shown["status"], shown["prompt"]) == (
        *(task_id, "submitted"),
        "a cat, \u732b",
    )
    assert (data["count"], data["has_more"], data["next_cursor"]) == (1, False, "")
    assert data["counts"] is None


async def test_complaints_come_all_at_once(door):
    answer = await door.get("/api/tasks?limit=0&state=x", key=door.key())
    assert (answer.status_code, answer.json()["code"]) == (400, 1201)
    assert len(answer.json()["data"]["errors"]) == 2


async def test_request_is_handed_out_byte_for_byte(door):
    key = door.key()
    answer = await door.get(f"/api/tasks/{await made(door, key)}/request", key=key)
    assert answer.content == BODY
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["content-disposition"].startswith("attachment; filename=")
    assert answer.headers["x-framegate-sha256"] == hashlib.sha256(BODY).hexdigest()
    assert answer.headers["cache-control"] == "no-store"


async def test_answer_is_the_one_that_the_create_got(door):
    key = door.key()
    created = await door.post(CREATE, BODY, key=key)
    task_id = created.headers["x-framegate-task"]
    answer = await door.get(f"/api/tasks/{task_id}/answer", key=key)
    assert answer.content == created.content
    assert answer.headers["x-framegate-answered"] == "200"
    assert answer.headers["x-framegate-sha256"] == hashlib.sha256(answer.content).hexdigest()


async def test_cancelled_task_has_failed_in_the_vendors_words(door):
    key = door.key()
    task_id = await made(door, key)
    assert (await door.get(f"/api/tasks/{task_id}", key=key)).json()["data"]["can_cancel"]
    data = (await door.post(f"/api/tasks/{task_id}/cancel", key=key)).json()["data"]
    assert (data["state"], data["message"]) == ("cancelled", "cancelled by its owner")
    page = (await door.get(f"{CREATE}/{task_id}", key=key)).json()["data"]
    assert (page["status"], page["task_status_msg"]) == ("failed", "cancelled by its owner")
    account = (await door.get("/api/account", key=key)).json()["data"]
    assert (account["held"], account["posted"]) == ("0", "10")


async def test_second_cancel_is_a_conflict(door):
    key = door.key()
    task_id = await made(door, key)
    await door.post(f"/api/tasks/{task_id}/cancel", key=key)
    answer = await door.post(f"/api/tasks/{task_id}/cancel", key=key)
    assert (answer.status_code, answer.json()["code"]) == (409, 1201)


async def test_vendor_that_cannot_cancel_is_a_conflict_and_offers_nothing(vendor_door):
    key = vendor_door.key()
    task_id = await made(vendor_door, key)
    shown = (await vendor_door.get(f"/api/tasks/{task_id}", key=key)).json()["data"]
    assert not shown["can_cancel"]
    answer = await vendor_door.post(f"/api/tasks/{task_id}/cancel", key=key)
    assert answer.status_code == 409
    assert "cannot cancel" in answer.json()["message"]


async def test_reader_may_look_and_not_cancel(door):
    task_id = await made(door, door.key())
    reader = door.key(scope=Scope.READ)
    assert (await door.get(f"/api/tasks/{task_id}", key=reader)).status_code == 200
    assert (await door.post(f"/api/tasks/{task_id}/cancel", key=reader)).status_code == 403


async def test_another_accounts_task_and_none_get_the_same_answer(door):
    task_id = await made(door, door.key("one"))
    other = door.key("two")
    for path in ("", "/request", "/answer", "/events"):
        said = set()
        for named in (task_id, "task_01KWKFN9WNBGF99M3TP8W6Y7J4"):
            answer = await door.get(f"/api/tasks/{named}{path}", key=other)
            body = answer.json()
            said.add((answer.status_code, body["code"], body["message"], json.dumps(body["data"])))
        assert said == {(404, 1203, "task not found", "{}")}


async def test_operator_finds_any_accounts_task(door):
    task_id = await made(door, door.key("one"))
    admin = door.key("default", scope=Scope.ADMIN)
    data = (await door.get(f"/api/tasks/{task_id}", key=admin)).json()["data"]
    assert (data["account_name"], data["upstream"]) == ("one", "local")
