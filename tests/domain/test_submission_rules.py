import json

import pytest

from framegate.domain.submission import parse_image_to_video
from framegate.errors import FieldsInvalid

URL = "https://cdn.example.com/frames/harbour-1280x720.jpg"
FRAME = {"type": "first_frame", "url": URL}
PROMPT = {"type": "prompt", "text": "waves"}

NO_FRAME = ("/contents", "contents must include at least one first_frame item")
NOT_ABSOLUTE = "must be an absolute http or https URL; got string"


def errors_of(body):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    with pytest.raises(FieldsInvalid) as caught:
        parse_image_to_video(raw, model="kling-3.0-turbo")
    return [(error.path, error.message) for error in caught.value.errors]


ONE_BROKEN_RULE = [
    # any item
    ([FRAME, None], "/contents/1", "contents[1] must be an object; got null"),
    (
        [FRAME, "first_frame"],
        "/contents/1",
        'contents[1] must be an object; got string "first_frame"',
    ),
    ([FRAME, URL], "/contents/1", "contents[1] must be an object; got string"),
    ([FRAME, "a cat runs"], "/contents/1", "contents[1] must be an object; got string"),
    ([FRAME, []], "/contents/1", "contents[1] must be an object; got array"),
    ([FRAME, {}], "/contents/1/type", "contents[1].type is required: prompt or first_frame"),
    (
        [FRAME, {"text": "x"}],
        "/contents/1/type",
        "contents[1].type is required: prompt or first_frame",
    ),
    (
        [FRAME, {"type": "last_frame", "url": URL, "x": 1}],
        "/contents/1/type",
        'contents[1].type must be one of prompt, first_frame; got string "last_frame"',
    ),
    (
        [FRAME, {"type": "First_Frame"}],
        "/contents/1/type",
        'contents[1].type must be one of prompt, first_frame; got string "First_Frame"',
    ),
    (
        [FRAME, {"type": None}],
        "/contents/1/type",
        "contents[1].type must be one of prompt, first_frame; got null",
    ),
    (
        [FRAME, {"type": ["prompt"]}],
        "/contents/1/type",
        "contents[1].type must be one of prompt, first_frame; got array",
    ),
    (
        [FRAME, {"type": "x" * 41}],
        "/contents/1/type",
        f'contents[1].type must be one of prompt, first_frame; got string "{"x" * 40}"',
    ),
    # first_frame
    (
        [{"type": "first_frame"}],
        "/contents/0/url",
        "contents[0].url is required for a first_frame item",
    ),
    ([FRAME | {"url": None}], "/contents/0/url", "contents[0].url must be a string; got null"),
    ([FRAME | {"url": [URL]}], "/contents/0/url", "contents[0].url must be a string; got array"),
    ([FRAME | {"url": ""}], "/contents/0/url", f"contents[0].url {NOT_ABSOLUTE}"),
    (
        [FRAME | {"url": "data:image/png;base64,AA"}],
        "/contents/0/url",
        f"contents[0].url {NOT_ABSOLUTE}",
    ),
    ([FRAME | {"url": "https:///x"}], "/contents/0/url", "contents[0].url must name a host"),
    (
        [FRAME | {"url": "https://a..b/"}],
        "/contents/0/url",
        "contents[0].url host is not a valid name",
    ),
    (
        [FRAME | {"url": "https://u:p@a.example/"}],
        "/contents/0/url",
        "contents[0].url must not hold a user name or password",
    ),
    (
        [FRAME | {"url": URL + " "}],
        "/contents/0/url",
        "contents[0].url must not hold spaces or control characters",
    ),
    (
        [FRAME | {"url": "http://0x7f.1/"}],
        "/contents/0/url",
        "contents[0].url must be a public address",
    ),
    (
        [FRAME | {"a/b~c": 1}],
        "/contents/0/a~1b~0c",
        'contents[0] has an unknown field "a/b~c"; a first_frame item takes type, url',
    ),
    (
        [FRAME | {"text": "x"}],
        "/contents/0/text",
        'contents[0] has an unknown field "text"; a first_frame item takes type, url',
    ),
    # prompt
    (
        [FRAME, {"type": "prompt"}],
        "/contents/1/text",
        "contents[1].text is required for a prompt item",
    ),
    (
        [FRAME, PROMPT | {"text": 5}],
        "/contents/1/text",
        "contents[1].text must be a string; got integer 5",
    ),
    (
        [FRAME, PROMPT | {"text": ""}],
        "/contents/1/text",
        "contents[1].text must be 1 to 2500 characters long; got 0",
    ),
    (
        [FRAME, PROMPT | {"text": "\U0001f600" * 2501}],
        "/contents/1/text",
        "contents[1].text must be 1 to 2500 characters long; got 2501",
    ),
    (
        [FRAME, PROMPT | {"url": URL}],
        "/contents/1/url",
        'contents[1] has an unknown field "url"; a prompt item takes type, text',
    ),
    ([PROMPT, FRAME, PROMPT], "/contents/2", "contents must hold at most one prompt item; got 2"),
    (
        [PROMPT, PROMPT, FRAME, PROMPT],
        "/contents/1",
        "contents must hold at most one prompt item; got 3",
    ),
]


@pytest.mark.parametrize(("contents", "path", "message"), ONE_BROKEN_RULE)
def test_broken_rule_of_contents_is_the_only_error(contents, path, message):
    assert errors_of({"contents": contents}) == [(path, message)]


@pytest.mark.parametrize(
    ("body", "second"),
    [
        ({}, "contents is required"),
        ({"contents": None}, "contents must be an array; got null"),
        ({"contents": FRAME}, "contents must be an array; got object"),
        ({"contents": URL}, "contents must be an array; got string"),
        ({"contents": "first_frame"}, 'contents must be an array; got string "first_frame"'),
        ({"contents": True}, "contents must be an array; got boolean true"),
        ({"contents": []}, "contents must hold at least 1 item; got 0"),
    ],
)
def test_contents_that_cannot_hold_a_frame_break_two_rules(body, second):
    assert errors_of(body) == [NO_FRAME, ("/contents", second)]


@pytest.mark.parametrize("contents", [[PROMPT], [PROMPT | {"text": "x" * 2500}]])
def test_prompt_alone_lacks_a_first_frame(contents):
    assert errors_of({"contents": contents}) == [NO_FRAME]
