"""The shapes are compared as text: the order of keys is part of the examples of the contract."""

from dataclasses import replace

import msgspec
import pytest

from framegate.domain.kling import page_status, page_task, vendor_status, vendor_task
from framegate.domain.task import Task, TaskStatus, Video

VIDEO_URL = "https://gw.example.com/videos/task_01KWKFN9WNBGF99M3TP8W6Y7J4.mp4"
VIDEO = Video(
    id="vid_1",
    output_id="901930004609634394",
    bytes_count=1,
    sha256="",
    duration="10.041",
    source_url="",
    created_ms=0,
)
SUCCEEDED = Task(
    id="task_01KWKFN9WNBGF99M3TP8W6Y7J4",
    account_id="acc_1",
    key_id="key_1",
    kind="image-to-video",
    model="kling-3.0-turbo",
    status=TaskStatus.SUCCEEDED,
    fence=3,
    request_id="req_1",
    upstream="local",
    ticket="901930004609634393",
    external_task_id="biz-img2v-20240623-001",
    callback_url="",
    resolution="1080p",
    aspect_ratio="9:16",
    duration_s=10,
    body_sha256="",
    price_micros=1_680_000,
    price_version="",
    currency="USD",
    message="",
    created_ms=1_783_065_388_949,
    updated_ms=1_783_065_421_007,
    sent_ms=0,
    next_ms=0,
    deadline_ms=0,
    polls=0,
    answer=b"",
    video=VIDEO,
)
FAILED = replace(
    SUCCEEDED,
    status=TaskStatus.FAILED,
    message="Failure to pass the risk control system",
    external_task_id="",
    updated_ms=1_783_065_401_220,
    video=None,
)

PAGE_SUCCEEDED = """{"id":"901930004609634393","task_id":"901930004609634393","status":"succeed",\
"task_status":"succeed","task_status_msg":"","external_task_id":"biz-img2v-20240623-001",\
"created_at":1783065388949,"updated_at":1783065421007,"task_result":{"videos":[{"id":\
"901930004609634394","url":"https://gw.example.com/videos/task_01KWKFN9WNBGF99M3TP8W6Y7J4.mp4",\
"duration":"10.041"}]},"outputs":[{"type":"video","id":"901930004609634394","url":\
"https://gw.example.com/videos/task_01KWKFN9WNBGF99M3TP8W6Y7J4.mp4","watermark_url":"",\
"duration":"10.041"}],"billing":[{"charge_type":"cash","cash_type":"balance","amount":"1.68",\
"currency":"USD","list_price":"1.68"}]}"""

PAGE_FAILED = """{"id":"901930004609634393","task_id":"901930004609634393","status":"failed",\
"task_status":"failed","task_status_msg":"Failure to pass the risk control system",\
"external_task_id":"","created_at":1783065388949,"updated_at":1783065401220,"task_result":\
{"videos":[]},"outputs":[],"billing":[]}"""

VENDOR_SUCCEEDED = """{"id":"901930004609634393","status":"succeeded","message":"","create_time":\
1783065388949,"update_time":1783065421007,"external_id":"biz-img2v-20240623-001","outputs":\
[{"type":"video","id":"901930004609634394","url":\
"https://gw.example.com/videos/task_01KWKFN9WNBGF99M3TP8W6Y7J4.mp4","watermark_url":"",\
"duration":"10.041"}],"billing":[{"charge_type":"cash","cash_type":"balance","amount":"1.68",\
"currency":"USD","list_price":"1.68"}]}"""

VENDOR_PROCESSING = """{"id":"901930004609634393","status":"processing","message":"","create_time":\
1783065388949,"update_time":1783065390102,"outputs":[],"billing":[]}"""


def written(shape):
    return msgspec.json.encode(shape).decode()


def test_page_tells_of_a_success_as_in_the_contract():
    assert written(page_task(SUCCEEDED, video_url=VIDEO_URL)) == PAGE_SUCCEEDED


def test_page_tells_of_a_failure_as_in_the_contract():
    assert written(page_task(FAILED, video_url="")) == PAGE_FAILED


def test_vendor_object_tells_of_a_success_as_in_the_contract():
    assert written(vendor_task(SUCCEEDED, video_url=VIDEO_URL)) == VENDOR_SUCCEEDED


def test_vendor_object_has_no_external_id_when_the_caller_sent_none():
    task = replace(FAILED, status=TaskStatus.PROCESSING, message="", updated_ms=1_783_065_390_102)

    assert written(vendor_task(task, video_url="")) == VENDOR_PROCESSING


@pytest.mark.parametrize("status", TaskStatus)
def test_page_has_every_key_in_every_status(status):
    task = replace(FAILED, status=status)

    assert list(page_task(task, video_url="")) == list(msgspec.json.decode(PAGE_FAILED))


@pytest.mark.parametrize(
    ("status", "vendor", "page"),
    [
        ("sending", "submitted", "submitted"),
        ("uncertain", "submitted", "submitted"),
        ("submitted", "submitted", "submitted"),
        ("processing", "processing", "processing"),
        ("succeeded", "succeeded", "succeed"),
        ("failed", "failed", "failed"),
        ("cancelled", "failed", "failed"),
        ("expired", "failed", "failed"),
        ("refused", "failed", "failed"),
    ],
)
def test_each_status_has_one_word_of_the_closed_set(status, vendor, page):
    """Strict clients throw on any fifth word."""
    assert vendor_status(TaskStatus(status)) == vendor
    assert page_status(TaskStatus(status)) == page


@pytest.mark.parametrize("status", [status for status in TaskStatus if status != "succeeded"])
def test_nothing_is_billed_before_the_settlement_or_without_one(status):
    assert page_task(replace(SUCCEEDED, status=status), video_url="")["billing"] == []


def test_task_without_a_ticket_is_known_by_our_own_id():
    """Rule 70: the upstream never said what it calls it."""
    task = replace(FAILED, ticket="", status=TaskStatus.UNCERTAIN)

    assert page_task(task, video_url="")["task_id"] == task.id
    assert vendor_task(task, video_url="")["id"] == task.id


def test_video_whose_file_is_gone_is_not_linked():
    """Retention removes the file; the bill and the status stay."""
    told = page_task(replace(SUCCEEDED, video=None), video_url="")

    assert (told["status"], told["outputs"], told["task_result"]) == ("succeed", [], {"videos": []})
    assert told["billing"][0]["amount"] == "1.68"
