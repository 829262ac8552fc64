"""The page's two paths, as a client sees them: statuses, codes, headers, order of refusals."""

import json

import pytest

from framegate.domain.ledger import Scope
from framegate.domain.task import TaskStatus
from framegate.gateway import now_ms
from framegate.store import tasks

CREATE = "/kling/image-to-video/kling-3.0-turbo"
BODY = b'{"contents":[{"type":"first_frame","url":"https://cdn.example.com/a.jpg"}]}'
PAGE_KEYS = [
    "id", "task_id", "status", "task_status", "task_status_msg", "external_task_id",
    "created_at", "updated_at", "task_result", "outputs", "billing",
]  # fmt: skip


async def test_create_answers_as_the_embedded_renderer_does(door):
    answer = await door.post(CREATE, BODY, key=door.key())
    envelope = answer.json()
    assert (answer.status_code, envelope["code"], envelope["message"]) == (200, 0, "SUCCEED")
    assert list(envelope["data"]) == [
        "id", "task_id", "status", "task_status", "message", "create_time", "update_time",
    ]  # fmt: skip
    assert len(envelope["data"]["id"]) == 18
    assert answer.headers["X-Request-Id"] == envelope["request_id"]
    assert answer.headers["X-Framegate-Task"].startswith("task_")


async def test_the_external_id_comes_back_under_the_vendors_name(door):
    content = BODY[:-1] + b',"options":{"external_task_id":"biz-1"}}'
    answer = await door.post(CREATE, content, key=door.key())
    assert answer.json()["data"]["external_id"] == "biz-1"


@pytest.mark.parametrize("prefix", ["", "/kling", "/proxy/kling"])
async def test_every_prefix_is_the_same_path(door, prefix):
    key = door.key()
    made = await door.post(f"{prefix}/image-to-video/kling-3.0-turbo", BODY, key=key)
    task_id = made.json()["data"]["id"]
    for word in ("image-to-video", "text-to-video"):
        found = await door.get(f"{prefix}/{word}/kling-3.0-turbo/{task_id}", key=key)
        assert found.json()["data"]["id"] == task_id


async def test_a_query_has_every_key_of_the_page_from_the_start(door):
    key = door.key()
    task_id = (await door.post(CREATE, BODY, key=key)).json()["data"]["id"]
    answer = await door.get(f"{CREATE}/{task_id}", key=key)
    data = answer.json()["data"]
    assert list(data) == PAGE_KEYS
    assert (data["status"], data["outputs"], data["billing"]) == ("submitted", [], [])
    assert data["task_result"] == {"videos": []}


async def test_our_own_id_finds_the_task_too(door):
    key = door.key()
    made = await door.post(CREATE, BODY, key=key)
    ours = made.headers["X-Framegate-Task"]
    answer = await door.get(f"{CREATE}/{ours}", key=key)
    assert answer.json()["data"]["id"] == made.json()["data"]["id"]
    assert answer.headers["X-Framegate-Task"] == ours


async def test_another_accounts_task_and_no_task_are_the_same_answer(door):
    task_id = (await door.post(CREATE, BODY, key=door.key("one"))).json()["data"]["id"]
    other = door.key("two")
    theirs = await door.get(f"{CREATE}/{task_id}", key=other)
    none = await door.get(f"{CREATE}/123456789012345678", key=other)
    assert theirs.status_code == none.status_code == 404
    without_id = [{**each.json(), "request_id": ""} for each in (theirs, none)]
    assert without_id[0] == without_id[1]
    assert without_id[0]["message"] == "task not found"


async def test_a_failed_task_is_code_0_with_its_reason(door):
    key = door.key()
    made = await door.post(CREATE, BODY, key=key)
    task_id = made.headers["X-Framegate-Task"]

    def fail(tx):
        task = tasks.by_id(tx, task_id)
        tasks.move(
            tx, task, status=TaskStatus.FAILED, now_ms=now_ms(), next_ms=0, message="too small"
        )

    door.gateway.database.write_now(fail)
    envelope = (await door.get(f"{CREATE}/{task_id}", key=key)).json()
    assert envelope["code"] == 0
    assert envelope["data"]["status"] == "failed"
    assert envelope["data"]["task_status_msg"] == "too small"


async def test_a_repeat_says_that_it_is_one(door):
    key = door.key()
    first = await door.post(CREATE, BODY, key=key, Idempotency_Key="once")
    again = await door.post(CREATE, BODY, key=key, Idempotency_Key="once")
    assert again.json() == first.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["X-Request-Id"] != first.headers["X-Request-Id"]


async def test_the_aliases_share_their_idempotency_keys(door):
    key = door.key()
    await door.post(CREATE, BODY, key=key, Idempotency_Key="once")
    again = await door.post(
        "/image-to-video/kling-3.0-turbo", BODY, key=key, Idempotency_Key="once"
    )
    assert again.headers["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize("bad", ["", "a b", "x" * 256, "é"])
async def test_a_bad_idempotency_key_is_refused(door, bad):
    answer = await door.post(CREATE, BODY, key=door.key(), Idempotency_Key=bad.encode())
    assert (answer.status_code, answer.json()["code"]) == (400, 1201)
    assert answer.json()["message"] == "Idempotency-Key must be 1 to 255 visible ASCII characters"
    assert door.count("tasks") == 0


async def test_the_longest_idempotency_key_is_taken(door):
    answer = await door.post(CREATE, BODY, key=door.key(), Idempotency_Key="~" * 255)
    assert answer.status_code == 200


async def test_no_credit_names_both_sums(door):
    answer = await door.post(CREATE, BODY, key=door.key(credit="0.1"))
    assert (answer.status_code, answer.json()["code"]) == (402, 1102)
    expected = "not enough credit: this task needs 0.56 USD, 0.1 USD is available"
    assert answer.json()["message"] == expected


async def test_a_reading_key_may_query_and_not_create(door):
    task_id = (await door.post(CREATE, BODY, key=door.key())).json()["data"]["id"]
    reader = door.key(scope=Scope.READ)
    refused = await door.post(CREATE, BODY, key=reader)
    assert (refused.status_code, refused.json()["code"]) == (403, 1103)
    assert refused.json()["message"] == "this key may not create tasks"
    assert (await door.get(f"{CREATE}/{task_id}", key=reader)).status_code == 200


async def test_all_violations_come_at_once(door):
    content = b'{"contents":[{"type":"last_frame"}],"settings":{"duration":"5","audio":1}}'
    answer = await door.post(CREATE, content, key=door.key())
    envelope = answer.json()
    assert (answer.status_code, envelope["code"]) == (400, 1201)
    assert [error["path"] for error in envelope["data"]["errors"]] == [
        "/contents", "/contents/0/type", "/settings/duration", "/settings/audio",
    ]  # fmt: skip
    assert envelope["message"] == "contents must include at least one first_frame item"


class TestOrderOfRefusals:
    """Contract rule 33: when several apply, the first of its order wins."""

    async def test_the_model_comes_before_the_key(self, door):
        answer = await door.post("/kling/image-to-video/kling-9.9", b"{")
        assert answer.json()["message"] == "model not found: kling-9.9"

    async def test_the_method_comes_before_the_key(self, door):
        answer = await door.get(CREATE)
        assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")

    async def test_the_key_comes_before_the_size(self, door):
        answer = await door.post(CREATE, bytes(1_048_577))
        assert (answer.status_code, answer.json()["code"]) == (401, 1001)

    async def test_the_right_comes_before_the_size(self, door):
        answer = await door.post(CREATE, bytes(1_048_577), key=door.key(scope=Scope.READ))
        assert answer.status_code == 403

    async def test_the_size_comes_before_the_media_type(self, door):
        answer = await door.post(
            CREATE, bytes(1_048_577), key=door.key(), Content_Type="text/plain"
        )
        assert answer.status_code == 413

    async def test_the_media_type_comes_before_the_idempotency_key(self, door):
        answer = await door.post(
            CREATE, b"{", key=door.key(), Content_Type="text/plain", Idempotency_Key="a b"
        )
        assert answer.status_code == 415

    async def test_a_conflict_comes_before_the_json(self, door):
        key = door.key()
        await door.post(CREATE, BODY, key=key, Idempotency_Key="once")
        answer = await door.post(CREATE, b"{", key=key, Idempotency_Key="once")
        assert answer.status_code == 409

    async def test_the_json_comes_before_the_fields(self, door):
        answer = await door.post(CREATE, b'{"contents":[],"contents":[]}', key=door.key())
        assert answer.json()["code"] == 1200

    async def test_the_fields_come_before_the_credit(self, door):
        answer = await door.post(CREATE, b'{"contents":[]}', key=door.key(credit="0"))
        assert answer.json()["code"] == 1201

    async def test_a_duplicate_comes_before_the_credit(self, door):
        key = door.key(credit="0.56")
        content = BODY[:-1] + b',"options":{"external_task_id":"biz-1"}}'
        await door.post(CREATE, content, key=key)
        answer = await door.post(CREATE, content, key=key)
        assert answer.json()["message"] == 'options.external_task_id "biz-1" already exists'


TEXT = "/kling/text-to-video/kling-3.0-turbo"


@pytest.mark.parametrize("prefix", ["", "/kling", "/proxy/kling"])
async def test_text_to_video_is_created_and_found_on_either_path(vendor_door, vendor, prefix):
    key = vendor_door.key()
    path = f"{prefix}/text-to-video/kling-3.0-turbo"
    made = await vendor_door.post(path, b'{"prompt":"x"}', key=key)
    assert (made.status_code, made.json()["code"]) == (200, 0)
    assert [json.loads(body)["settings"]["duration"] for body in vendor.log.sent_bytes()] == [5]
    ours = made.headers["X-Framegate-Task"]
    for word in ("image-to-video", "text-to-video"):
        found = await vendor_door.get(f"{prefix}/{word}/kling-3.0-turbo/{ours}", key=key)
        assert found.json()["data"]["id"] == made.json()["data"]["id"]


async def test_text_to_video_is_judged_by_its_own_rules(vendor_door, vendor):
    answer = await vendor_door.post(TEXT, BODY, key=vendor_door.key())
    assert answer.json()["message"] == (
        'contents[0].type must be prompt for text-to-video; got string "first_frame"'
    )
    assert vendor.log.sent_bytes() == []


async def test_text_to_video_without_an_upstream_for_it_says_what_to_configure(door):
    """The embedded renderer begins with a picture; a task of text is still found by its path."""
    key = door.key()
    answer = await door.post(TEXT, b'{"prompt":"x"}', key=key)
    assert (answer.status_code, answer.json()["code"]) == (404, 1203)
    assert answer.json()["message"] == (
        "model not found: kling-3.0-turbo for text-to-video; no configured upstream makes"
        ' text-to-video: add one of kind "kling" under upstreams in framegate.toml'
    )
    assert (await door.get(f"{TEXT}/1", key=key)).json()["message"] == "task not found"


async def test_no_refusal_leaves_a_row(door):
    key = door.key(credit="0")
    for content in (b"", b"[]", b"{}", b'{"contents":[]}', BODY, json.dumps({}).encode()):
        assert (await door.post(CREATE, content, key=key)).status_code in {400, 402}
    tables = ("tasks", "holds", "jobs", "renders", "idempotency")
    # Two jobs: the sweeper's and the audit's own.
    assert [door.count(table) for table in tables] == [0, 0, 2, 0, 0]
