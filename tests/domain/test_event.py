import json
from dataclasses import replace

import pytest

from fakes.rows import NOW_MS, a_task, a_video
from framegate.domain.event import EVENTS, body_of_a_test, event_body, event_of, task_at
from framegate.domain.kling import vendor_task
from framegate.domain.task import TaskStatus

URL = "https://gw.example.com/videos/vid_1.mp4"
ENDED = replace(
    a_task("acc_1", ticket="901930004609634393", external_task_id="biz-1"),
    status=TaskStatus.SUCCEEDED,
    updated_ms=NOW_MS + 32_058,
    message="done",
    video=a_video(),
)
FAILED = replace(ENDED, status=TaskStatus.FAILED, message="Image pixel is invalid", video=None)


def told(task, event, at_ms):
    return json.loads(event_body(task, event, at_ms=at_ms, video_url=URL))


@pytest.mark.parametrize(
    ("status", "event"),
    [
        ("submitted", "task.submitted"),
        ("processing", "task.processing"),
        ("succeeded", "task.succeeded"),
        ("failed", "task.failed"),
        ("expired", "task.failed"),
        ("cancelled", "task.failed"),
        ("sending", None),
        ("uncertain", None),
        ("refused", None),
    ],
)
def test_every_status_has_its_event_or_is_nobodys_news(status, event):
    assert event_of(TaskStatus(status)) == event


def test_body_is_the_contracts_example():
    """Rule 63, byte for byte."""
    task = replace(
        FAILED, external_task_id="", created_ms=1_783_065_388_949, updated_ms=1_783_065_401_220
    )

    body = event_body(task, "task.failed", at_ms=1_783_065_401_220, video_url="")

    assert body == (
        b'{"type":"task.failed","timestamp":"2026-07-03T07:56:41Z","data":{"id":'
        b'"901930004609634393","status":"failed","message":"Image pixel is invalid",'
        b'"create_time":1783065388949,"update_time":1783065401220,"outputs":[],"billing":[]}}'
    )


@pytest.mark.parametrize("event", ["task.submitted", "task.processing"])
@pytest.mark.parametrize("task", [ENDED, FAILED])
def test_event_that_is_told_late_tells_no_later_news(event, task):
    data = told(task, event, NOW_MS + 7)["data"]

    assert data == {
        "id": "901930004609634393",
        "status": event.removeprefix("task."),
        "message": "",
        "create_time": NOW_MS,
        "update_time": NOW_MS + 7,
        "external_id": "biz-1",
        "outputs": [],
        "billing": [],
    }


@pytest.mark.parametrize(("task", "event"), [(ENDED, "task.succeeded"), (FAILED, "task.failed")])
def test_end_is_told_as_a_query_tells_it(task, event):
    assert told(task, event, task.updated_ms)["data"] == vendor_task(task, video_url=URL)


def test_timestamp_is_the_second_in_which_it_happened():
    assert told(FAILED, "task.failed", 1_783_065_401_999)["timestamp"] == "2026-07-03T07:56:41Z"


def test_task_at_its_end_is_the_task_as_it_is():
    assert task_at(ENDED, "task.succeeded", at_ms=0) is ENDED


def test_test_has_a_type_of_its_own_and_the_vendors_test_shape():
    body = json.loads(body_of_a_test(at_ms=1_783_065_401_999))

    assert body["type"] == "webhook.test"
    assert body["type"] not in EVENTS
    assert body["timestamp"] == "2026-07-03T07:56:41Z"
    assert (body["data"]["status"], body["data"]["outputs"]) == ("submitted", [])
    assert body["data"]["message"] == "this is a test; there is no such task"
