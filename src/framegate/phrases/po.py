"""Reading a .po file, as far as the phrase book writes one: contexts, texts, comments, no plurals.

Babel reads them too, and a test compares; but the command line reads one for every refusal in
Chinese, and Babel takes longer to import than such a command runs.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass

_KEYWORDS = ("msgctxt", "msgid", "msgstr")


@dataclass(frozen=True)
class Entry:
    """One text and what it says in the other language; "" where nobody has translated it."""

    context: str
    text: str
    says: str


def read(content: str) -> Iterator[Entry]:
    """Every entry of a file's text.

    raises   ValueError with the line, for one that is neither a comment nor a part of an entry
    """
    fields: dict[str, str] = {}
    keyword = ""
    for number, line in enumerate(content.splitlines(), 1):
        first, _, rest = line.strip().partition(" ")
        if not first or first.startswith("#"):
            continue
        if first in _KEYWORDS:
            if first in fields or (first == "msgctxt" and fields):
                yield _entry(fields)
                fields = {}
            keyword = first
        elif not first.startswith('"') or not keyword:
            raise ValueError(f"line {number} is no part of an entry: {line[:80]}")
        quoted = rest if first in _KEYWORDS else line.strip()
        # The escapes of both kinds of file that come up are those of JSON.
        fields[keyword] = fields.get(keyword, "") + str(json.loads(quoted))
    if fields:
        yield _entry(fields)


def _entry(fields: dict[str, str]) -> Entry:
    return Entry(
        context=fields.get("msgctxt", ""), text=fields["msgid"], says=fields.get("msgstr", "")
    )
