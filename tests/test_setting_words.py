from datetime import date
from typing import Annotated, Literal

import pytest
from msgspec import Meta

from framegate.setting_words import AMOUNT_PATTERN, VALUE_CHARACTERS_MAX, flaw, takes

Port = Annotated[int, Meta(ge=0, le=65_535)]
Amount = Annotated[str, Meta(pattern=AMOUNT_PATTERN)]


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (Port, "a whole number from 0 to 65535"),
        (Literal["kling", "local"], 'one of "kling", "local"'),
        (bool, "true or false"),
        (str, "a string"),
        (Amount, 'a string such as "0.112", with at most 6 decimals'),
        (tuple[str, ...], "a list of strings"),
        (
            dict[str, Amount],
            'a table; each value is a string such as "0.112", with at most 6 decimals',
        ),
    ],
)
def test_type_is_told_by_what_it_takes(kind, words):
    assert takes(kind) == words


def test_type_that_no_setting_has_is_a_defect():
    with pytest.raises(TypeError, match="no words for"):
        takes(float)


@pytest.mark.parametrize(
    ("value", "got"),
    [
        (65_536, "65536"),
        (-1, "-1"),
        (True, "true"),
        ("8787", '"8787"'),
        (["a"], '["a"]'),
        ({"a": 1}, '{"a": 1}'),
        (date(1979, 5, 27), "a date or a time"),
    ],
)
def test_wrong_value_is_told_as_it_stands_in_the_file(value, got):
    assert flaw(value, Port) == f"must be a whole number from 0 to 65535; got {got}"


def test_value_that_is_taken_has_no_flaw():
    assert (flaw(0, Port), flaw(65_535, Port), flaw("0.112", Amount)) == ("", "", "")


def test_long_value_is_cut():
    assert flaw("x" * 100, Port).endswith(f'; got "{"x" * (VALUE_CHARACTERS_MAX - 1)}…')


def test_secret_is_not_repeated():
    assert flaw(123, str, is_secret=True) == "must be a string; got something else"
