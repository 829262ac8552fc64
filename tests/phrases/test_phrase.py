import time

import pytest

from framegate.phrases.phrase import Phrase

WIDE = Phrase("{field} must be one of {names}; got {got}", "{field} 必须是 {names} 之一；收到{got}")


def test_values_are_what_stands_in_the_holes():
    sentence = 'settings.resolution must be one of 720p, 1080p; got string "4k"'
    values = {"field": "settings.resolution", "names": "720p, 1080p", "got": 'string "4k"'}
    assert WIDE.values(sentence) == values


@pytest.mark.parametrize(
    "sentence",
    [
        "",
        "x must be one of a; got ",  # A hole holds something.
        " must be one of a; got b",
        "x must be one of ; got b",
        "x must be one of a, got b",
        "must be one of",
        "x must be two of a; got b",
    ],
)
def test_other_sentences_are_not_the_phrase(sentence):
    assert WIDE.values(sentence) is None


def test_phrase_without_holes_is_that_sentence_alone():
    phrase = Phrase("task not found", "没有这个任务")
    assert phrase.values("task not found") == {}
    assert phrase.values("task not found.") is None
    assert phrase.values("a task not found") is None


def test_name_that_comes_twice_has_one_value():
    phrase = Phrase("no {kind} here: add a {kind}", "这里没有 {kind}：请添加 {kind}")
    assert phrase.values("no fish here: add a fish") == {"kind": "fish"}
    assert phrase.values("no fish here: add a bird") is None


def test_value_that_looks_like_a_hole_stays_text():
    phrase = Phrase("path not found: {path}", "没有这个路径：{path}")
    values = phrase.values("path not found: /{path}/{0}")
    assert phrase.filled(values) == "没有这个路径：/{path}/{0}"


@pytest.mark.parametrize(
    ("value", "said"),
    [("null", "收到 null"), ("字符串", "收到字符串"), ('"x"', '收到 "x"'), ("，", "收到，")],
)
def test_space_stands_where_two_scripts_meet(value, said):
    assert Phrase("got {it}", "收到{it}").filled({"it": value}) == said


def test_both_languages_have_the_same_holes():
    with pytest.raises(ValueError, match="do not have the same holes"):
        Phrase("{field} is required", "缺少")


def test_sentence_made_to_be_slow_is_read_once():
    """A regular expression of three holes would try some billions of ways to cut this."""
    phrase = Phrase("{a} of {b} of {c} of {d} is {e}", "{e}{d}{c}{b}{a}")
    began = time.process_time()
    assert phrase.values("x of " * 400) is None
    # Not a promise about speed: the slow way takes hours.
    assert time.process_time() - began < 60
