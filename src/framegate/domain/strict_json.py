"""The JSON that framegate reads: one object, one meaning, or a refusal.

The request parsers of `domain` call it first, before any field rule. Whatever two JSON readers
could understand differently (a key twice, NaN, a number beyond its type, half a surrogate pair) is
refused here, because the bytes go upstream verbatim and must mean there what they were priced as.
It knows no field, no size limit and no media type: the web edge judges those.
"""

import json
import math
import re
from collections.abc import Iterator
from typing import Any

import jiter

from framegate.errors import BodyMalformed

JSON_DEPTH_MAX = 128
"""Levels of arrays and objects, the root being the first."""

JSON_INTEGER_MIN = -(2**63)
JSON_INTEGER_MAX = 2**63 - 1

SHOWN_CHARACTERS_MAX = 40
"""How much of a caller's own key or value a message repeats."""

# An integer can only leave 64 bits with 19 digits in a row, and a number can only leave a double
# with that or with an exponent of three digits. One pass over the bytes (every digit becomes 0,
# every e or E an e, all else a blank, `+` vanishes) spares nearly every body a walk over its
# values; a hit inside a string costs that walk and nothing else. A regex takes seven times longer.
_SHAPES = bytes(
    b"0"[0] if byte in b"0123456789" else b"e"[0] if byte in b"eE" else b" "[0]
    for byte in range(256)
)
_LONG_DIGITS, _LONG_EXPONENT = b"0" * 19, b"e000"
_NUMBER_OR_STRING = re.compile(
    rb'"[^"\\]*(?:\\.[^"\\]*)*"|-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?', re.DOTALL
)
_COMPLAINT = re.compile(r"(.*) at line (\d+) column (\d+)", re.DOTALL)
_KEY_TWICE = re.compile(r'Detected duplicate key "(.*)"', re.DOTALL)
_RUST_ESCAPE = re.compile(r"\\(?:u\{([0-9a-f]+)\}|(.))", re.DOTALL)
_RUST_LETTERS = {"n": "\n", "r": "\r", "t": "\t", "0": "\0"}


def parse_object(body: bytes) -> dict[str, Any]:
    """The object that `body` spells.

    returns  str, int, bool, None, dict and list as usual; a number with a fraction or an exponent
             comes as jiter.LosslessFloat, whose str() is the text as the caller wrote it
    raises   BodyMalformed, with the exact sentences of the source
    source   contract rules 2 and 51
    """
    if not body:
        raise BodyMalformed("request body is empty; expected a JSON object")
    _check_utf8(body)
    try:
        # Strings are not cached: prompts and URLs hardly repeat, and need not stay in memory.
        value = jiter.from_json(
            body,
            allow_inf_nan=False,
            cache_mode="keys",
            catch_duplicate_keys=True,
            float_mode="lossless-float",
        )
    except ValueError as exc:
        raise _refusal(str(exc), body) from exc
    if _may_be_too_deep(body) or _may_overflow(body):
        _check_values(value, body)
    if not isinstance(value, dict):
        raise BodyMalformed(f"request body must be a JSON object; got {got(value)}")
    return value


def got(value: Any, *, is_private: bool = False) -> str:
    """What a message says that it got: the JSON type, then the value where short and harmless.

    is_private  the value stands where only a URL or a prompt text can be meant: a string is then
                repeated only if it is one plain word
    source      GOT in the head of the contract
    """
    if isinstance(value, str):
        return _got_string(value, is_private=is_private)
    if isinstance(value, jiter.LosslessFloat):
        return f"number {str(value)[:SHOWN_CHARACTERS_MAX]}"
    if value is None or isinstance(value, list | dict):
        return {type(None): "null", list: "array", dict: "object"}[type(value)]
    # What is left is a bool or an int; a bool is an int too, so it is asked for.
    return f"boolean {json.dumps(value)}" if isinstance(value, bool) else f"integer {value}"


def quoted(text: str) -> str:
    """The text as a JSON string, cut after 40 characters, for use inside a message."""
    return json.dumps(text[:SHOWN_CHARACTERS_MAX], ensure_ascii=False)


_PLAIN_WORD = re.compile(r"[\w.:-]*", re.ASCII)


def _got_string(text: str, *, is_private: bool) -> str:
    is_word = len(text) <= SHOWN_CHARACTERS_MAX and _PLAIN_WORD.fullmatch(text)
    if (is_private and not is_word) or "://" in text or text[:5].casefold() == "data:":
        return "string"
    return f"string {quoted(text)}"


def _check_utf8(body: bytes) -> None:
    try:
        # Python's decoder refuses overlong forms and encoded surrogates too.
        text = body.decode("utf-8")
    except UnicodeDecodeError as exc:
        raise BodyMalformed("request body must be UTF-8 without a byte order mark") from exc
    if text[0] == "\ufeff":
        raise BodyMalformed("request body must be UTF-8 without a byte order mark")


# --- what jiter accepts and we do not ---------------------------------------------------------


def _may_be_too_deep(body: bytes) -> bool:
    return body.count(b"{") + body.count(b"[") > JSON_DEPTH_MAX


def _may_overflow(body: bytes) -> bool:
    shape = body.translate(_SHAPES, b"+")
    return _LONG_DIGITS in shape or _LONG_EXPONENT in shape


def _check_values(value: Any, body: bytes) -> None:
    """Walk without recursion: jiter stops at about 200 levels, Python's own limit is not ours."""
    level, depth = [value], 0
    while level:
        depth += 1
        children: list[Any] = []
        for item in level:
            _check_number(item, body)
            if isinstance(item, dict):
                children.extend(item.values())
            elif isinstance(item, list):
                children.extend(item)
            else:
                continue
            if depth > JSON_DEPTH_MAX:
                raise _too_deep()
        level = children


def _check_number(item: Any, body: bytes) -> None:
    if isinstance(item, jiter.LosslessFloat):
        if math.isinf(float(item)):
            raise _invalid("number out of range", _overflow_at(body))
    elif isinstance(item, int) and not JSON_INTEGER_MIN <= item <= JSON_INTEGER_MAX:
        raise _integer_too_wide()


def _overflow_at(body: bytes) -> int:
    """Where the first number stands that overflows a double; the body is known to be JSON."""
    numbers = (token for token in _numbers(body) if math.isinf(float(token[0])))
    return next((token.start() for token in numbers), 0)


def _numbers(body: bytes) -> Iterator[re.Match[bytes]]:
    return (token for token in _NUMBER_OR_STRING.finditer(body) if token[0][:1] != b'"')


# --- jiter's complaints in our words ----------------------------------------------------------


def _refusal(complaint: str, body: bytes) -> BodyMalformed:
    reason, offset = _split(complaint, body)
    if twice := _KEY_TWICE.fullmatch(reason):
        key = _RUST_ESCAPE.sub(_unescaped, twice[1])
        return BodyMalformed(f"request body has the key {quoted(key)} twice in one object")
    if reason == "number out of range":
        return _number_refusal(body, offset)
    if reason.startswith("EOF while parsing"):
        return _invalid("unexpected end", len(body))
    if reason in _NAMED_REFUSALS:
        return _NAMED_REFUSALS[reason]()
    words = "expected value" if reason == "expected ident" else reason.replace("`", "'")
    return _invalid(words, offset)


def _number_refusal(body: bytes, offset: int) -> BodyMalformed:
    """After 4,300 digits jiter stops inside a number; its whole text says which kind it is."""
    for token in _numbers(body):
        if token.end() >= offset:
            is_integer = token[0].lstrip(b"-").isdigit()
            return (
                _integer_too_wide()
                if is_integer
                else _invalid("number out of range", token.start())
            )
    return _integer_too_wide()


def _split(complaint: str, body: bytes) -> tuple[str, int]:
    """What jiter complains of, and where, in bytes from 0."""
    matched = _COMPLAINT.fullmatch(complaint)
    if matched is None:
        return "unreadable", 0
    return matched[1], _offset(body, line=int(matched[2]), column=int(matched[3]))


def _offset(body: bytes, *, line: int, column: int) -> int:
    """A line and column of jiter, counted from 1, as an offset in bytes, counted from 0."""
    start = 0
    for _ in range(line - 1):
        start = body.index(b"\n", start) + 1
    return max(start + column - 1, 0)


def _unescaped(escape: re.Match[str]) -> str:
    if escape[1]:
        return chr(int(escape[1], 16))
    return _RUST_LETTERS.get(escape[2], escape[2])


def _invalid(reason: str, offset: int) -> BodyMalformed:
    return BodyMalformed(f"request body is not valid JSON: {reason} at byte {offset}")


def _too_deep() -> BodyMalformed:
    return BodyMalformed(f"request body must be nested at most {JSON_DEPTH_MAX} levels deep")


def _integer_too_wide() -> BodyMalformed:
    return BodyMalformed("request body has an integer outside 64 bits")


def _lone_surrogate() -> BodyMalformed:
    return BodyMalformed("request body has a lone surrogate in a string")


_NAMED_REFUSALS = {
    "recursion limit exceeded": _too_deep,
    # What jiter says of an escaped half of a surrogate pair: a low one, a high one.
    "lone leading surrogate in hex escape": _lone_surrogate,
    "unexpected end of hex escape": _lone_surrogate,
}
