"""The languages of the console: English as it stands in the templates, the others from `words/`.

The `.po` files, one a page, are read when a language is first asked for: a translator changes text
files, and nothing is compiled into the repository. `tools/words.py` brings them up to what the
templates say.
"""

from gettext import NullTranslations
from pathlib import Path

from starlette.requests import Request

from framegate import po

ENGLISH = "en"
LANGUAGES = {ENGLISH: "English", "zh": "中文"}
TAGS = {ENGLISH: "en", "zh": "zh-CN"}
"""What stands in `<html lang>`."""

COOKIE = "framegate_language"
FOLDER = Path(__file__).with_name("words")
# Of a header that a person's browser sends; more is nobody's list of languages.
ACCEPT_CHARACTERS_MAX = 500


def translations(language: str) -> NullTranslations:
    """The texts of one of LANGUAGES; English needs none."""
    return NullTranslations() if language == ENGLISH else po.translations(FOLDER / language)


def language_of(request: Request) -> str:
    """The language that this browser chose, else the one that it asks for, else English."""
    chosen = request.cookies.get(COOKIE, "")
    if chosen in LANGUAGES:
        return chosen
    return _best(request.headers.get("accept-language", "")[:ACCEPT_CHARACTERS_MAX])


def _best(accept: str) -> str:
    """The first language of the header that we speak, by its weights (RFC 9110, 12.5.4)."""
    asked = []
    for place, part in enumerate(accept.split(",")):
        tag, _, weight = part.partition(";")
        asked.append((-_weight(weight), place, tag.strip().lower().partition("-")[0]))
    for minus_weight, _, language in sorted(asked):
        if language in LANGUAGES and minus_weight < 0:
            return language
    return ENGLISH


def _weight(text: str) -> float:
    name, _, value = text.strip().partition("=")
    try:
        return float(value) if name == "q" else 1.0
    except ValueError:
        return 0.0
