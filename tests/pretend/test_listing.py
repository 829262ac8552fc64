"""Pages of what was sold."""

import base64
import json

import pytest

from framegate.pretend.listing import DAYS_30_MS, read_window
from framegate.pretend.says import Says

NOW_MS = 1_783_065_388_949


def window(**asked):
    return read_window(json.dumps(asked).encode(), now_ms=NOW_MS)


def test_default_is_the_last_30_days_and_a_hundred():
    read = read_window(b"", now_ms=NOW_MS)
    assert (read.start_ms, read.end_ms, read.limit) == (NOW_MS - DAYS_30_MS, NOW_MS, 100)


def test_cursor_overrides_the_times_and_an_empty_one_does_not():
    first = window(start_time=5, end_time=9, limit=2)
    second = window(start_time=0, end_time=1, cursor=first.cursor(), limit=2)
    assert (second.start_ms, second.end_ms, second.after) == (5, 9, 2)
    assert window(start_time=5, cursor="").start_ms == 5


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'{"cursor":"x"}',
        b'{"cursor":5}',
        b'{"filters":[1]}',
        b'{"start_time":"x"}',
        b'{"limit":501}',
        b'{"cursor":"%s"}' % base64.urlsafe_b64encode(b"[1]"),
    ],
)
def test_body_that_makes_no_sense_is_refused(body):
    read = read_window(body, now_ms=NOW_MS)
    assert isinstance(read, Says)
    assert (read.status, read.code) == (400, 1201)
