import hashlib
import json
from pathlib import Path

import pytest

from framegate.domain.submission import parse_image_to_video
from framegate.errors import BodyMalformed, FieldsInvalid

MODEL = "kling-3.0-turbo"
URL = "https://cdn.example.com/frames/harbour-1280x720.jpg"
FRAME = {"type": "first_frame", "url": URL}
PROMPT = {"type": "prompt", "text": "waves"}
EXAMPLES = (
    (Path(__file__).parents[1] / "data/image_to_video.examples.jsonl").read_bytes().splitlines()
)

NO_FRAME = ("/contents", "contents must include at least one first_frame item")


def parse(body, **rules):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return parse_image_to_video(raw, model=MODEL, **rules)


def errors_of(body, **rules):
    with pytest.raises(FieldsInvalid) as caught:
        parse(body, **rules)
    refusal = caught.value
    assert (refusal.http_status, refusal.code) == (400, 1201)
    assert refusal.message == refusal.errors[0].message
    return [(error.path, error.message) for error in refusal.errors]


def with_fields(**fields):
    return {"contents": [FRAME], **fields}


# --- what passes ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "facts"),
    [
        (0, ("", "720p", "16:9", 5, None, None)),
        (1, ("The character slowly turns", "720p", "16:9", 5, None, None)),
        (2, ("", "720p", "9:16", 5, None, None)),
        (3, ("Camera slowly zooms in, su", "1080p", "16:9", 5, None, None)),
        (
            4,
            (
                "Subject walks forward conf",
                "1080p",
                "9:16",
                10,
                "https://your-server.com/webhook/kling",
                "biz-img2v-20240623-001",
            ),
        ),
        (5, ("Flower petals gently swayi", "720p", "1:1", 5, None, None)),
    ],
)
def test_example_of_the_page_is_accepted_byte_for_byte(number, facts):
    body = EXAMPLES[number]
    submission = parse(body)
    assert submission.body == body
    assert submission.body_sha256 == hashlib.sha256(body).hexdigest()
    assert submission.model == MODEL
    assert submission.first_frame_url == json.loads(body)["contents"][0]["url"]
    assert facts == (
        submission.prompt[:26],
        submission.resolution,
        submission.aspect_ratio,
        submission.duration_s,
        submission.callback_url,
        submission.external_task_id,
    )


def test_page_has_six_examples():
    assert len(EXAMPLES) == 6


def test_absent_settings_are_priced_as_defaults_and_not_filled_into_the_body():
    submission = parse(b'{"contents":[{"type":"first_frame","url":"%b"}]}' % URL.encode())
    assert (submission.resolution, submission.aspect_ratio, submission.duration_s) == (
        "720p",
        "16:9",
        5,
    )
    assert b"720p" not in submission.body


def test_bytes_are_kept_with_their_spaces_escapes_and_order():
    frame = b'{"url":"https:\\/\\/a.example\\/\\u0041","type":"first_frame"}'
    body = b' {"x_trace" : 1E2,\r\n"contents":[%b] }\n' % frame
    submission = parse(body)
    assert (submission.body, submission.first_frame_url) == (body, "https://a.example/A")


def test_prompt_may_stand_before_the_frame():
    submission = parse({"contents": [PROMPT, FRAME]})
    assert (submission.prompt, submission.first_frame_url) == ("waves", URL)


def test_first_of_two_frames_is_the_one_that_counts():
    other = FRAME | {"url": "https://cdn.example.com/other.jpg"}
    assert parse({"contents": [FRAME, other]}).first_frame_url == URL


@pytest.mark.parametrize("duration", [3, 4, 14, 15])
def test_every_whole_second_from_3_to_15_passes(duration):
    assert parse(with_fields(settings={"duration": duration})).duration_s == duration


@pytest.mark.parametrize(
    "text", ["x", "x" * 2500, "\U0001f600" * 2500, "猫" * 2500, "\n", "e\u0301" * 1250]
)
def test_prompt_of_1_to_2500_code_points_passes(text):
    assert parse({"contents": [FRAME, PROMPT | {"text": text}]}).prompt == text


@pytest.mark.parametrize(
    "fields",
    [
        {"settings": {}},
        {"options": {}},
        {"options": {"watermark_info": {}}},
        {"options": {"watermark_info": {"enabled": [1, {"x": None}], "type": "deep"}}},
        {"options": {"external_task_id": "\U0001f600 / ~ \\u0000"}},
        {"options": {"callback_url": "http://localhost:9/"}},
        {"x_trace": None, "model": "other", "duration": 99, "callback_url": 1, "": {}},
        {"content": [], "setting": 1, "option": 2},
        {"\uff53ettings": 1},
    ],
)
def test_optional_and_unknown_top_level_fields_pass(fields):
    assert parse(with_fields(**fields)).duration_s == 5


def test_empty_external_task_id_counts_as_absent():
    assert parse(with_fields(options={"external_task_id": ""})).external_task_id is None


# --- order, number, and what an operator adds -------------------------------------------------


def test_several_violations_come_at_once_as_in_the_contract():
    body = {
        "contents": [{"type": "last_frame", "url": URL}],
        "settings": {"audio": True, "duration": "5"},
    }
    assert errors_of(body) == [
        NO_FRAME,
        (
            "/contents/0/type",
            'contents[0].type must be one of prompt, first_frame; got string "last_frame"',
        ),
        ("/settings/duration", 'settings.duration must be an integer from 3 to 15; got string "5"'),
        (
            "/settings/audio",
            'settings has an unknown field "audio"; it takes resolution, aspect_ratio, duration',
        ),
    ]


def test_violations_stand_in_the_order_of_the_contract_not_of_the_body():
    body = {
        "Settings": 1,
        "options": {"z": 1, "a": 1, "watermark_info": 1, "external_task_id": 1, "callback_url": 1},
        "settings": {"z": 1, "duration": 1, "aspect_ratio": 1, "resolution": 1, "a": 1},
        "contents": [PROMPT, {"y": 1, "type": "prompt", "x": 1}, 1, {}],
        "OPTIONS": 1,
    }
    assert [path for path, _ in errors_of(body)] == [
        *("/contents", "/contents/1/text", "/contents/1/y", "/contents/1/x"),
        *("/contents/2", "/contents/3/type", "/contents/1"),
        *("/settings/resolution", "/settings/aspect_ratio", "/settings/duration"),
        *("/settings/z", "/settings/a"),
        *("/options/callback_url", "/options/external_task_id", "/options/watermark_info"),
        *("/options/z", "/options/a", "/Settings", "/OPTIONS"),
    ]


@pytest.mark.parametrize(("items", "count"), [(98, 99), (99, 100), (100, 100), (300_000, 100)])
def test_at_most_100_violations_are_told(items, count):
    body = b'{"contents":[' + b"1," * (items - 1) + b"1]}"
    errors = errors_of(body)
    assert len(errors) == count
    assert errors[-1][0] == f"/contents/{count - 2}"


def test_flood_of_unknown_fields_is_cut_too():
    many = {f"x{n}": 1 for n in range(50_000)}
    assert len(errors_of(with_fields(settings=many, options=many))) == 100


def test_long_field_name_is_cut_in_the_message_and_whole_in_the_path():
    name = "n" * 100
    assert errors_of(with_fields(settings={name: 1})) == [
        (
            f"/settings/{name}",
            (
                f'settings has an unknown field "{"n" * 40}";'
                " it takes resolution, aspect_ratio, duration"
            ),
        )
    ]


@pytest.mark.parametrize("name", ["duration", "Duration", "DURATION", "model_name"])
def test_denied_top_level_field_is_refused_in_any_letter_case(name):
    rules = {"denied_fields": frozenset({"duration", "model_name"})}
    assert errors_of(with_fields(**{name: 5}), **rules) == [
        (f"/{name}", f'field "{name}" is not accepted at the top level')
    ]


def test_denied_name_is_free_inside_settings():
    rules = {"denied_fields": frozenset({"duration"})}
    assert parse(with_fields(settings={"duration": 7}), **rules).duration_s == 7


def test_allowed_address_passes_in_both_urls():
    frame = FRAME | {"url": "http://127.0.0.1:18999/a.jpg"}
    body = {"contents": [frame], "options": {"callback_url": "http://127.0.0.1:18999/hook"}}
    submission = parse(body, allowed_addresses=frozenset({"127.0.0.1:18999"}))
    assert submission.callback_url == "http://127.0.0.1:18999/hook"


def test_json_layer_speaks_before_any_field_rule():
    with pytest.raises(BodyMalformed, match='has the key "contents" twice') as caught:
        parse(b'{"contents":1,"contents":2}')
    assert (caught.value.code, caught.value.errors) == (1200, ())
