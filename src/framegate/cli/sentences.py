"""Sentences that the command line repeats and did not write, in the reader's language.

Somebody else puts the values in before we see them, so each is known by its shape: what stands in
`{...}` is a value, and is looked up too, since it may be a sentence itself. Usage errors of typer
and what settings and this machine say are here; what a gateway says is in the phrase book, which
the console reads too.
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

SETTINGS = (
    marked("{setting}: {path} cannot be read: {why}"),
    marked("{path} cannot be read: {why}"),
    marked("{path} is not valid TOML: {why}"),
    marked("{path}: {name} must be a table"),
    marked('{path}: write {number} as a string, "{text}"'),
    marked("{name} is not a setting; sections: {sections}"),
    marked("{name} is not a setting; fields: {fields}"),
    marked("{name} is not a setting; it names no field of an upstream"),
    marked("{name} is not a setting; {place} takes {fields}"),
    marked("{name} is missing; it is {takes}"),
    marked("{name}: prices are set in framegate.toml only"),
    marked("{name} must be {takes}; got {got}"),
    marked("a whole number from {low} to {high}"),
    marked("one of {choices}"),
    marked("a table; each value is {takes}"),
    marked("a list of strings"),
    marked("true or false"),
    marked("a string"),
    marked('a string such as "0.112", with at most 6 decimals'),
    marked('a string such as "1.5", below 1000 and with at most 3 decimals'),
    marked('three capitals such as "USD"'),
    marked("something else"),
    marked("a date or a time"),
    marked("{setting}: {path} is not a text file"),
    marked("{setting}: {path} is empty"),
    marked("prices: one gateway has one currency; got {currencies}"),
    marked("upstreams: at least one is needed"),
    marked("{setting} must begin with http:// or https:// and name a host"),
    marked("outbound.allow takes host:port pairs; got {got}"),
    marked("upstreams.{name}: access_key and secret_key come together"),
    marked(
        "upstreams.{name}: access_key and secret_key alone cannot create kling-3.0-turbo tasks; "
        "set api_key too (the pair is good for the account's costs)"
    ),
    marked("upstreams.{name}: kind kling needs base_url and api_key"),
    marked("prices.{model}: {why}"),
    marked("a price factor must be from 0 to 1000"),
    marked("the price of a second is out of bounds"),
    marked("{origin} must be {number} hexadecimal digits"),
    marked("observability.traces needs packages that are not installed: pip install '{extra}'"),
)
"""What `framegate.settings` says, and who reads a setting further down."""

MACHINE = (
    marked("another framegate works on {folder}; stop it, or start this one with --no-work"),
    marked(
        "cannot listen on {address} ({why}); stop what listens there, or choose another address "
        "with --host and --port"
    ),
    marked(
        "this process may open {files} files and needs at least {needed}; raise the limit "
        "(ulimit -n, or LimitNOFILE of a service)"
    ),
    marked("data.database: this version keeps SQLite only, as {example}; got {kind}:"),
    marked(
        "the database was written by a newer framegate (its tables are at {step}); start that "
        "version, or another data folder"
    ),
    marked("{path} holds no key; remove it, and a new one is made"),
    marked("data.dir: {folder} cannot be made: {why}"),
    marked("data.dir: {folder} is not writable by this user"),
    marked("{path} is not readable as a database: {why}"),
    marked("{amount} is not a decimal number"),
    marked("{amount} has more than {number} decimals"),
    marked("{amount} is beyond {limit}"),
    marked("[Errno {number}] {why}: {path}"),
    marked("[Errno {number}] {why}"),
    marked("No such file or directory"),
    marked("Permission denied"),
    marked("Is a directory"),
    marked("Not a directory"),
    marked("Address already in use"),
    marked("Cannot assign requested address"),
    marked("Name or service not known"),
    marked("No space left on device"),
    marked("Read-only file system"),
    marked("file is not a database"),
    marked("renders here"),
)
"""What a start, a look by `doctor` and an amount can run into; the system's own words among it."""

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
"""Sentences within sentences: the option, its value, why, and what the system says."""


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
    for text in (*USAGE, *SETTINGS, *MACHINE, *STEPS):
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
