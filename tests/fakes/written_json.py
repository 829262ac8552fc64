"""JSON as other writers write it: spaces, escapes, odd numbers, any order; and where a value lies.

A seeded `random.Random` decides, so that one number names one body. The writer notes the span of
one value while it writes, which makes it an oracle that shares nothing with the reader under test.
"""

import json
from random import Random

WORDS = [
    "", "a", "contents", "settings", "options", "callback_url", "opt\u0131ons", "{", "}", "]", ",",
    ":", '"', "\\", '\\"', "\\u006f", "/", "\n", "\x00", "\x7f", "caf\u00e9", "\u732b",
    "\U0001f600", "\u2028", "\uff0c\uff1b", "a long one, with: {braces} and [brackets]",
]  # fmt: skip
NUMBERS = [
    "0", "-0", "-0.0", "1E5", "1e-7", "12.50", "5", "-17", "9223372036854775807", "0.1e+3",
]  # fmt: skip
SPACES = ["", "", "", "", " ", "\n", "\t", "\r\n  ", " \n\t\r "]
SHORT = {'"': '\\"', "\\": "\\\\", "/": "\\/", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
DEPTH_MAX = 5


class Number(str):
    """A number as it is written."""

    __slots__ = ()


def some_text(random):
    return "".join(random.choices(WORDS, k=random.randrange(3)))


def some_value(random, depth=0):
    """Any JSON value; `Number` stands for a number."""
    match random.randrange(8 if depth < DEPTH_MAX else 5):
        case 0 | 1:
            return some_text(random)
        case 2:
            return Number(random.choice(NUMBERS))
        case 3 | 4:
            return random.choice([None, True, False])
        case 5:
            return [some_value(random, depth + 1) for _ in range(random.randrange(4))]
        case _:
            return some_object(random, depth)


def some_object(random, depth=0):
    names = {some_text(random) for _ in range(random.randrange(4))}
    return {name: some_value(random, depth + 1) for name in sorted(names)}


class Writer:
    """Writes one document. `span` is where the value at `marked` lies, once it is written.

    marked  keys from the root; keys there may be escaped, as everywhere
    """

    def __init__(self, random: Random, *, marked=()):
        self._random = random
        self._marked = tuple(marked)
        self._bytes = bytearray()
        self.span = None

    def written(self, value):
        self._value(value, ())
        self._space()
        return bytes(self._bytes)

    def _value(self, value, path):
        self._space()
        start = len(self._bytes)
        if isinstance(value, Number):
            self._put(value)
        elif isinstance(value, str):
            self._string(value)
        elif isinstance(value, dict):
            self._all("{}", [(name, each) for name, each in value.items()], path)
        elif isinstance(value, list):
            self._all("[]", [(None, each) for each in value], path)
        else:
            self._put(json.dumps(value))
        if path == self._marked:
            self.span = start, len(self._bytes)
        self._space()

    def _all(self, brackets, entries, path):
        self._put(brackets[0])
        self._space()
        for index, (name, value) in enumerate(entries):
            if index:
                self._put(",")
            if name is None:
                self._value(value, (*path, index))
                continue
            self._space()
            self._string(name)
            self._space()
            self._put(":")
            self._value(value, (*path, name))
        self._put(brackets[1])

    def _string(self, text):
        escapes = self._random.random() < 0.5
        self._put('"' + "".join(self._character(each, escapes=escapes) for each in text) + '"')

    def _character(self, character, *, escapes):
        if escapes and self._random.random() < 0.3:
            units = character.encode("utf-16-be")
            spelt = "".join(
                f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2)
            )
            return spelt.upper().replace("\\U", "\\u") if self._random.random() < 0.5 else spelt
        if escapes and character in SHORT:
            return SHORT[character]
        return json.dumps(character, ensure_ascii=False)[1:-1]

    def _space(self):
        self._put(self._random.choice(SPACES))

    def _put(self, text):
        self._bytes += text.encode()


def shuffled(random, value):
    """The same object with its keys in another order, at the top."""
    names = list(value)
    random.shuffle(names)
    return {name: value[name] for name in names}
