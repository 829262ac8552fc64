"""Edits of a JSON body that leave every other byte as it came.

The text-to-video rewrite and the upstreams' opt-in replacements call it, always with a body that
`strict_json` has accepted: valid JSON in UTF-8, no key twice, so that every path names one place.
It reads only as far as the place of the edit and serialises nothing but the new value; it knows no
field by name.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

# Every repetition is possessive (`*+`): none gives back what it took, so that no run of spaces or
# backslashes can make a search quadratic. Nesting is counted, never recursed into.
_SPACE = rb"[ \t\n\r]*+"
_STRING_FORM = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_STRING = re.compile(_STRING_FORM, re.DOTALL)
_SCALAR = re.compile(rb"[^ \t\n\r,\]}]++")
_KEY = re.compile(
    rb"%b(,?+)%b(%b)%b:%b" % (_SPACE, _SPACE, _STRING_FORM, _SPACE, _SPACE), re.DOTALL
)
_COMMA = re.compile(rb"%b,%b" % (_SPACE, _SPACE))
_BRACKET = re.compile(rb'[^"\[\]{}]*+(?:([\[{])|([\]}])|%b)' % _STRING_FORM, re.DOTALL)
_OPENING, _CLOSING = 1, 2


class _Member(NamedTuple):
    """Where one member of an object stands, in offsets of bytes.

    after   the end of what stands before it: the brace, or the value of the member before

    A tuple, because a body may hold a hundred thousand of them and each is looked at once.
    """

    is_first: bool
    after: int
    key_start: int
    key_end: int
    value_start: int
    end: int


def value_replaced(body: bytes, *path: str, by: str) -> bytes:
    """The body with one string value replaced; every byte outside that value stays.

    path     keys from the root, unescaped: "options", "callback_url"
    by       the new value, unescaped; it is written compactly
    returns  the very same body where nothing stands at the path, or no string, or an empty one:
             an absent or empty value is never spliced in
    source   contract rules 38 to 40
    """
    member = _found(body, path)
    if member is None or body[member.value_start : member.value_start + 1] != b'"':
        return body
    if member.end - member.value_start == len(b'""'):
        return body
    return b"".join((body[: member.value_start], _written(by), body[member.end :]))


def member_removed(body: bytes, *path: str) -> bytes:
    """The body without one member and the comma that tied it to its neighbour.

    returns  the very same body where nothing stands at the path
    """
    member = _found(body, path)
    if member is None:
        return body
    if not member.is_first:
        return body[: member.after] + body[member.end :]
    comma = _COMMA.match(body, member.end)
    return body[: member.key_start] + body[comma.end() if comma else member.end :]


def members_inserted(body: bytes, *path: str, members: Mapping[str, Any]) -> bytes:
    """The body with more members, the last of their object, in their order, written compactly.

    path     keys from the root to the object, unescaped; it is there
    members  unescaped keys and anything that JSON can write. None of the keys is in the object
             yet: two equal ones would mean two things to two readers
    returns  the very same body for no members
    """
    if not members:
        return body
    parent = _object_at(body, path)
    assert parent is not None, "the object around new members is there"
    end, is_first = parent + 1, True
    for member in _members(body, parent):
        assert _name(body, member) not in members, "a member is inserted once"
        end, is_first = member.end, False
    written = b",".join(_written(name) + b":" + _written(members[name]) for name in members)
    return b"".join((body[:end], b"" if is_first else b",", written, body[end:]))


def _written(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _found(body: bytes, path: tuple[str, ...]) -> _Member | None:
    """The member at the path; None where there is none."""
    *around, name = path
    parent = _object_at(body, tuple(around))
    return None if parent is None else _member(body, parent, name)


def _object_at(body: bytes, path: tuple[str, ...]) -> int | None:
    """The offset of the brace that opens the object at the path; None where none stands."""
    start = body.index(b"{")
    for name in path:
        member = _member(body, start, name)
        if member is None or body[member.value_start : member.value_start + 1] != b"{":
            return None
        start = member.value_start
    return start


def _member(body: bytes, start: int, name: str) -> _Member | None:
    members = _members(body, start)
    return next((member for member in members if _name(body, member) == name), None)


def _members(body: bytes, start: int) -> Iterator[_Member]:
    """Every member of the object whose brace stands at `start`, in the order sent."""
    after = start + 1
    while key := _KEY.match(body, after):
        end = _value_end(body, key.end())
        yield _Member(
            is_first=not key[1],
            after=after,
            key_start=key.start(2),
            key_end=key.end(2),
            value_start=key.end(),
            end=end,
        )
        after = end


def _name(body: bytes, member: _Member) -> str:
    """The member's key, unescaped."""
    key = body[member.key_start : member.key_end]
    # A key without an escape is read as it stands; the others are rare.
    name: str = json.loads(key) if b"\\" in key else key[1:-1].decode()
    return name


def _value_end(body: bytes, start: int) -> int:
    opening = body[start : start + 1]
    if opening in (b"{", b"["):
        return _bracket_end(body, start)
    token = (_STRING if opening == b'"' else _SCALAR).match(body, start)
    assert token is not None, "strict_json has read this body"
    return token.end()


def _bracket_end(body: bytes, start: int) -> int:
    """The end of the array or object that opens at `start`; brackets inside strings are passed."""
    depth = 0
    for token in _BRACKET.finditer(body, start):
        if token.lastindex == _OPENING:
            depth += 1
        elif token.lastindex == _CLOSING:
            depth -= 1
            if depth == 0:
                return token.end()
    raise AssertionError("strict_json has read this body")
