"""The sibling's rules, and its rewrite: what is forwarded, byte for byte."""

import hashlib
import json
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.written_json import Writer, shuffled, some_object
from framegate.domain.text_to_video import parse_text_to_video
from framegate.errors import BodyMalformed, FieldsInvalid

EXAMPLES = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "data/text_to_video.rewrites.jsonl")
    .read_text(encoding="utf-8")
    .splitlines()
]
DEFAULTS = b'"settings":{"resolution":"720p","aspect_ratio":"16:9","duration":5}'
FILLED = {"resolution": "720p", "aspect_ratio": "16:9", "duration": 5}
NO_PROMPT = ("/prompt", "prompt is required, or contents with one prompt item")
ITEM = {"type": "prompt", "text": "a red kite"}


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def parse(body, **rules):
    raw = body if isinstance(body, bytes) else compact(body)
    return parse_text_to_video(raw, model="kling-3.0-turbo", **rules)


def errors_of(body, **rules):
    with pytest.raises(FieldsInvalid) as caught:
        parse(body, **rules)
    return [(error.path, error.message) for error in caught.value.errors]


# --- what is forwarded ------------------------------------------------------------------------


@pytest.mark.parametrize("example", EXAMPLES)
def test_example_of_the_contract_comes_out_as_given(example):
    assert parse(compact(example["in"])).forwarded == compact(example["out"])


@pytest.mark.parametrize(
    ("body", "forwarded"),
    [
        ('{"prompt":"x"}', '{"prompt":"x",DEFAULTS}'),
        # An escape in a prompt that needs no change stays an escape.
        ('{ "prompt" : "\\u0078\\/" }', '{ "prompt" : "\\u0078\\/",DEFAULTS }'),
        ('{"pr\\u006fmpt":"\\uff0c"}', '{"pr\\u006fmpt":",",DEFAULTS}'),
        ('{"prompt":"，；：。！「，」"}', '{"prompt":",;:。！「,」",DEFAULTS}'),
        (
            '{"c\\u006fntents":[{"text":"，","type":"prompt"}] , "x":1}',
            '{"x":1,"prompt":",",DEFAULTS}',
        ),
        (
            '{"x":"，", "contents":[], "prompt":"x", "y":{"prompt":"，"}}',
            '{"x":"，", "prompt":"x", "y":{"prompt":"，"},DEFAULTS}',
        ),
        # Not even judged beside a prompt.
        ('{"prompt":"x","contents":7}', '{"prompt":"x",DEFAULTS}'),
        (
            '{"prompt":"x","settings":{}}',
            '{"prompt":"x","settings":{"resolution":"720p","aspect_ratio":"16:9","duration":5}}',
        ),
        (
            '{"prompt":"x","settings":{ "aspect_ratio" : "1:1" }}',
            '{"prompt":"x","settings":{ "aspect_ratio" : "1:1","resolution":"720p","duration":5 }}',
        ),
        (
            '{"settings":{"duration":15,"resolution":"1080p","aspect_ratio":"9:16"},"prompt":"x"}',
            '{"settings":{"duration":15,"resolution":"1080p","aspect_ratio":"9:16"},"prompt":"x"}',
        ),
    ],
)
def test_three_things_are_rewritten_and_nothing_else(body, forwarded):
    expected = forwarded.replace("DEFAULTS", DEFAULTS.decode())
    assert parse(body.encode()).forwarded.decode() == expected


def test_a_body_that_needs_nothing_is_forwarded_as_the_very_same_bytes():
    body = compact({"prompt": "x", "settings": FILLED, "x": [1.5, "，"]})
    assert parse(body).forwarded is body


@settings(max_examples=2_000, deadline=None)
@given(seed=st.integers(min_value=0, max_value=2**48))
def test_the_forwarded_body_says_the_same_but_for_the_rewrite(seed):
    random = Random(seed)
    prompt = "".join(random.choices('，；：,;: \u732b\\"a', k=random.randrange(1, 9)))
    ours = {name: value for name, value in FILLED.items() if random.random() < 0.5}
    value = {name: each for name, each in some_object(random).items() if name not in KNOWN}
    value |= {"options": {"watermark_info": some_object(random)}}
    if random.random() < 0.5:
        value["contents"] = [{"type": "prompt", "text": prompt}]
    if "contents" not in value or random.random() < 0.5:
        value["prompt"] = prompt
    if random.random() < 0.7:
        value["settings"] = ours
    body = Writer(random).written(shuffled(random, value))

    submission = parse(body)

    expected = json.loads(body)
    expected.pop("contents", None)
    expected["prompt"] = prompt.translate(str.maketrans("，；：", ",;:"))
    expected["settings"] = FILLED
    assert json.loads(submission.forwarded) == expected
    assert len(expected["prompt"]) == len(prompt)
    assert submission.prompt == expected["prompt"]
    assert submission.body is body


KNOWN = {"contents", "settings", "options", "prompt"}


# --- the facts --------------------------------------------------------------------------------


def test_facts_are_read_from_the_callers_own_bytes():
    body = compact(
        {
            "prompt": "a，b",
            "settings": {"duration": 8, "resolution": "1080p"},
            "options": {"external_task_id": "biz-1", "callback_url": "https://a.example/cb"},
        }
    )
    submission = parse(body)
    assert (submission.kind, submission.model) == ("text-to-video", "kling-3.0-turbo")
    assert submission.body is body
    assert submission.body_sha256 == hashlib.sha256(body).hexdigest()
    assert (submission.prompt, submission.first_frame_url) == ("a,b", "")
    facts = (submission.resolution, submission.aspect_ratio, submission.duration_s)
    assert facts == ("1080p", "16:9", 8)
    assert (submission.external_task_id, submission.callback_url) == (
        "biz-1",
        "https://a.example/cb",
    )


def test_an_empty_external_id_is_absent():
    assert parse({"prompt": "x", "options": {"external_task_id": ""}}).external_task_id is None


@pytest.mark.parametrize("text", ["x", "x" * 3072, "\U0001f600" * 3072, "，" * 3072])
def test_a_prompt_of_1_to_3072_code_points_passes_either_way(text):
    assert len(parse({"prompt": text}).prompt) == len(text)
    assert len(parse({"contents": [ITEM | {"text": text}]}).prompt) == len(text)


# --- what is refused --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({}, [NO_PROMPT]),
        ({"contents": []}, [NO_PROMPT, ("/contents", "contents must hold at least 1 item; got 0")]),
        (
            {"contents": None},
            [NO_PROMPT, ("/contents", "contents must be an array; got null")],
        ),
        ({"prompt": ""}, [("/prompt", "prompt must be 1 to 3072 characters long; got 0")]),
        (
            {"prompt": "x" * 3073},
            [("/prompt", "prompt must be 1 to 3072 characters long; got 3073")],
        ),
        ({"prompt": None}, [("/prompt", "prompt must be a string; got null")]),
        ({"prompt": ["x"]}, [("/prompt", "prompt must be a string; got array")]),
        # A bad prompt is never replaced by contents.
        (
            {"prompt": 7, "contents": [ITEM]},
            [("/prompt", "prompt must be a string; got integer 7")],
        ),
        (
            {"contents": [{"type": "first_frame", "url": "https://a.example/"}]},
            [
                (
                    "/contents/0/type",
                    'contents[0].type must be prompt for text-to-video; got string "first_frame"',
                )
            ],
        ),
        (
            {"contents": [ITEM | {"text": ""}]},
            [("/contents/0/text", "contents[0].text must be 1 to 3072 characters long; got 0")],
        ),
        (
            {"contents": [ITEM | {"text": "x" * 3073}]},
            [("/contents/0/text", "contents[0].text must be 1 to 3072 characters long; got 3073")],
        ),
        (
            {"contents": [{"type": "prompt"}]},
            [("/contents/0/text", "contents[0].text is required for a prompt item")],
        ),
        (
            {"contents": [ITEM | {"text": 1}]},
            [("/contents/0/text", "contents[0].text must be a string; got integer 1")],
        ),
        (
            {"contents": [{"text": "x"}]},
            [("/contents/0/type", "contents[0].type is required: prompt")],
        ),
        (
            {"contents": [ITEM | {"url": "x"}]},
            [
                (
                    "/contents/0/url",
                    'contents[0] has an unknown field "url"; a prompt item takes type, text',
                )
            ],
        ),
        ({"contents": [1]}, [("/contents/0", "contents[0] must be an object; got integer 1")]),
        (
            {"contents": [ITEM, ITEM, ITEM]},
            [("/contents/1", "contents must hold at most one prompt item; got 3")],
        ),
        (
            {"Prompt": "x", "prompt": "x"},
            [("/Prompt", 'field "Prompt" differs from "prompt" only by letter case')],
        ),
    ],
)
def test_each_broken_rule_is_named(body, errors):
    assert errors_of(body) == errors


def test_violations_stand_in_the_order_of_the_contract():
    body = {
        "SETTINGS": 1,
        "options": {"z": 1, "external_task_id": 1, "callback_url": 1},
        "settings": {"z": 1, "duration": 5.0, "resolution": 1},
        "contents": [ITEM, 1, {"y": 1, "type": "prompt"}],
    }
    assert [path for path, _ in errors_of(body)] == [
        *("/contents/1", "/contents/2/text", "/contents/2/y", "/contents/2"),
        *("/settings/resolution", "/settings/duration", "/settings/z"),
        *("/options/callback_url", "/options/external_task_id", "/options/z", "/SETTINGS"),
    ]


def test_at_most_100_violations_are_told():
    assert len(errors_of(b'{"contents":[' + b"1," * 300_000 + b"1]}")) == 100


def test_denied_field_and_allowed_address_are_the_operators_here_too():
    rules = {"denied_fields": frozenset({"model_name"})}
    assert errors_of({"prompt": "x", "model_name": 1}, **rules) == [
        ("/model_name", 'field "model_name" is not accepted at the top level')
    ]
    body = {"prompt": "x", "options": {"callback_url": "http://127.0.0.1:18999/hook"}}
    assert errors_of(body) == [
        ("/options/callback_url", "options.callback_url must be a public address")
    ]
    assert parse(body, allowed_addresses=frozenset({"127.0.0.1:18999"}))


@pytest.mark.parametrize(
    "body",
    [
        b'{"prompt":"x","contents":[{"a":1,"a":2}]}',
        b'{"prompt":"x","contents":NaN}',
        b'{"prompt":"x","prompt":"y"}',
        b'{"prompt":"\\ud800"}',
    ],
)
def test_the_json_layer_holds_for_what_is_ignored_too(body):
    with pytest.raises(BodyMalformed):
        parse(body)
