"""Where lines of Chinese end. rich breaks at spaces alone, and cuts off a sentence without any."""

from typing import Any

from rich.cells import cell_len
from rich.containers import Lines
from rich.highlighter import Highlighter as Highlights
from rich.text import Text

from framegate.cli.language import ENGLISH, language

NOT_FIRST = frozenset("，。；：、！？）》】”’…%,.;:!?)]}")
"""No line begins with one of these."""

NOT_LAST = frozenset("（《【“‘([{")
"""And none ends with one of these."""


class Highlighter(Highlights):
    """Every text of a help page goes through typer's highlighter, and so through this one."""

    def __init__(self, usual: Highlights) -> None:
        self._usual = usual

    def highlight(self, text: Text) -> None:
        """Colour the options, as typer does."""
        self._usual.highlight(text)

    def __call__(self, text: str | Text) -> Text:
        """The text in its colours, with lines that end as its language has it."""
        coloured = super().__call__(text)
        return coloured if language() == ENGLISH else ChineseText().append_text(coloured)


class ChineseText(Text):
    """A text that breaks between any two Chinese characters, as Chinese is set."""

    def wrap(self, console: Any, width: int, **options: Any) -> Lines:
        """The lines of a text that is to be at most so many cells wide."""
        if options.get("no_wrap") or self.no_wrap:
            return super().wrap(console, width, **options)
        lines = Lines()
        for line in self.split(allow_blank=True):
            for piece in line.divide(breaks(line.plain, width)):
                piece.rstrip_end(width)
                lines.append(piece)
        return lines


def breaks(text: str, width: int) -> list[int]:
    """The places in a line at which the next one begins, so that none is wider than `width`."""
    places: list[int] = []
    start, allowed, cells = 0, 0, 0
    for place, character in enumerate(text):
        if place > start and _may_break(text[place - 1], character):
            allowed = place
        cells += cell_len(character)
        # A space may hang over the end: nobody sees it.
        while cells > width and place > start and not character.isspace():
            start = allowed if allowed > start else place
            places.append(start)
            cells = cell_len(text[start : place + 1])
    return places


def _may_break(before: str, after: str) -> bool:
    if after.isspace() or after in NOT_FIRST or before in NOT_LAST:
        return False
    return before.isspace() or _is_wide(before) or _is_wide(after)


def _is_wide(character: str) -> bool:
    return cell_len(character) > 1
