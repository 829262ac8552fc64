"""Translations as translators keep them: gettext's `.po` files, read as they are.

Nothing is compiled into the repository, and a command must not wait for a compiler to be loaded:
this reads what `tools/words.py` writes, with the standard library alone. The console, the command
line and the phrase book call it; it knows no text and chooses no language.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from gettext import NullTranslations
from pathlib import Path

Texts = Mapping[str, tuple[str, ...]]
"""Each English text, with its translation, or its plural forms in the order of their numbers."""

_LINE = re.compile(r'(?:(msgctxt|msgid_plural|msgid|msgstr)(?:\[(\d+)\])?\s+)?"(.*)"')
_ESCAPE = re.compile(r"\\(.)")
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r"}


class Translations(NullTranslations):
    """What gettext's own class does with a compiled file; a text that is not there stays English.

    Of plural forms the first is taken: our languages other than English have one.
    """

    def __init__(self, texts: Texts) -> None:
        super().__init__()
        self._texts = texts

    def gettext(self, message: str) -> str:
        """The translation."""
        found = self._texts.get(message)
        return found[0] if found else message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """The translation of what is counted."""
        found = self._texts.get(msgid1)
        return found[0] if found else super().ngettext(msgid1, msgid2, n)


@cache
def translations(folder: Path) -> NullTranslations:
    """Every `.po` file of a folder, as one; English has no folder and needs none.

    raises   ValueError with the file and the line that cannot be read
    """
    texts: dict[str, tuple[str, ...]] = {}
    for path in sorted(folder.glob("*.po")):
        try:
            texts.update(read(path.read_text(encoding="utf-8")))
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error
    return Translations(texts)


@dataclass(frozen=True)
class Entry:
    """One text, and what it says in the other language; `says` is empty where nobody has said it.

    `context` tells apart what is one text in English and two in the other language.
    """

    context: str
    text: str
    says: tuple[str, ...]


def read(text: str) -> dict[str, tuple[str, ...]]:
    """The translations of one file without a context; what a translator has left open is left out.

    raises   ValueError with the line that is no line of such a file
    """
    return {each.text: each.says for each in entries(text) if each.says and not each.context}


def entries(text: str) -> Iterator[Entry]:
    """Everything of one file but its header and what is marked fuzzy, open texts too.

    raises   ValueError with the line that is no line of such a file
    """
    for lines in _entries(text):
        entry = _entry(lines)
        forms = tuple(entry[key] for key in sorted(entry) if key.startswith("msgstr"))
        if entry.get("msgid"):
            says = forms if all(forms) else ()
            yield Entry(entry.get("msgctxt", ""), entry["msgid"], says)


def _entries(text: str) -> Iterator[list[str]]:
    """The lines of each; after a translation, a comment or a new text begins the next."""
    lines: list[str] = []
    is_whole = False
    for line in filter(None, text.split("\n")):
        if is_whole and line.startswith(("#", "msgctxt ", "msgid ")):
            yield lines
            lines, is_whole = [], False
        lines.append(line)
        is_whole = is_whole or line.startswith("msgstr")
    yield lines


def _entry(lines: Sequence[str]) -> dict[str, str]:
    """What stands under `msgid`, `msgstr`, `msgstr0` and so on; nothing for a fuzzy one."""
    if any(line.startswith("#,") and "fuzzy" in line for line in lines):
        return {}
    entry: dict[str, str] = {}
    key = ""
    for line in lines:
        if line.startswith("#"):
            continue
        said = _LINE.fullmatch(line)
        if said is None or not (said[1] or key):
            raise ValueError(f"this is no line of a .po file: {line}")
        if said[1]:
            key = said[1] + (said[2] or "")
            entry[key] = ""
        entry[key] += _ESCAPE.sub(lambda each: _ESCAPED.get(each[1], each[1]), said[3])
    return entry
