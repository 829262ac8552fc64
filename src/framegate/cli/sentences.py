"""Sentences that the command line repeats and did not write, in the reader's language.

Somebody else puts the values in before we see them, so each is known by its shape: what stands in
`{...}` is a value, and is looked up too, since it may be a sentence itself. Usage errors of typer
are here; what settings, this machine and a gateway say is in the phrase book, which the console
reads too.
"""

import re
from functools import cache
from string import Formatter

from framegate import phrases
from framegate.cli.language import ENGLISH, Sentence, _, language, marked

USAGE = (
    marked("No such command {name}."),
    marked("No such command {name}. Did you mean {names}?"),
    marked("No such option: {option} (Possible options: {options})"),
    marked("No such option: {option}"),
    marked("Missing command."),
    marked("Missing argument {name}."),
    marked("Missing option {name}."),
    marked("Option {option} requires an argument."),
    marked("Option {option} does not take a value."),
    marked("Got unexpected extra argument(s) ({arguments})"),
    marked("Invalid value for {option}: {why}"),
    marked("{value} is not one of {choices}."),
    marked("Input should be a valid integer, unable to parse string as an integer"),
    marked("Unable to parse input string as an integer, exceeded maximum size"),
    marked("Input should be a valid number, unable to parse string as a number"),
    marked("Input should be a finite number"),
    marked("Input should be greater than or equal to {limit}"),
    marked("Input should be less than or equal to {limit}"),
)
"""What typer says of a command line; the last ones are pydantic's, which reads the values."""

STEPS = (
    marked(
        "copy it anew into FRAMEGATE_KEY or --key; the operator makes another with: framegate keys "
        "create --account NAME"
    ),
    marked("set FRAMEGATE_KEY, or give --key; its operator makes one"),
    marked("give --key or FRAMEGATE_KEY, or run where {path} can be read"),
    marked("give one like {url} with --url or FRAMEGATE_URL"),
    marked("ask for the task again, its answer has a fresh link: framegate tasks get ID"),
    marked("let it end: framegate tasks watch ID; nothing was changed"),
    marked("do not send it again; follow it with: framegate tasks watch ID"),
    marked("it goes on: follow it with framegate tasks watch {task}"),
)
"""What the client advises, without what only a caller of its library can do."""

PYTHON = re.compile(r",? or client\.\w+\([^)]*\)(\.\w+)?|,? (or )?(key|url)=(?=[ ;]|$)")
"""What such advice says to that caller alone."""

DEPTH_MAX = 4
"""Sentences within sentences: the option, its value, and why."""


class Repeated(Sentence):
    """Somebody else's sentence, as a value in one of ours."""

    __slots__ = ()

    def spoken(self) -> str:
        """The sentence in the reader's language, where we know it."""
        return spoken(str(self))


def spoken(sentence: str, *, depth: int = 0) -> str:
    """The sentence in the reader's language, or as it came where nobody has translated it."""
    if isinstance(sentence, Sentence):
        return sentence.spoken()
    if language() == ENGLISH or depth > DEPTH_MAX:
        return sentence
    return _known(sentence, depth) or phrases.translated(sentence, language())


def in_commands(step: str) -> str:
    """A step that the client advises, as one says it to somebody who types commands."""
    return PYTHON.sub("", step.replace(", --key or key=", " or --key"))


def _known(sentence: str, depth: int) -> str | None:
    for text in (*USAGE, *STEPS):
        # Most are told apart by how they begin, without a pattern.
        if sentence.startswith(text.partition("{")[0]):
            found = _pattern(text).fullmatch(sentence)
            if found is not None:
                values = {
                    name: spoken(value, depth=depth + 1)
                    for name, value in found.groupdict().items()
                }
                return _(text, **values)
    return None


@cache
def _pattern(text: str) -> re.Pattern[str]:
    pieces = []
    for literal, name, _spec, _conversion in Formatter().parse(text):
        pieces.append(re.escape(literal))
        if name:
            # A value is short; the first one that fits is taken.
            pieces.append(f"(?P<{name}>.+?)")
    return re.compile("".join(pieces), re.DOTALL)
