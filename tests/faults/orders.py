"""What the crash runs order: each order is unlike any other, so that the vendor's log can tell."""

import json
from dataclasses import dataclass
from random import Random

NOWHERE_PAIR = "127.0.0.1:1"
NOWHERE = f"http://{NOWHERE_PAIR}/picture.jpg"
"""Refused by the embedded renderer at once; the vendor takes any address."""

REAL_PICTURE_SHARE = 0.05
NAMED_SHARE = 0.5
CALLBACK_SHARE = 0.5


@dataclass(frozen=True, kw_only=True)
class Order:
    """One body and the Idempotency-Key that it is sent under, however often."""

    mark: str
    body: bytes
    has_callback: bool

    @property
    def key(self) -> str:
        return f"key-{self.mark}"


def order(mark: str, *, draws: Random, picture_url: str, callback_url: str) -> Order:
    """A body whose prompt is its mark. Half have an external id, by which a lost one is found."""
    first_frame = picture_url if draws.random() < REAL_PICTURE_SHARE else NOWHERE
    options = {}
    if draws.random() < NAMED_SHARE:
        options["external_task_id"] = f"order-{mark}"
    has_callback = draws.random() < CALLBACK_SHARE
    if has_callback:
        options["callback_url"] = callback_url
    body = {
        "contents": [
            {"type": "first_frame", "url": first_frame},
            {"type": "prompt", "text": mark},
        ],
        "settings": {"duration": 3, "resolution": "720p"},
        "options": options,
    }
    return Order(mark=mark, body=json.dumps(body).encode(), has_callback=has_callback)


def mark_of(body: bytes) -> str:
    """The mark in a body, also in the one that a vendor was sent."""
    contents = json.loads(body)["contents"]
    return next(each["text"] for each in contents if each["type"] == "prompt")
