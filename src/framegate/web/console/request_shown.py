"""A body of JSON for a person's eyes: laid out and coloured, as it was sent, and as a command.

What is shown is cut where it is long; the exact bytes are a file away. Nothing is changed that
matters: keys keep their order, and the bytes stand beside the layout.
"""

import json
import re
from dataclasses import dataclass
from itertools import islice
from typing import Any

SHOWN_CHARACTERS_MAX = 20_000
TOKENS_MAX = 4_000

# A string and the colon behind it make a name; the rest of the text is left as it stands.
_TOKEN = re.compile(
    r'(?P<name>"(?:[^"\\]|\\.)*")(?=\s*:)|(?P<text>"(?:[^"\\]|\\.)*")'
    r"|(?P<word>\b(?:true|false|null)\b)|(?P<number>-?\d[\d.eE+-]*)"
)


@dataclass(frozen=True)
class Shown:
    """Pieces of text with their kind ("" for plain), and whether some were left out."""

    pieces: tuple[tuple[str, str], ...]
    is_cut: bool


def laid_out(content: bytes | Any) -> Shown:
    """JSON with a line a member.

    content  bytes, or what was already read from them; bytes that are no JSON are shown as text
    """
    return _coloured(_indented(content))


def as_sent(content: bytes) -> Shown:
    """The bytes as text, nothing added and nothing taken away."""
    return _coloured(content.decode("utf-8", "replace"))


def curl(content: bytes, *, url: str) -> str:
    """The create as a command that runs as pasted; the key comes from the environment.

    A body that is not short text is read from the file that the page offers beside it.
    """
    head = (
        f"curl {_quoted(url)} \\\n"
        '  -H "Authorization: Bearer $FRAMEGATE_KEY" -H "Content-Type: application/json" \\\n'
    )
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = ""
    is_short = text and len(text) <= SHOWN_CHARACTERS_MAX and "\0" not in text
    # Unlike -d, it keeps the line breaks: the bytes stay what they were.
    return f"{head}  --data-binary {_quoted(text) if is_short else '@request.json'}"


def _indented(content: bytes | Any) -> str:
    if not isinstance(content, bytes):
        return json.dumps(content, indent=2, ensure_ascii=False)
    try:
        return json.dumps(json.loads(content), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return content.decode("utf-8", "replace")


def _coloured(text: str) -> Shown:
    shown, pieces, at = text[:SHOWN_CHARACTERS_MAX], [], 0
    for found in islice(_TOKEN.finditer(shown), TOKENS_MAX):
        pieces.append(("", shown[at : found.start()]))
        pieces.append((str(found.lastgroup), found.group()))
        at = found.end()
    pieces.append(("", shown[at:]))
    return Shown(
        pieces=tuple(piece for piece in pieces if piece[1]),
        is_cut=len(text) > SHOWN_CHARACTERS_MAX,
    )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
