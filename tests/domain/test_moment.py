"""A moment, as it is written."""

import pytest

from framegate.domain.moment import moment_ms

NOW_MS = 1_783_065_388_949


def read(text):
    return moment_ms(text, now_ms=NOW_MS, name="since")


@pytest.mark.parametrize(
    ("text", "age_ms"),
    [("0s", 0), ("90s", 90_000), ("5m", 300_000), ("2h", 7_200_000), ("3d", 259_200_000)],
)
def test_an_age_is_counted_back_from_now(text, age_ms):
    assert read(text) == NOW_MS - age_ms


@pytest.mark.parametrize(
    ("text", "at_ms"),
    [
        ("2026-01-31", 1_769_817_600_000),
        ("2026-01-31T12:00", 1_769_860_800_000),
        ("2026-01-31T12:00:00.250Z", 1_769_860_800_250),
        ("2026-01-31T20:00+08:00", 1_769_860_800_000),
        ("1769860800000", 1_769_860_800_000),
        ("999999999999", 999_999_999_999),
    ],
)
def test_a_time_is_utc_unless_it_says_otherwise(text, at_ms):
    assert read(text) == at_ms


@pytest.mark.parametrize(
    "text", ["soon", "2", "2 h", "-2h", "2w", "1769860800", "1234567d", "12345678901234", "\u0662h"]
)
def test_anything_else_is_refused_with_what_would_do(text):
    with pytest.raises(ValueError, match="since must be an age such as 2h or 3d, a time such as"):
        read(text)


def test_a_long_word_is_not_repeated_whole():
    with pytest.raises(ValueError, match=r"x{40}'$"):
        read("x" * 9_000)
