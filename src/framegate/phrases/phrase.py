"""One phrase: a sentence with holes, in English and in another language.

Matching is that of a file name with asterisks: each piece of the text is looked for once, from the
left, and the last one stands at the end. It takes time in proportion to the sentence, whatever is
in it; a regular expression with several holes would not, and a caller's words are in there.
"""

import re
from dataclasses import dataclass, field

_HOLE = re.compile(r"\{(\w+)\}")
# A Chinese character beside one that begins or ends a name, a number or what is quoted.
_BORDER = re.compile("[\u4e00-\u9fff][\\w\"'`\\[-]|[\\w\"'`\\]][\u4e00-\u9fff]", re.ASCII)


@dataclass(frozen=True)
class Phrase:
    """`text` in English and what it `says` in the other language; `{name}` is a hole in both."""

    text: str
    says: str
    pieces: tuple[str, ...] = field(init=False)
    names: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Take the text apart; both must have the same holes."""
        pieces = _HOLE.split(self.text)
        object.__setattr__(self, "pieces", tuple(pieces[::2]))
        object.__setattr__(self, "names", tuple(pieces[1::2]))
        if set(self.names) != set(_HOLE.findall(self.says)):
            raise ValueError(f"{self.text!r} and {self.says!r} do not have the same holes")

    @property
    def weight(self) -> int:
        """How many characters are its own."""
        return sum(map(len, self.pieces))

    def values(self, sentence: str) -> dict[str, str] | None:
        """What stands in the holes of this sentence, none of them empty; None: it is another one.

        A name that comes twice must have one value.
        """
        if not self.names:
            return {} if sentence == self.text else None
        first, *inner, last = self.pieces
        if not sentence.startswith(first) or not sentence.endswith(last):
            return None
        values: dict[str, str] = {}
        start, end = len(first), len(sentence) - len(last)
        for name, piece in zip(self.names, (*inner, None), strict=True):
            # A hole holds at least one character.
            stop = end if piece is None else sentence.find(piece, start + 1, end)
            if (
                stop <= start
                or values.setdefault(name, sentence[start:stop]) != sentence[start:stop]
            ):
                return None
            start = stop + len(piece or "")
        return values

    def filled(self, values: dict[str, str]) -> str:
        """The phrase in the other language, with its values; they are not read for holes again."""
        said = ""
        for place, part in enumerate(_HOLE.split(self.says)):
            said = _joined(said, values[part] if place % 2 else part)
        return said


def _joined(left: str, right: str) -> str:
    """A value may be a word of either script, and a space stands where the two meet."""
    border = left[-1:] + right[:1]
    return f"{left} {right}" if _BORDER.fullmatch(border) else left + right
