"""Splices are compared with where an independent writer knows the value to lie."""

import json
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.written_json import Writer, shuffled, some_object, some_text, some_value
from framegate.domain.splice import member_inserted, member_removed, value_replaced
from framegate.domain.strict_json import JSON_DEPTH_MAX, parse_object

OURS = 'https://gw.example.com/callbacks/\u732b?a=1&b="2"\\'
SEEDS = st.integers(min_value=0, max_value=2**48)
MIB = 1 << 20


def read(body):
    """The value, with numbers as they are spelt: -0.0 is not 0.0 here."""
    return json.loads(
        body, parse_int=lambda text: ("#", text), parse_float=lambda text: ("#", text)
    )


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def document(seed, *, value):
    """A random body with `value` at a random path, at most four keys deep."""
    random = Random(seed)
    path = [f"{some_text(random)}{step}" for step in range(random.randrange(1, 5))]
    for name in reversed(path):
        value = shuffled(random, some_object(random, depth=2) | {name: value})
    writer = Writer(random, marked=path)
    return writer.written(value), tuple(path), writer


def at(value, path):
    for name in path:
        value = value[name]
    return value


@settings(max_examples=3_500, deadline=None)
@given(seed=SEEDS, old=st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=8))
def test_every_byte_outside_a_replaced_value_stays(seed, old):
    body, path, writer = document(seed, value=old)
    start, end = writer.span
    assert value_replaced(body, *path, by=OURS) == body[:start] + compact(OURS) + body[end:]


@settings(max_examples=2_000, deadline=None)
@given(seed=SEEDS)
def test_a_replaced_value_is_all_that_a_reader_finds_changed(seed):
    body, path, _ = document(seed, value="old")
    spliced = value_replaced(body, *path, by=OURS)
    before, after = read(body), read(spliced)
    at(before, path[:-1])[path[-1]] = OURS
    assert after == before
    assert list(at(after, path[:-1])) == list(at(before, path[:-1]))
    parse_object(spliced)


@settings(max_examples=1_000, deadline=None)
@given(seed=SEEDS)
def test_what_is_absent_or_no_string_is_left_alone(seed):
    body, path, _ = document(seed, value=Random(seed).choice(["", None, [], {}, True]))
    assert value_replaced(body, *path, by=OURS) is body
    assert value_replaced(body, *path, "deeper", by=OURS) is body
    assert value_replaced(body, *path[:-1], "absent", by=OURS) is body


@settings(max_examples=2_000, deadline=None)
@given(seed=SEEDS)
def test_a_removed_member_is_all_that_a_reader_misses(seed):
    body, path, writer = document(seed, value=some_value(Random(seed + 1)))
    removed = member_removed(body, *path)
    expected = read(body)
    del at(expected, path[:-1])[path[-1]]
    assert read(removed) == expected
    start, end = writer.span
    # What is gone is the value, its key, and at most one comma and the space around them.
    gone = len(body) - len(removed)
    assert gone >= end - start + len('"":')
    assert is_kept_around(body, removed, gone)


def is_kept_around(body, removed, gone):
    """The edit is one cut: some prefix and the rest of the suffix make the body without it."""
    kept = next(
        (at for at, (a, b) in enumerate(zip(body, removed, strict=False)) if a != b), len(removed)
    )
    return any(
        body[:at] + body[at + gone :] == removed for at in range(max(0, kept - gone), kept + 1)
    )


@settings(max_examples=1_500, deadline=None)
@given(seed=SEEDS)
def test_an_inserted_member_is_the_last_one_and_nothing_else_moves(seed):
    inside = some_object(Random(seed + 1))
    body, path, _ = document(seed, value=inside)
    grown = member_inserted(body, *path, "new\n", value={"n": [1, "\u732b"]})
    written = b'"new\\n":{"n":[1,"%b"]}' % "\u732b".encode()
    if inside:
        written = b"," + written
    assert grown.count(written) == 1
    assert grown.replace(written, b"") == body
    expected = read(body)
    at(expected, path)["new\n"] = {"n": [("#", "1"), "\u732b"]}
    assert read(grown) == expected
    assert list(at(read(grown), path))[-1] == "new\n"


@pytest.mark.parametrize(
    ("body", "spliced"),
    [
        (b'{"options":{"callback_url":"u"}}', b'{"options":{"callback_url":"x"}}'),
        (b'{"\\u006fptions":{"callback\\u005furl":"u"}}',
         b'{"\\u006fptions":{"callback\\u005furl":"x"}}'),
        (b'{ "a":"\\"options\\":{}", "options" : { "callback_url" : "\\u0075" } } \n',
         b'{ "a":"\\"options\\":{}", "options" : { "callback_url" : "x" } } \n'),
        # The words in another place are no path.
        (b'{"callback_url":"u","options":{}}', b'{"callback_url":"u","options":{}}'),
        (b'{"x":{"options":{"callback_url":"u"}}}', b'{"x":{"options":{"callback_url":"u"}}}'),
        (b'{"x":[{"options":1}],"options":{"y":"callback_url","callback_url":"u"}}',
         b'{"x":[{"options":1}],"options":{"y":"callback_url","callback_url":"x"}}'),
    ],
)  # fmt: skip
def test_a_value_is_found_by_its_path_however_it_is_spelt(body, spliced):
    assert value_replaced(body, "options", "callback_url", by="x") == spliced


@pytest.mark.parametrize(
    ("body", "removed"),
    [
        (b'{"a":1}', b"{}"),
        (b'{ "a" : 1 }', b"{  }"),
        (b'{"a":[{"a":2}] , "b":2}', b'{"b":2}'),
        (b'{"b":2 , "a":"}"}', b'{"b":2}'),
        (b'{"b":2,"a":{},"c":3}', b'{"b":2,"c":3}'),
        (b'{"b":{"a":1}}', b'{"b":{"a":1}}'),
    ],
)
def test_a_member_goes_with_one_comma(body, removed):
    assert member_removed(body, "a") == removed


@pytest.mark.parametrize(
    ("body", "grown"),
    [
        (b"{}", b'{"a":5}'),
        (b"{ }", b'{"a":5 }'),
        (b'{"b":{} }\n', b'{"b":{},"a":5 }\n'),
    ],
)
def test_a_member_comes_last(body, grown):
    assert member_inserted(body, "a", value=5) == grown


def test_a_member_that_is_there_is_never_inserted_twice():
    with pytest.raises(AssertionError):
        member_inserted(b'{"\\u0061":1}', "a", value=5)


DEEP = b'{"x":' * (JSON_DEPTH_MAX - 3) + b"[[]]" + b"}" * (JSON_DEPTH_MAX - 3)


@pytest.mark.parametrize(
    "filling",
    [
        DEEP,
        b'"' + b'\\"' * (MIB // 2) + b'"',
        b'"' + b"\\\\" * (MIB // 2) + b'"',
        b"[" + b"[]," * (MIB // 3) + b"0]",
        b"{" + b" " * MIB + b"}",
        b"[" + b'"[{",' * (MIB // 5) + b"1]",
        b"1" + b" " * MIB,
    ],
    ids=["deep", "quotes", "backslashes", "brackets", "spaces", "strings", "space"],
)
def test_the_largest_bodies_are_read_once_through(filling):
    body = b'{"filling":%b,"options":{"callback_url":"u"}}' % filling
    spliced = value_replaced(body, "options", "callback_url", by="x")
    assert spliced == body[: -len('"u"}}')] + b'"x"}}'
    assert member_removed(body, "filling") == b'{"options":{"callback_url":"u"}}'


def test_a_path_of_every_depth_is_followed():
    names = [f"x{level}" for level in range(JSON_DEPTH_MAX)]
    body = "".join(f'{{"{name}":' for name in names).encode() + b'"u"' + b"}" * JSON_DEPTH_MAX
    assert value_replaced(body, *names, by="x") == body.replace(b'"u"', b'"x"')
