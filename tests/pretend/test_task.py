"""Where a task stands is read off the clock, and its object is the vendor's."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from framegate.pretend import quirks
from framegate.pretend.order import OrderRead
from framegate.pretend.task import Film, PretendTask

LINES = (Path(__file__).parents[1] / "data" / "vendor.examples.jsonl").read_text().splitlines()
EXAMPLES = {each["case"]: each["body"] for each in map(json.loads, LINES)}
URL = "https://v16-kling.example.com/out.mp4?Expires=1783672794&sig=ab"
FILM = Film(url=URL, watermark_url=URL + "&marked")
ORDER = OrderRead(
    kind="image-to-video",
    model="kling-3.0-turbo",
    resolution="720p",
    duration_s=5,
    external_id="biz-001",
    callback_url="",
    has_watermark=False,
)
CREATED_MS, BEGINS_MS, ENDS_MS = 1_781_080_778_802, 1_781_080_780_000, 1_781_080_794_151


def task(order=ORDER, fate=quirks.SUCCEEDS, **changed):
    made = PretendTask(
        id="933557962801545273",
        order=order,
        created_ms=CREATED_MS,
        begins_ms=BEGINS_MS,
        ends_ms=ENDS_MS if fate.words else None,
        fate=fate,
    )
    return replace(made, **changed)


def test_object_of_a_finished_task_is_the_contracts_byte_for_byte():
    (example,) = EXAMPLES["query"]["data"]
    assert json.dumps(task().shown(ENDS_MS, FILM)) == json.dumps(example)


@pytest.mark.parametrize(
    ("at_ms", "status", "updated_ms"),
    [
        (CREATED_MS, "submitted", CREATED_MS),
        (BEGINS_MS - 1, "submitted", CREATED_MS),
        (BEGINS_MS, "processing", BEGINS_MS),
        (ENDS_MS - 1, "processing", BEGINS_MS),
        (ENDS_MS, "succeeded", ENDS_MS),
    ],
)
def test_status_follows_the_clock(at_ms, status, updated_ms):
    shown = task().shown(at_ms, FILM)
    assert (shown["status"], shown["update_time"]) == (status, updated_ms)


def test_task_on_its_way_shows_no_output_and_no_bill():
    shown = task().shown(BEGINS_MS, FILM)
    assert shown.keys() == {
        *("id", "status", "message", "create_time", "update_time", "external_id")
    }


@pytest.mark.parametrize(
    ("resolution", "duration_s", "units"),
    [("720p", 3, "2.4"), ("720p", 5, "4"), ("1080p", 10, "10"), ("720p", 15, "12")],
)
def test_bill_is_by_the_ordered_seconds(resolution, duration_s, units):
    order = replace(ORDER, resolution=resolution, duration_s=duration_s)
    assert task(order).shown(ENDS_MS, FILM)["billing"][0]["amount"] == units


def test_watermark_has_an_address_only_when_it_was_asked_for():
    (output,) = task(replace(ORDER, has_watermark=True)).shown(ENDS_MS, FILM)["outputs"]
    assert output["watermark_url"] == FILM.watermark_url


@pytest.mark.parametrize("fate", [quirks.FAILS, quirks.FAILS_PIXELS, quirks.FAILS_RATIO], ids=str)
def test_failure_gives_its_reason_in_message_alone(fate):
    shown = task(fate=fate).shown(ENDS_MS, FILM)
    assert (shown["status"], shown["message"]) == ("failed", fate.message)
    assert not {"outputs", "billing"} & shown.keys()


def test_task_that_never_ends_is_in_processing_for_ever():
    endless = task(fate=quirks.NEVER_ENDS)
    assert endless.status(ENDS_MS * 2) == "processing"
    assert not endless.has_ended(ENDS_MS * 2)


def test_task_that_changes_its_mind_does_so_with_every_look():
    flips = task(fate=quirks.FLIPS_TO_FAILED)
    assert [replace(flips, looks=looks).status(ENDS_MS) for looks in range(3)] == [
        *("succeeded", "failed", "succeeded")
    ]


def test_object_of_the_pages_family_has_every_key_of_the_page():
    """Rule 44; the bill there is the customer's, which a foreign gateway may leave out."""
    example = EXAMPLES["page query"]["data"]
    shown = task(replace(ORDER, external_id="biz-img2v-20240623-001", duration_s=10))
    paged = shown.paged(ENDS_MS, FILM)
    assert list(paged) == list(example)
    assert paged["outputs"][0].keys() == example["outputs"][0].keys()
    assert paged["task_result"]["videos"][0].keys() == example["task_result"]["videos"][0].keys()
    assert (paged["status"], paged["outputs"][0]["duration"]) == ("succeed", "10.041")


def test_failed_object_of_the_pages_family_is_the_pages():
    example = EXAMPLES["page query of a failed task"]["data"]
    failed = task(
        replace(ORDER, external_id=""),
        quirks.FAILS,
        id=example["id"],
        created_ms=example["created_at"],
        begins_ms=example["created_at"],
        ends_ms=example["updated_at"],
    )
    assert json.dumps(failed.paged(ENDS_MS * 2, FILM)) == json.dumps(example)
