"""The words that docs/renderer.md and generate.md name are heard, in both languages' pages."""

import re

import pytest

from framegate.render.prompt import SHOTS_MAX, shots_in
from framegate.render.words import Layer, Move
from promises.pages import page, sections

PAGES = [page("docs/renderer.md"), page("docs/zh/renderer.md")]
BOTH = pytest.mark.parametrize("path", PAGES, ids=lambda path: path.parent.name)
# The moves that one row of the table tells of, in the table's order.
ROWS = (
    {Move.PUSH},
    {Move.PULL},
    {Move.PAN_LEFT, Move.PAN_RIGHT, Move.TILT_UP, Move.TILT_DOWN},
    {Move.TRUCK_LEFT, Move.TRUCK_RIGHT, Move.RISE, Move.SINK},
    {Move.ORBIT_LEFT, Move.ORBIT_RIGHT},
    {Move.DOLLY_ZOOM},
    {Move.HANDHELD},
    {Move.STATIC},
)
INSIDE, BEFORE = 1, 2
"""Which items of the list under the table name what moves inside the picture, and before it."""


def words_of(path):
    """The section that tells what the words do."""
    return sections(path)[2].text


def split(words):
    parts = (part.strip(" .。") for part in re.split(r"[,，、；;]|\bor\b|或", words))
    return [part for part in parts if part]


def table(path):
    rows = [line.split("|")[2] for line in words_of(path).splitlines() if line.startswith("| ")]
    return [split(row) for row in rows[1:]]


def items(path):
    """The list's items, each without what stands before its colon and behind its first sentence."""
    found = re.findall(r"(?ms)^- (.*?)(?=^- |\n\n)", words_of(path) + "\n\n")
    told = [" ".join(each.split()).replace("：", ": ", 1).split(": ", 1)[1] for each in found]
    return [re.split(r"[.。](?:\s|$|[^\s])", each)[0] for each in told]


@BOTH
def test_every_example_of_a_move_is_that_move(path):
    rows = table(path)
    assert len(rows) == len(ROWS)
    for examples, moves in zip(rows, ROWS, strict=True):
        for example in examples:
            (shot,) = shots_in(example)
            assert set(shot.moves) & moves, example
            assert set(shot.moves) <= moves, example


@BOTH
@pytest.mark.parametrize(
    ("item", "layers"),
    [
        (INSIDE, {Layer.CLOUDS, Layer.WATER, Layer.WIND}),
        (BEFORE, {*Layer} - {Layer.CLOUDS, Layer.WATER, Layer.WIND}),
    ],
    ids=["inside", "before"],
)
def test_every_word_for_what_else_moves_is_known(path, item, layers):
    named = split(items(path)[item])
    heard = {word: frozenset().union(*(shot.layers for shot in shots_in(word))) for word in named}
    assert {word: set(found) <= layers and len(found) for word, found in heard.items()} == (
        dict.fromkeys(named, 1)
    )
    assert frozenset().union(*heard.values()) == layers


@BOTH
def test_shots_of_the_page_are_cut_as_it_says(path):
    examples = re.findall(r"`((?:shot|镜头) 1.*?)`", words_of(path))
    assert len(examples) == 2
    for example in examples:
        first, second = shots_in(f"static shot {example}")
        assert (first.moves, second.moves) == ((Move.PUSH,), (Move.PAN_LEFT,))
        assert (first.weight, second.weight) == (2, 3)
    assert SHOTS_MAX == 6


@BOTH
def test_what_is_taken_back_does_not_count(path):
    taken_back = re.findall('["\u201c]((?:no |不要)[^"\u201d]*)', words_of(path))
    assert len(taken_back) == 2
    for words in taken_back:
        (shot,) = shots_in(words)
        assert shot.layers == frozenset()
        assert set(shot.moves) <= {Move.STATIC}


@pytest.mark.parametrize("path", [page("docs/generate.md"), page("docs/zh/generate.md")])
def test_every_word_of_the_short_list_is_heard(path):
    (words,) = (each for each in sections(path) if "dolly zoom, 希区柯克变焦" in each.text)
    rows = [line.split("|")[2] for line in words.text.splitlines() if line.startswith("| ")]
    told = [example for row in rows[1:] if "`" not in row for example in split(row)]
    assert len(told) > 30
    deaf = [
        example
        for example in told
        for shot in shots_in(example)
        if not (shot.moves or shot.layers or shot.strength_permille != 1_000)
    ]
    assert deaf == []
