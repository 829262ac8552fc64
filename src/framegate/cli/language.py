"""The language in which the command line speaks to people: Chinese or English, by the locale.

English stands in the code and is what JSON, logs and other languages get. The Chinese is in
`words/zh`, one file a module, which `tools/words.py` brings up to what the code says.
"""

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self, TextIO

from framegate import po

ENGLISH, CHINESE = "en", "zh"
FOLDER = Path(__file__).with_name("words")

LOCALE_NAMES = ("LC_ALL", "LC_MESSAGES", "LANG")
"""The first that is set is the locale, as gettext and POSIX have it."""

NO_LANGUAGE = {"C", "POSIX"}
"""Locales that ask for the program's own words, whatever LANGUAGE says: scripts rely on it."""


def language(environment: Mapping[str, str] = os.environ) -> str:
    """ENGLISH or CHINESE.

    The order is gettext's: LANGUAGE, a list of which the first that we speak wins, then the locale.
    Where the terminal's encoding has no Chinese it is English: a question mark helps nobody.
    """
    wished = next(filter(None, map(_spoken, _wishes(environment))), ENGLISH)
    can_be_written = all(map(_has_chinese, (sys.stdout, sys.stderr)))
    return wished if can_be_written else ENGLISH


def _wishes(environment: Mapping[str, str]) -> Iterator[str]:
    locale = next(filter(None, (environment.get(name) for name in LOCALE_NAMES)), "")
    if locale.partition(".")[0] not in NO_LANGUAGE:
        yield from environment.get("LANGUAGE", "").split(":")
        yield locale


def _spoken(locale: str) -> str:
    """Of `zh_CN.UTF-8` the language, where we speak it."""
    found = locale.lower().replace("-", "_").partition("_")[0].partition(".")[0]
    return found if found in {ENGLISH, CHINESE} else ""


def _has_chinese(stream: TextIO | None) -> bool:
    try:
        "中".encode(getattr(stream, "encoding", None) or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def marked(text: str) -> str:
    """Mark a text for the translators that is said later, by `_`."""
    return text


def _(text: str, /, **values: Any) -> str:
    """Say a text in the reader's language, with its values in their places, as `str.format` does.

    A text without values is said as it stands: its braces are braces.
    """
    chosen = language()
    said = text if chosen == ENGLISH else po.translations(FOLDER / chosen).gettext(text)
    return said.format(**values) if values else said


class Sentence(str):
    """An English sentence, for JSON, that can be said in the reader's language too."""

    __slots__ = ("_text", "_values")
    _text: str
    _values: dict[str, Any]

    def __new__(cls, text: str, /, **values: Any) -> Self:
        """Put the values in their places. The text is marked for the translators."""
        sentence = super().__new__(cls, text.format(**values) if values else text)
        sentence._text, sentence._values = text, values
        return sentence

    def spoken(self) -> str:
        """The sentence in the reader's language."""
        values = {
            name: value.spoken() if isinstance(value, Sentence) else value
            for name, value in self._values.items()
        }
        return _(self._text, **values)
