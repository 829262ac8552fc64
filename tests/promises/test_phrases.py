"""What the running app refuses, read by somebody in Chinese: every sentence, with its values.

That no sentence of the source lacks its phrase is asked by tests/tools/test_phrases.py; here the
sentences are real ones, with what callers send inside them.
"""

import json
import re
from pathlib import Path

import pytest

from framegate import errors
from framegate.domain.ledger import Scope
from framegate.phrases import phrase_of
from framegate.web.app import app
from promises.test_envelope import BODIES, METHODS, filled, routes_of
from web.conftest import Door

ERRORS_PAGE = Path(__file__).parents[2] / "docs" / "errors.md"
CREATE = "/kling/image-to-video/kling-3.0-turbo"
WRITE = "/kling/text-to-video/kling-3.0-turbo"
FRAME = {"type": "first_frame", "url": "https://cdn.example.com/a.jpg"}

# Quoted, in backticks, a number, or a name with a dot, a bracket or an underscore in it.
VALUE = re.compile(r'"[^"]*"|`[^`]*`|\d+(?:\.\d+)*|\w+(?:[._\[\]]+\w+)+')
# What is the same in every language: what is quoted, commands, and names in a list.
SAME = re.compile(r'"[^"]*"|`[^`]*`|framegate [a-z]+ [a-z]+|/\S+')
ENGLISH = re.compile(r"[A-Za-z']+(?: [A-Za-z']+){2,}")


@pytest.fixture
async def door(tmp_path):
    opened = Door(tmp_path)
    opened.gateway.watch.end()  # A stream that has begun ends when the server does.
    yield opened
    await opened.http.aclose()
    await opened.gateway.close()


def admin(door):
    return Path(door.settings.data.dir, "admin.key").read_text().strip()


def sentences(envelope):
    """Everything that an answer says to a person."""
    if envelope["code"] == 0:
        return []
    return [envelope["message"], *(each["message"] for each in envelope["data"].get("errors", ()))]


def judge(sentence):
    """Chinese, with no value lost and no English left."""
    chinese = phrase_of(sentence, "zh")
    assert chinese is not None, sentence
    assert [each for each in VALUE.findall(sentence) if each not in chinese] == [], chinese
    assert not ENGLISH.search(SAME.sub("", chinese)), chinese


def judge_all(answers):
    told = {each for answer in answers if answer.content for each in sentences(answer.json())}
    for sentence in sorted(told):
        judge(sentence)
    return told


# --- everything that is asked wrongly -------------------------------------------------------------


@pytest.mark.parametrize("scope", [None, Scope.READ, Scope.FULL, Scope.ADMIN], ids=str)
async def test_refusal_of_every_route_is_said_in_chinese(door, scope):
    """Every path in every method, with and without a key, with ids that nobody has."""
    key = door.key(scope=scope) if scope else None
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    paths = {filled(path, model="kling-3.0-turbo") for path, _ in routes_of(app(door.gateway))}
    answers = [
        await door.http.request(method, path, content=b"{}", headers=headers)
        for path in sorted(paths)
        for method in METHODS
    ]
    refused = [each for each in answers if "json" in each.headers.get("content-type", "")]
    assert len(judge_all(each for each in refused if "code" in each.text[:10])) > 5


@pytest.mark.parametrize("name", BODIES)
async def test_body_that_cannot_be_read_is_refused_in_chinese(door, name):
    key = door.key()
    judge_all([await door.post(path, BODIES[name], key=key) for path in (CREATE, "/api/keys")])


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":1,}',
        b'{"a" 1}',
        b'{"a":1 "b":2}',
        b"[1 2]",
        b'{"a":tru}',
        b'{"a":01}',
        b'{"a":"\\x"}',
        b'{"a":"\x01"}',
        b'{"a":1} x',
        b"{1:2}",
        b'{"a":"\\ud800"}',
        b'{"a":1,"a":2}',
        b'{"a":99999999999999999999}',
        b'{"a":"',
        b"\xef\xbb\xbf{}",
        b"\xff",
    ],
)
async def test_every_complaint_of_the_json_reader_is_said_in_chinese(door, body):
    assert judge_all([await door.post(CREATE, body, key=door.key())])


# --- every rule of a field ------------------------------------------------------------------------

FIELD_RULES = [
    (CREATE, {"contents": 5, "settings": [], "options": None}),
    (CREATE, {"contents": [], "settings": {"duration": "5", "resolution": "4k", "audio": 1}}),
    (CREATE, {"contents": [1, {}, {"type": "last_frame"}, {"type": "first_frame", "b": 1}]}),
    (CREATE, {"contents": [FRAME, {"type": "prompt"}, {"type": "prompt", "text": 5, "b": 1}]}),
    (CREATE, {"contents": [FRAME, {"type": "prompt", "text": "x" * 2_501}]}),
    (CREATE, {"contents": [FRAME], "Settings": {}, "settings": {"aspect_ratio": None}}),
    (
        CREATE,
        {"contents": [FRAME], "options": {"external_task_id": 5, "watermark_info": 1, "x": 1}},
    ),
    *(
        (CREATE, {"contents": [{"type": "first_frame", "url": url}]})
        for url in (
            5,
            "nowhere",
            "https://",
            "https://a..b",
            "https://me:secret@cdn.example.com/a.jpg",
            "https://cdn.example.com/a b.jpg",
            "http://10.0.0.7/a.jpg",
        )
    ),
    ("/api/quote", {"contents": [FRAME], "settings": {"duration": 99}}),
    ("/api/keys", {"name": 5, "scope": "owner", "rate": 0, "in_flight": 1.5, "budget": "-1"}),
    ("/api/keys", {"account": 5, "budget": 5, "expires_at": 1, "colour": "red"}),
    ("/api/keys", {"name": "x" * 101}),
    ("/api/accounts", {"name": "", "credit": "much", "unlimited": "yes", "budget": "1"}),
    ("/api/accounts", {"name": "default"}),
    ("/api/accounts/default/topup", {"amount": "0"}),
    ("/api/accounts/default/topup", {}),
    ("/api/accounts/default/limits", {}),
    ("/api/accounts/default/limits", {"rate": True, "in_flight": 2_000_000}),
    ("/api/webhooks", {"url": "http://10.0.0.7/x", "events": []}),
    ("/api/webhooks", {"url": "https://example.com/" + "x" * 2_048, "events": "all"}),
    ("/api/webhooks", {"events": ["task.danced", "task.succeeded", "task.succeeded"]}),
    ("/tasks", {"action": "query", "cursor": 5, "start_time": "x", "limit": 0, "filters": 5}),
    ("/tasks", {"cursor": "mine", "start_time": 9, "end_time": 1, "filters": [1, {}, {"key": 5}]}),
    (
        "/tasks",
        {"filters": [{"key": "status"}, {"key": "status", "values": []}, {"key": "status"}]},
    ),
    ("/tasks", {"filters": [{"key": "status", "values": ["danced"], "x": 1}]}),
]
QUERIES = [
    "/api/tasks?limit=0&cursor=x&status=danced&colour=red&from=yesterday",
    "/api/tasks?text=" + "x" * 300 + "&upstream=a&upstream=b",
    "/api/tasks?account=nobody",
    "/api/usage?from=2026-02-30&to=x&by=colour",
    "/api/usage?from=2026-03-01&to=2026-02-01",
    "/api/accounts?limit=0&cursor=x",
    "/api/deliveries?status=danced&limit=0&cursor=x",
    "/api/upstreams/local/tasks?since=x",
    "/api/upstreams/local/tasks?limit=0&status=danced",
    "/api/upstreams/local/costs",
    "/tasks",
    "/tasks?task_ids=a&external_task_ids=b",
    "/tasks?task_ids=" + ",".join("abcdefghijklmnopqrstuvwxyz"),
    "/openapi.json?lang=xx",
]


@pytest.mark.parametrize(("path", "body"), FIELD_RULES)
async def test_every_rule_of_a_field_is_said_in_chinese(door, path, body):
    answer = await door.post(path, json.dumps(body).encode(), key=admin(door))
    assert judge_all([answer])
    assert answer.status_code == 400


@pytest.mark.parametrize("path", QUERIES)
async def test_every_rule_of_a_query_is_said_in_chinese(door, path):
    assert judge_all([await door.get(path, key=admin(door))])


@pytest.mark.parametrize(
    ("headers", "content"),
    [
        ({"Content_Type": "text/plain"}, b"{}"),
        ({"Content_Type": "application/json; charset=latin-1"}, b"{}"),
        ({"Content_Encoding": "gzip"}, b"{}"),
        ({"Idempotency_Key": "x" * 256}, json.dumps({"contents": [FRAME]}).encode()),
        ({}, b"x" * 1_048_577),
    ],
)
async def test_every_rule_of_a_header_is_said_in_chinese(door, headers, content):
    assert judge_all([await door.post(CREATE, content, key=door.key(), **headers)])


async def test_text_to_video_is_refused_in_chinese(new_kling):
    key = new_kling.key()
    bodies = [{}, {"contents": []}, {"contents": 5}, {"contents": [1, {}, FRAME]}, {"prompt": ""}]
    answers = [await new_kling.post(WRITE, json.dumps(each).encode(), key=key) for each in bodies]
    assert len(judge_all(answers)) > len(bodies)


@pytest.fixture
async def new_kling(tmp_path):
    kling = {"kind": "kling", "base_url": "http://127.0.0.1:1", "api_key": "k"}
    opened = Door(tmp_path, upstreams={"vendor": kling})
    yield opened
    await opened.http.aclose()
    await opened.gateway.close()


@pytest.mark.parametrize(
    "content", [b"", b"GIF89a", b"no picture", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0"]
)
async def test_picture_is_refused_in_chinese(door, content):
    answer = await door.post("/api/images", content, key=door.key(), Content_Type="image/png")
    assert judge_all([answer])


async def test_limits_and_money_are_refused_in_chinese(door):
    body = json.dumps({"contents": [FRAME]}).encode()
    poor, slow, old = (
        door.key("poor", credit="0.1"),
        door.key("slow"),
        door.key("old", expires_ms=1),
    )
    door.limit("slow", requests_per_minute=1)
    answers = [
        await door.post(CREATE, body, key=poor),
        await door.get("/api/account", key=slow),
        await door.get("/api/account", key=slow),
        await door.get("/api/account", key=old),
        await door.get("/api/account", key="fg_nobody"),
    ]
    busy = door.key("busy")
    door.limit("busy", in_flight_max=1)
    answers += [
        await door.post(CREATE, body, key=busy, Idempotency_Key="a"),
        await door.post(CREATE, body, key=busy),
        await door.post(CREATE, b" " + body, key=busy, Idempotency_Key="a"),
    ]
    assert len(judge_all(answers)) == 6  # One was answered, one was taken.


# --- every slug, and every reason of a failed task ------------------------------------------------


def refusals(kind=errors.Refusal):
    for each in kind.__subclasses__():
        yield each
        yield from refusals(each)


def shown_on_the_page():
    """The answers that docs/errors.md shows, which its own tests hold against the code."""
    lines = ERRORS_PAGE.read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines if line.startswith('{"code"')]


def reasons():
    """The first column of the table of failed tasks."""
    part = ERRORS_PAGE.read_text("utf-8").partition("## Failed tasks")[2].partition("\n## ")[0]
    _, *rows = re.findall(r"^\| `([^`]+)` \|", part, re.MULTILINE)
    return rows


def test_every_kind_of_refusal_is_on_the_page():
    codes = {(each.code) for each in refusals()}
    assert codes <= {each["code"] for each in shown_on_the_page()}
    assert len(reasons()) > 15


@pytest.mark.parametrize("envelope", shown_on_the_page(), ids=lambda each: each["message"][:40])
def test_every_answer_of_the_page_is_said_in_chinese(envelope):
    if envelope["code"] == 1301:  # The upstream's own words.
        assert phrase_of(envelope["message"], "zh") is None
        return
    for sentence in sentences(envelope):
        judge(sentence)


@pytest.mark.parametrize("sentence", reasons())
def test_every_reason_of_a_failed_task_is_said_in_chinese(sentence):
    judge(sentence)


@pytest.mark.parametrize(
    "kind",
    [each for each in refusals() if each.__init__ is not errors.Refusal.__init__],
    ids=lambda kind: kind.slug,
)
def test_refusal_that_brings_its_own_sentence_is_said_in_chinese(kind):
    """Those that a test could only provoke by breaking a disk or a database too."""
    try:
        error = kind()
    except TypeError:
        return  # It wants to be told more; the tests above have it.
    judge(error.message)
