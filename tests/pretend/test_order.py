"""What the vendor reads out of a body, and the refusals that it is known to give."""

import json

import pytest

from framegate.pretend.order import OrderRead, read_order
from framegate.pretend.says import Says

FRAME = {"type": "first_frame", "url": "https://cdn.example.com/a.jpg"}


def read(body, kind="image-to-video"):
    return read_order(json.dumps(body).encode(), kind=kind, model="kling-3.0-turbo")


def test_absent_fields_are_the_vendors_defaults():
    assert read({"contents": [FRAME]}) == OrderRead(
        kind="image-to-video",
        model="kling-3.0-turbo",
        resolution="720p",
        duration_s=5,
        external_id="",
        callback_url="",
        has_watermark=False,
    )


def test_what_was_sent_is_kept():
    options = {
        "external_task_id": "biz-1",
        "callback_url": "https://a.example/x",
        "watermark_info": {"enabled": True},
    }
    settings = {"resolution": "1080p", "duration": 15, "unknown": 1}
    order = read({"contents": [FRAME], "settings": settings, "options": options, "more": []})
    assert (order.resolution, order.duration_s, order.external_id) == ("1080p", 15, "biz-1")
    assert order.callback_url == "https://a.example/x"
    assert order.has_watermark


@pytest.mark.parametrize("contents", [None, [], "x", {}])
def test_contents_cannot_be_empty(contents):
    says = read({"contents": contents})
    assert (says.status, says.code, says.message) == (400, 1201, "contents cannot be empty")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"duration": 99}, "duration value '99' is invalid"),
        ({"duration": 2}, "duration value '2' is invalid"),
        ({"duration": "5"}, "duration value '5' is invalid"),
        ({"duration": True}, "duration value 'True' is invalid"),
        ({"resolution": "1K"}, "resolution value '1K' is invalid"),
        ({"aspect_ratio": "4:3"}, "aspect_ratio value '4:3' is invalid"),
    ],
)
def test_bad_setting_is_named_with_its_value(settings, message):
    says = read({"contents": [FRAME], "settings": settings})
    assert (says.status, says.code, says.message) == (400, 1201, message)


def test_text_to_video_needs_words_and_no_picture():
    assert isinstance(read({"prompt": "a red kite"}, "text-to-video"), OrderRead)
    assert isinstance(read({}, "text-to-video"), Says)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff"])
def test_body_that_is_no_object_is_1200(body):
    says = read_order(body, kind="image-to-video", model="m")
    assert (says.status, says.code) == (400, 1200)
