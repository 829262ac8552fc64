"""The tables of words: complete, and fit for the text that they are read against."""

import re
import unicodedata

import pytest

from framegate.render.words import (
    LAYERS,
    MOVES,
    NEGATION,
    PACES_PERMILLE,
    SHOT,
    STRENGTHS_PERMILLE,
    Layer,
    Move,
)

ROWS = [*MOVES, *LAYERS, *PACES_PERMILLE, *STRENGTHS_PERMILLE]
PATTERNS = [pattern for _, pattern in ROWS]
PLAIN = ["a woman reads a letter", "她在窗边读信", "the sailor's pan", "2,500 people at noon"]


def test_every_move_and_every_layer_has_its_words():
    assert {move for move, _ in MOVES} == set(Move)
    assert {layer for layer, _ in LAYERS} == set(Layer)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_pattern_is_written_as_the_text_is_normalised(pattern):
    """Upper case, full width or a hyphen would never be met."""
    assert pattern == unicodedata.normalize("NFKC", pattern)
    assert pattern == pattern.lower()
    assert "-" not in pattern


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("text", ["", " ", *PLAIN])
def test_pattern_finds_nothing_where_nothing_is_said(pattern, text):
    assert re.search(pattern, text) is None


@pytest.mark.parametrize("pattern", PATTERNS)
def test_every_row_speaks_both_languages(pattern):
    assert re.search(r"[a-z]{3}", pattern) or re.search(r"[\u4e00-\u9fff]", pattern)


def test_slow_and_slight_are_less_and_fast_and_strong_are_more():
    for (less, _), (more, _) in (PACES_PERMILLE, STRENGTHS_PERMILLE):
        assert less < 1_000 < more


@pytest.mark.parametrize(
    "before", ["no ", "without any ", "do not ", "don't the camera ", "avoid ", "不要", "没有任何"]
)
def test_negation_takes_the_next_word_back(before):
    assert NEGATION.search(before)


@pytest.mark.parametrize("before", ["", "now ", "note the ", "not far away, ", "knot ", "别的人"])
def test_what_only_looks_like_a_negation_is_none(before):
    assert NEGATION.search(before) is None


@pytest.mark.parametrize(
    ("text", "shots"),
    [
        (
            "shot 1, 2, push in; shot 2, 3, pan left;",
            [("1", "2", "push in"), ("2", "3", "pan left")],
        ),
        ("镜头1,2,推近;镜头2,3,左摇", [("1", "2", "推近"), ("2", "3", "左摇")]),
        ("shot 1, 2s, a shot 2, 3 秒, b", [("1", "2", "a"), ("2", "3", "b")]),
        ("shot 1, 2, ;", [("1", "2", "")]),
        ("a long shot, 2 people", []),
        ("shot 123, 2, a;", []),
    ],
)
def test_shots_are_found_with_their_seconds_and_words(text, shots):
    found = [match.group("number", "weight", "words") for match in SHOT.finditer(text)]
    assert found == shots
