"""A prompt in English or Chinese, read as shots: what the camera does and what else moves.

`film` calls it once a render. It looks for words and understands no sentence: a prompt with no
known word gives a shot without moves, and `camera` then chooses a slow push from the picture.
"""

import re
import unicodedata
from dataclasses import dataclass
from itertools import pairwise

from framegate.render.words import (
    CAMERA,
    CLAUSE_END,
    LAYERS,
    MOVES,
    NEGATION,
    PACES_PERMILLE,
    SHOT,
    STRENGTHS_PERMILLE,
    Layer,
    Move,
)

SHOTS_MAX = 6
MOVES_MAX = 2
"""Of one shot. Three moves at once cancel each other and look like none."""

PROMPT_CHARACTERS_MAX = 4_096
"""Beyond the API's 2,500; it bounds the regular expressions, whoever calls."""

_ASIDE_WORDS_MAX = 2
"""A clause this short is no sentence of its own: "slow, subtle push in"."""

_OPPOSITES = (
    {Move.PUSH, Move.PULL, Move.DOLLY_ZOOM},
    {Move.PAN_LEFT, Move.PAN_RIGHT, Move.TRUCK_LEFT, Move.TRUCK_RIGHT}
    | {Move.ORBIT_LEFT, Move.ORBIT_RIGHT},
    {Move.TILT_UP, Move.TILT_DOWN, Move.RISE, Move.SINK},
)

_MOVES = tuple((move, re.compile(pattern)) for move, pattern in MOVES)
_LAYERS = tuple((layer, re.compile(pattern)) for layer, pattern in LAYERS)
_PACES = tuple((permille, re.compile(pattern)) for permille, pattern in PACES_PERMILLE)
_STRENGTHS = tuple((permille, re.compile(pattern)) for permille, pattern in STRENGTHS_PERMILLE)


@dataclass(frozen=True, kw_only=True)
class Shot:
    """One piece between two cuts.

    moves              in the order they were said; empty when no camera word was found
    layers             flows and weather that were asked for
    strength_permille  1,000 is as drawn by us; words of pace and of strength multiply
    weight             its share of the clip; the seconds m of `shot n, m, words;`
    """

    moves: tuple[Move, ...] = ()
    layers: frozenset[Layer] = frozenset()
    strength_permille: int = 1_000
    weight: int = 1


def shots_in(prompt: str) -> tuple[Shot, ...]:
    """The shots that a prompt asks for, at least one.

    source   the vendor's page: n 1 to 6 shots, m at least 1 s each; words outside of a shot are
             ignored once there is one, numbers only order the page and are not trusted here
    """
    text = _normalised(prompt[:PROMPT_CHARACTERS_MAX])
    found = tuple(SHOT.finditer(text))[:SHOTS_MAX]
    if not found:
        return (_shot(text, weight=1),)
    return tuple(_shot(match["words"], weight=max(int(match["weight"]), 1)) for match in found)


def frame_spans(shots: tuple[Shot, ...], frames: int) -> tuple[range, ...]:
    """Which frames each shot has.

    They share `frames` by weight, so that the clip is as long as it was ordered even where the
    seconds of its shots do not add up.
    """
    total = sum(shot.weight for shot in shots)
    ends = [0]
    for shot in shots:
        ends.append(ends[-1] + shot.weight)
    cuts = [(end * frames + total // 2) // total for end in ends]
    return tuple(range(start, stop) for start, stop in pairwise(cuts))


def _normalised(text: str) -> str:
    # NFKC turns the full-width comma, semicolon, colon and digits of Chinese typing into ASCII.
    half_width = unicodedata.normalize("NFKC", text).lower().replace("-", " ").replace("’", "'")
    return " ".join(half_width.split())


def _shot(text: str, *, weight: int) -> Shot:
    said = _said(text)
    about_camera = _about_camera(text, said)
    strength = _factor(_PACES, about_camera) * _factor(_STRENGTHS, about_camera) // 1_000
    return Shot(
        moves=_chosen(said),
        layers=frozenset(layer for layer, pattern in _LAYERS if _position(pattern, text) >= 0),
        strength_permille=min(max(strength, 400), 2_000),
        weight=weight,
    )


@dataclass(frozen=True, order=True)
class _Word:
    """A camera word in the text; the table's rank settles which of two at one place comes first."""

    start: int
    rank: int
    move: Move
    is_taken_back: bool


def _said(text: str) -> list[_Word]:
    said: list[_Word] = []
    taken: list[range] = []
    for rank, (move, pattern) in enumerate(_MOVES):
        for match in pattern.finditer(text):
            span = range(match.start(), match.end())
            # "dolly zoom in" is one effect: what an earlier row took is not read a second time.
            if any(span.start < other.stop and other.start < span.stop for other in taken):
                continue
            is_back = move is not Move.STATIC and bool(NEGATION.search(text[: span.start]))
            taken.append(span)
            said.append(_Word(span.start, rank, move, is_back))
    return sorted(said)


def _chosen(said: list[_Word]) -> tuple[Move, ...]:
    chosen: list[Move] = []
    for word in said:
        if not word.is_taken_back and not any(_clash(word.move, other) for other in chosen):
            chosen.append(word.move)
    if said and not chosen:
        # Whoever says "do not zoom in" and nothing else must not get the usual slow push.
        return (Move.STATIC,)
    return tuple(chosen[:MOVES_MAX])


def _about_camera(text: str, said: list[_Word]) -> str:
    """The clauses whose words of pace are meant for the camera; everything where no move is."""
    if not said:
        return text
    clauses = []
    start = 0
    for end in (*(match.end() for match in CLAUSE_END.finditer(text)), len(text)):
        clause = text[start:end]
        is_moving = any(start <= word.start < end for word in said)
        is_aside = len(clause.split()) <= _ASIDE_WORDS_MAX and clause.isascii()
        if is_moving or is_aside or CAMERA.search(clause):
            clauses.append(clause)
        start = end
    return " ".join(clauses)


def _clash(move: Move, other: Move) -> bool:
    if Move.STATIC in (move, other) or move is other:
        return True
    return any(move in group and other in group for group in _OPPOSITES)


def _factor(table: tuple[tuple[int, re.Pattern[str]], ...], text: str) -> int:
    """The permille of the word that stands first; 1,000 when there is none."""
    found = [
        (position, permille)
        for permille, pattern in table
        if (position := _position(pattern, text)) >= 0
    ]
    return min(found)[1] if found else 1_000


def _position(pattern: re.Pattern[str], text: str) -> int:
    """Where the pattern first stands without a negation before it; -1 when nowhere."""
    for match in pattern.finditer(text):
        if not NEGATION.search(text[: match.start()]):
            return match.start()
    return -1
