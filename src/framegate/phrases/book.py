"""The phrases of a language, and the one that a sentence is.

A hole of a phrase holds a value. What that may be, and what becomes of it in the translation, goes
by the hole's name: by HOLES, or by phrases of its own under that name (`msgctxt` in the file), as
`{got}` holds `string "5"`, which is a phrase too. It knows no error class and no page.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from framegate import po
from framegate.phrases.phrase import Phrase

FOLDER = Path(__file__).parent
ENGLISH = "en"
LANGUAGES = (ENGLISH, "zh")

SENTENCE_CHARACTERS_MAX = 2_000
"""More is nobody's sentence: a vendor's page of HTML, say. It is shown as it came."""

KEPT_MAX = 1_000
DEPTH_MAX = 4
"""Phrases within phrases: an upstream's name, what it said, why, and what that repeats."""

HOLES: Mapping[str, re.Pattern[str]] = {
    # Where a value stands at the edge of a phrase that has few words of its own, it is told from
    # other sentences by what it may be.
    "field": re.compile(r"[^\s;]+"),
    "number": re.compile(r"[0-9][0-9.,:x]*"),
    "upstream": re.compile(r"[\w.-]+"),
}


@dataclass(frozen=True)
class Book:
    """The phrases of one language: `phrases` by context, "" being whole sentences."""

    phrases: Mapping[str, tuple[Phrase, ...]]

    def phrase_of(self, sentence: str, *, context: str = "", depth: int = 0) -> str | None:
        """The sentence in the book's language; None when no phrase is its own."""
        if len(sentence) > SENTENCE_CHARACTERS_MAX or depth > DEPTH_MAX:
            return None
        for phrase in self.phrases.get(context, ()):
            values = phrase.values(sentence)
            if values is None:
                continue
            told = {name: self._value(name, value, depth + 1) for name, value in values.items()}
            said = {name: value for name, value in told.items() if value is not None}
            if len(said) == len(told):
                return phrase.filled(said)
        return None

    def _value(self, name: str, value: str, depth: int) -> str | None:
        """What stands in a hole, translated where it is words; None: it cannot stand there."""
        if name in HOLES:
            return value if HOLES[name].fullmatch(value) else None
        if name in _TELLING:
            return _TELLING[name](self, value, depth)
        return self.phrase_of(value, context=name, depth=depth) or value


_Telling = Callable[[Book, str, int], str | None]
_TELLING: Mapping[str, _Telling] = {
    # A sentence within a sentence: the first may be somebody else's, the second must be ours, and
    # so must the words for what a setting takes.
    "reason": lambda book, value, depth: book.phrase_of(value, depth=depth) or value,
    "known": lambda book, value, depth: book.phrase_of(value, depth=depth),
    # A few words of ours, or what the system says.
    "why": lambda book, value, depth: (
        book.phrase_of(value, context="why", depth=depth)
        or book.phrase_of(value, depth=depth)
        or value
    ),
    "kind": lambda book, value, depth: book.phrase_of(value, context="kind", depth=depth),
    # A list; Chinese has a comma for it.
    "names": lambda book, value, depth: (
        book.phrase_of(value, context="names", depth=depth) or value.replace(", ", "、")
    ),
}


def translated(sentence: str, language: str) -> str:
    """A sentence of ours in another language, or as it came where it is none of ours.

    sentence  in English, with its values: an error's message, a field's, a reason, a note
    language  one of LANGUAGES; English and languages without a book change nothing
    """
    return phrase_of(sentence, language) or sentence


@lru_cache(maxsize=KEPT_MAX)
def phrase_of(sentence: str, language: str) -> str | None:
    """As `translated`; None when there is no phrase for it, or the language is English."""
    if language == ENGLISH or language not in LANGUAGES or not sentence:
        return None
    return book_of(language).phrase_of(sentence)


@cache
def book_of(language: str) -> Book:
    """The book of one of LANGUAGES but English, read when it is first opened."""
    found: dict[str, list[Phrase]] = {}
    for path in sorted((FOLDER / language).glob("*.po")):
        for entry in po.entries(path.read_text(encoding="utf-8")):
            if entry.says:
                found.setdefault(entry.context, []).append(Phrase(entry.text, entry.says[0]))
    # Two phrases may fit one sentence; the one with more words of its own is it.
    return Book(
        {
            context: tuple(sorted(each, key=lambda phrase: -phrase.weight))
            for context, each in found.items()
        }
    )
