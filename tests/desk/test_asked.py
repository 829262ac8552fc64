from datetime import date

import pytest

from framegate.desk.asked import TIME_MS_MAX, WORD_CHARACTERS_MAX, WORDS_MAX, Asked
from framegate.errors import FieldsInvalid

DAY = date(2026, 7, 3)
DAY_MS = 1_783_036_800_000


def asked(**query):
    return Asked({name: [value] for name, value in query.items()}, known=query)


def complaints(question):
    with pytest.raises(FieldsInvalid) as refused:
        question.raise_any()
    return [error.message for error in refused.value.errors]


def test_name_that_is_not_known_is_refused_with_those_that_are():
    question = Asked({"stauts": ["failed"]}, known=("status", "key"))
    assert complaints(question) == ['string "stauts" is not known here; this takes key, status']


def test_what_is_absent_or_empty_is_the_default():
    question = asked(word="", number="", day="", time="", words="", choice="")
    assert question.word("word") == ""
    assert question.words("words", ("a",)) == []
    assert question.choice("choice", ("a", "b"), "b") == "b"
    assert question.number("number", default=50, number_max=100) == 50
    assert question.day("day", default=DAY) == DAY
    assert question.moment_ms("time", default=7) == 7
    question.raise_any()


def test_words_come_by_comma_or_one_by_one():
    question = Asked({"status": ["a,b", "c"]}, known=("status",))
    assert question.words("status", ("a", "b", "c")) == ["a", "b", "c"]


def test_everything_wrong_is_said_at_once():
    question = asked(limit="0", day="x", words="z")
    question.number("limit", default=1, number_max=9)
    question.day("day", default=DAY)
    question.words("words", ("a", "b"))
    assert complaints(question) == [
        'limit must be an integer from 1 to 9; got string "0"',
        'day must be a day, YYYY-MM-DD; got string "x"',
        'words must be one of a, b; got string "z"',
    ]


@pytest.mark.parametrize("value", ["0", "101", "-1", "1.0", "1e1", "\u0661", "9" * 16, "x"])
def test_number_outside_its_bounds_or_form_is_refused(value):
    question = asked(limit=value)
    assert question.number("limit", default=50, number_max=100) == 50
    assert len(complaints(question)) == 1


@pytest.mark.parametrize(("value", "number"), [("1", 1), ("100", 100), ("007", 7)])
def test_number_within_its_bounds_is_taken(value, number):
    assert asked(limit=value).number("limit", default=50, number_max=100) == number


def test_day_stands_for_its_first_moment_or_its_last():
    question = asked(at="2026-07-03")
    assert question.moment_ms("at", default=0) == DAY_MS
    assert question.moment_ms("at", default=0, is_end=True) == DAY_MS + 86_400_000 - 1


@pytest.mark.parametrize("value", ["2026-02-30", "9999-12-31", "26-1-1", "x", "-5", "1.5"])
def test_time_that_is_none_is_refused(value):
    question = asked(at=value)
    assert question.moment_ms("at", default=3) == 3
    assert complaints(question)


def test_time_beyond_all_times_is_refused():
    assert asked(at=str(TIME_MS_MAX)).moment_ms("at", default=0) == TIME_MS_MAX
    question = asked(at=str(TIME_MS_MAX + 1))
    question.moment_ms("at", default=0)
    assert complaints(question)


@pytest.mark.parametrize(("length", "is_taken"), [(0, True), (1, False)])
def test_word_has_a_length(length, is_taken):
    question = asked(text="x" * (WORD_CHARACTERS_MAX + length))
    assert bool(question.word("text")) == is_taken


def test_word_that_comes_twice_is_refused():
    question = Asked({"key": ["a", "b"]}, known=("key",))
    question.word("key")
    assert complaints(question) == ["key takes one value; got 2"]


def test_more_words_than_a_question_takes_are_refused():
    question = asked(status=",".join("a" * (WORDS_MAX + 1)))
    assert question.words("status", ("a",)) == []
    assert complaints(question)
