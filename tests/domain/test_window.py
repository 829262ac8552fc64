"""Which of an upstream's tasks are asked for, read from words."""

import pytest

from framegate.domain.upstream import RenderStatus
from framegate.domain.window import ROWS_MAX, ROWS_USUALLY, window

NOW_MS = 1_783_065_388_949
DAY_MS = 86_400_000


def read(**words):
    return window(**{"since": "", "until": "", "status": "", "limit": ""} | words, now_ms=NOW_MS)


def test_nothing_said_is_the_last_day_whatever_its_status():
    asked = read()
    assert (asked.since_ms, asked.until_ms) == (NOW_MS - DAY_MS, NOW_MS)
    assert (asked.status, asked.rows_max) == (None, ROWS_USUALLY)


def test_every_word_counts():
    asked = read(since="3h", until="1h", status="failed", limit="7")
    assert (asked.since_ms, asked.until_ms) == (NOW_MS - 10_800_000, NOW_MS - 3_600_000)
    assert (asked.status, asked.rows_max) == (RenderStatus.FAILED, 7)


def test_a_day_is_counted_back_from_the_end():
    assert read(until="2d").since_ms == NOW_MS - 3 * DAY_MS


@pytest.mark.parametrize("limit", [1, ROWS_MAX])
def test_limits_just_inside_are_taken(limit):
    assert read(limit=str(limit)).rows_max == limit


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ({"since": "1h", "until": "1h"}, "since must be before until"),
        ({"since": "soon"}, "since must be an age"),
        ({"until": "soon"}, "until must be an age"),
        ({"status": "done"}, "status must be one of submitted, processing, succeeded, failed"),
        ({"limit": "0"}, "limit must be a whole number from 1 to 2000; got '0'"),
        ({"limit": str(ROWS_MAX + 1)}, "limit must be a whole number from 1 to 2000; got '2001'"),
        ({"limit": "1.0"}, "limit must be a whole number"),
        ({"limit": "\u0662"}, "limit must be a whole number"),
    ],
)
def test_what_is_wrong_is_named(words, sentence):
    with pytest.raises(ValueError, match=sentence):
        read(**words)
