import json

import jiter
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framegate.domain.strict_json import JSON_DEPTH_MAX, got, parse_object
from framegate.errors import BodyMalformed

NOT_UTF8 = "request body must be UTF-8 without a byte order mark"
TOO_DEEP = "request body must be nested at most 128 levels deep"
TOO_WIDE = "request body has an integer outside 64 bits"
SURROGATE = "request body has a lone surrogate in a string"


def complaint(body):
    with pytest.raises(BodyMalformed) as caught:
        parse_object(body)
    assert (caught.value.http_status, caught.value.code, caught.value.errors) == (400, 1200, ())
    return caught.value.message


def test_empty_body_is_named():
    assert complaint(b"") == "request body is empty; expected a JSON object"


@pytest.mark.parametrize(
    ("body", "got"),
    [
        (b"[]", "array"),
        (b"null", "null"),
        (b"true", "boolean true"),
        (b"-16", "integer -16"),
        (b"5.0", "number 5.0"),
        (b'"4k"', 'string "4k"'),
        (b'"https://a.example/x"', "string"),
    ],
)
def test_body_that_is_no_object_is_named(body, got):
    assert complaint(body) == f"request body must be a JSON object; got {got}"


@pytest.mark.parametrize(
    "body",
    [
        b"\xef\xbb\xbf{}",
        b"\xff\xfe{\x00}\x00",
        b'{"contents":"\xff"}',
        b'{"unknown":{"\xc3\x28":[1]}}',
        b'{"overlong":"\xc0\xaf"}',
        b'{"surrogate":"\xed\xa0\x80"}',
        b'{"beyond":"\xf4\x90\x80\x80"}',
        b"{}\xff",
        b"\xef\xbb\xbf",
    ],
)
def test_bytes_that_are_not_utf8_are_refused_wherever_they_stand(body):
    assert complaint(body) == NOT_UTF8


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"a":1 "b":2}', "expected ',' or '}' at byte 7"),
        (b"[1 2]", "expected ',' or ']' at byte 3"),
        (b'{"a" 1}', "expected ':' at byte 5"),
        (b'{"a":}', "expected value at byte 5"),
        (b'{"a":tru}', "expected value at byte 8"),
        (b"{a:1}", "key must be a string at byte 1"),
        (b"{'a':1}", "key must be a string at byte 1"),
        (b'{"a":1,}', "trailing comma at byte 7"),
        (b"[1,]", "trailing comma at byte 3"),
        (b"{} x", "trailing characters at byte 3"),
        (b"{}{}", "trailing characters at byte 2"),
        (b"{}\x00", "trailing characters at byte 2"),
        (b'{"a":NaN}', "expected value at byte 5"),
        (b'{"a":Infinity}', "expected value at byte 5"),
        (b'{"a":-Infinity}', "invalid number at byte 6"),
        (b'{"a":1e999}', "number out of range at byte 5"),
        (b'{"a":"1e999","b":[-1.5E+400]}', "number out of range at byte 18"),
        (b'{"\\"1e999":{"b":1e0309}}', "number out of range at byte 16"),
        (b"1e999", "number out of range at byte 0"),
        (b'{"a":' + b"9" * 400 + b".0}", "number out of range at byte 5"),
        (b'{"a":' + b"9" * 5000 + b".0}", "number out of range at byte 5"),
        (b'{"a":01}', "invalid number at byte 6"),
        (b'{"a":+1}', "expected value at byte 5"),
        (b'{"a":.5}', "expected value at byte 5"),
        (b'{"a":1.}', "invalid number at byte 7"),
        (b"// no\n{}", "expected value at byte 0"),
        (
            b'{"a":"\n"}',
            "control character (\\u0000-\\u001F) found while parsing a string at byte 6",
        ),
        (b'{\n"a": [\n1 x]}', "expected ',' or ']' at byte 11"),
        (b'{"\xe4\xb8\xad":x}', "expected value at byte 7"),
        (b'{"a":"\\x"}', "invalid escape at byte 7"),
        (b" ", "unexpected end at byte 1"),
        (b'{"a":', "unexpected end at byte 5"),
        (b'{"a":"x', "unexpected end at byte 7"),
        (b"[1,\n2", "unexpected end at byte 5"),
    ],
)
def test_reason_and_byte_of_broken_json_are_named(body, reason):
    assert complaint(body) == f"request body is not valid JSON: {reason}"


@pytest.mark.parametrize(
    ("body", "key"),
    [
        (b'{"duration":1,"duration":1}', '"duration"'),
        (b'{"settings":{"duration":3,"x":{},"duration":15}}', '"duration"'),
        (b'{"a":[{"b":{"c":1,"c":2}}]}', '"c"'),
        (b'{"a":1,"\\u0061":2}', '"a"'),
        (b'{"":1,"":2}', '""'),
        (b'{"a\\n\\"\\\\\\u001b":1,"a\\n\\"\\\\\\u001b":2}', '"a\\n\\"\\\\\\u001b"'),
        ('{"中́😀":1,"中́😀":2}'.encode(), '"中́😀"'),
        (b'{"%b":1,"%b":2}' % (b"k" * 50, b"k" * 50), f'"{"k" * 40}"'),
    ],
)
def test_key_that_comes_twice_is_named_however_it_is_spelled(body, key):
    assert complaint(body) == f"request body has the key {key} twice in one object"


def test_same_key_in_two_objects_is_no_duplicate():
    assert parse_object(b'{"a":{"a":[{"a":1},{"a":2}]}}') == {"a": {"a": [{"a": 1}, {"a": 2}]}}


def nested(depth, *, opening=b"[", closing=b"]"):
    """An object that holds arrays, `depth` levels in all."""
    return b'{"a":' + opening * (depth - 1) + closing * (depth - 1) + b"}"


def test_128_levels_are_read():
    assert parse_object(nested(JSON_DEPTH_MAX))


@pytest.mark.parametrize("depth", [JSON_DEPTH_MAX + 1, 199, 205, 100_000])
def test_129_levels_and_more_are_refused(depth):
    assert complaint(nested(depth)) == TOO_DEEP


def test_129_levels_of_objects_are_refused():
    assert complaint(b'{"a":' * 128 + b"{}" + b"}" * 128) == TOO_DEEP
    assert parse_object(b'{"a":' * 127 + b"{}" + b"}" * 127)


def test_depth_without_an_end_is_refused_without_a_crash():
    assert complaint(b'{"a":' * 100_000) == TOO_DEEP
    assert complaint(b"[" * 1_000_000) == TOO_DEEP


def test_many_brackets_side_by_side_are_not_depth():
    assert len(parse_object(b'{"a":[' + b"[]," * 999 + b"[]]}")["a"]) == 1_000


def test_brackets_in_strings_are_not_depth():
    assert parse_object(b'{"a":"' + b"[" * 500 + b'"}')


@pytest.mark.parametrize("number", [-(2**63), 2**63 - 1])
def test_widest_64_bit_integers_are_read(number):
    assert parse_object(b'{"a":[%d]}' % number) == {"a": [number]}


@pytest.mark.parametrize(
    "digits", [b"-9223372036854775809", b"9223372036854775808", b"1" + b"0" * 20, b"9" * 5_000]
)
@pytest.mark.parametrize(
    "around", [b'{"a":%b}', b'{"x":[{"y":"1"},%b]}', b'{"settings":{"duration":%b}}']
)
def test_wider_integers_are_refused_wherever_they_stand(around, digits):
    assert complaint(around % digits) == TOO_WIDE


@pytest.mark.parametrize("number", [b"1e308", b"-1.7976931348623157e308", b"5e-999", b"0e999"])
def test_number_within_a_double_is_read(number):
    assert str(parse_object(b'{"a":%b}' % number)["a"]) == number.decode()


@pytest.mark.parametrize(
    "text",
    [b"\\ud800", b"\\udc00", b"\\ud800\\ud800", b"\\ud800x", b"\\uDFFF\\uD800", b"\\ud800\\n"],
)
@pytest.mark.parametrize("around", [b'{"a":"%b"}', b'{"%b":1}', b'{"x":{"y":["z%bz"]}}'])
def test_lone_surrogate_is_refused_in_values_and_keys(around, text):
    assert complaint(around % text) == SURROGATE


def test_pair_of_surrogates_is_one_character():
    assert parse_object(b'{"a":"\\ud83d\\ude00"}') == {"a": "\U0001f600"}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"5.0", "number 5.0"),
        (b"1e1", "number 1e1"),
        (b"1E+1", "number 1E+1"),
        (b"1." + b"0" * 60, "number 1." + "0" * 38),
        (b"-9223372036854775808", "integer -9223372036854775808"),
        (b"false", "boolean false"),
        (b'""', 'string ""'),
        (b'"a\\"\\n\\u4e2d"', 'string "a\\"\\n中"'),
        (b'"%b"' % (b"x" * 41), f'string "{"x" * 40}"'),
        (b'"http://a.example"', "string"),
        (b'"DATA:image/png;base64,AAAA"', "string"),
        (b"{}", "object"),
    ],
)
def test_got_names_the_type_and_a_short_value(body, expected):
    assert got(jiter.from_json(body, float_mode="lossless-float")) == expected


@pytest.mark.parametrize("text", ["a cat", "猫", "https://a.example", "iVBOR/w0=", "w" * 41])
def test_got_keeps_what_may_be_a_prompt_or_a_url_to_itself(text):
    assert got(text, is_private=True) == "string"


def test_got_repeats_one_plain_word_even_there():
    assert got("first_frame", is_private=True) == 'string "first_frame"'


_scalars = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(max_size=8)
_values = st.recursive(
    _scalars,
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)


@settings(max_examples=40)
@given(st.dictionaries(st.text(max_size=8), _values), st.booleans(), st.sampled_from([None, 1]))
def test_every_strict_object_is_read_as_python_reads_it(value, ascii_only, indent):
    body = json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode()
    assert parse_object(body) == value


@given(
    st.binary(max_size=60) | st.text(alphabet='{}[]",:\\u0d8e1+-. \n', max_size=40).map(str.encode)
)
def test_any_bytes_are_an_object_or_a_named_refusal(body):
    try:
        answer = parse_object(body)
    except BodyMalformed as refusal:
        answer = refusal.message
    assert isinstance(answer, dict) or answer.startswith("request body ")
