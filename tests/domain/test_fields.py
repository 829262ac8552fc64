"""The rules beside `contents`: settings, options and the open root, each broken alone."""

import pytest

from framegate.domain.fields import FIELD_ERRORS_MAX, Findings, judge_options, judge_root, judge_url
from framegate.domain.submission import parse_image_to_video
from framegate.errors import FieldError, FieldsInvalid

NOT_ABSOLUTE = "must be an absolute http or https URL; got string"


def errors_in(findings):
    with pytest.raises(FieldsInvalid) as caught:
        findings.raise_any()
    return caught.value.errors


def errors_of(body):
    with pytest.raises(FieldsInvalid) as caught:
        parse_image_to_video(body, model="kling-3.0-turbo")
    return [(error.path, error.message) for error in caught.value.errors]


DURATION = "settings.duration must be an integer from 3 to 15; got "
RESOLUTION = "settings.resolution must be one of 720p, 1080p; got "
RATIO = "settings.aspect_ratio must be one of 16:9, 9:16, 1:1; got "
OTHER_BROKEN_RULES = [
    (b'"settings":null', "/settings", "settings must be an object; got null"),
    (b'"settings":[]', "/settings", "settings must be an object; got array"),
    (b'"settings":{"resolution":"4k"}', "/settings/resolution", RESOLUTION + 'string "4k"'),
    (b'"settings":{"resolution":"720P"}', "/settings/resolution", RESOLUTION + 'string "720P"'),
    (b'"settings":{"resolution":null}', "/settings/resolution", RESOLUTION + "null"),
    (b'"settings":{"resolution":720}', "/settings/resolution", RESOLUTION + "integer 720"),
    (b'"settings":{"aspect_ratio":"4:3"}', "/settings/aspect_ratio", RATIO + 'string "4:3"'),
    (b'"settings":{"aspect_ratio":1.0}', "/settings/aspect_ratio", RATIO + "number 1.0"),
    (b'"settings":{"duration":2}', "/settings/duration", DURATION + "integer 2"),
    (b'"settings":{"duration":16}', "/settings/duration", DURATION + "integer 16"),
    (b'"settings":{"duration":0}', "/settings/duration", DURATION + "integer 0"),
    (b'"settings":{"duration":-5}', "/settings/duration", DURATION + "integer -5"),
    (b'"settings":{"duration":5.0}', "/settings/duration", DURATION + "number 5.0"),
    (b'"settings":{"duration":5.00e0}', "/settings/duration", DURATION + "number 5.00e0"),
    (b'"settings":{"duration":1e1}', "/settings/duration", DURATION + "number 1e1"),
    (b'"settings":{"duration":"5"}', "/settings/duration", DURATION + 'string "5"'),
    (b'"settings":{"duration":true}', "/settings/duration", DURATION + "boolean true"),
    (b'"settings":{"duration":null}', "/settings/duration", DURATION + "null"),
    (b'"settings":{"duration":[5]}', "/settings/duration", DURATION + "array"),
    (
        b'"settings":{"audio":1}',
        "/settings/audio",
        'settings has an unknown field "audio"; it takes resolution, aspect_ratio, duration',
    ),
    (
        b'"settings":{"Duration":5}',
        "/settings/Duration",
        'settings has an unknown field "Duration"; it takes resolution, aspect_ratio, duration',
    ),
    (b'"options":null', "/options", "options must be an object; got null"),
    (b'"options":"x"', "/options", 'options must be an object; got string "x"'),
    (
        b'"options":{"callback_url":null}',
        "/options/callback_url",
        "options.callback_url must be a string; got null",
    ),
    (
        b'"options":{"callback_url":""}',
        "/options/callback_url",
        f"options.callback_url {NOT_ABSOLUTE}",
    ),
    (
        b'"options":{"callback_url":"http://[::1]/"}',
        "/options/callback_url",
        "options.callback_url must be a public address",
    ),
    (
        b'"options":{"external_task_id":7}',
        "/options/external_task_id",
        "options.external_task_id must be a string; got integer 7",
    ),
    (
        b'"options":{"external_task_id":null}',
        "/options/external_task_id",
        "options.external_task_id must be a string; got null",
    ),
    (
        b'"options":{"watermark_info":[]}',
        "/options/watermark_info",
        "options.watermark_info must be an object; got array",
    ),
    (
        b'"options":{"\\"\\n":1}',
        '/options/"\n',
        (
            'options has an unknown field "\\"\\n";'
            " it takes callback_url, external_task_id, watermark_info"
        ),
    ),
    (b'"Settings":{}', "/Settings", 'field "Settings" differs from "settings" only by letter case'),
    (b'"CONTENTS":[]', "/CONTENTS", 'field "CONTENTS" differs from "contents" only by letter case'),
    (
        b'"\\u0053ettings":1',
        "/Settings",
        'field "Settings" differs from "settings" only by letter case',
    ),
    (
        '"ſettings":{}'.encode(),
        "/ſettings",
        'field "ſettings" differs from "settings" only by letter case',
    ),
    (
        '"optionſ":{}'.encode(),
        "/optionſ",
        'field "optionſ" differs from "options" only by letter case',
    ),
]


@pytest.mark.parametrize(("field", "path", "message"), OTHER_BROKEN_RULES)
def test_broken_rule_beside_contents_is_the_only_error(field, path, message):
    body = b'{"contents":[{"type":"first_frame","url":"https://a.example/"}],%b}' % field
    assert errors_of(body) == [(path, message)]


def test_nothing_found_is_nothing_raised():
    Findings().raise_any()


def test_findings_are_kept_in_their_order_up_to_the_limit():
    findings = Findings()
    for number in range(FIELD_ERRORS_MAX + 1):
        findings.add(f"rule {number}", "contents", number)
    errors = errors_in(findings)
    assert len(errors) == FIELD_ERRORS_MAX == 100
    assert errors[-1] == FieldError("/contents/99", "rule 99")
    assert findings.is_full


def test_pointer_escapes_what_means_something_in_it():
    findings = Findings()
    findings.add("odd", "a/b", "m~n", 0)
    assert errors_in(findings)[0].path == "/a~1b/m~0n/0"


def test_address_of_the_allow_list_passes():
    findings = Findings()
    value = {"callback_url": "http://127.0.0.1:9/hook"}
    judge_options(value, allowed=frozenset({"127.0.0.1:9"}), findings=findings)
    findings.raise_any()


def test_address_that_is_no_string_is_not_repeated():
    """It may hold a token."""
    findings = Findings()
    judge_url(["secret"], "u", field="u", allowed=frozenset(), findings=findings)
    assert errors_in(findings)[0].message == "u must be a string; got array"


@pytest.mark.parametrize("name", ["duration", "Duration", "DURATION"])
def test_denied_field_is_refused_in_any_letter_case(name):
    findings = Findings()
    judge_root({name: 5}, known={"settings"}, denied={"duration"}, findings=findings)
    assert errors_in(findings)[0].message == f'field "{name}" is not accepted at the top level'


def test_field_that_nobody_knows_is_left_alone():
    findings = Findings()
    judge_root({"x_trace": 7, "settings": {}}, known={"settings"}, denied=set(), findings=findings)
    findings.raise_any()
