"""Strings that want to be read as a script, a header or a log line, through every text field."""

import json
import re

import pytest

from end_to_end.conftest import DEAD, allowing
from fakes.attacks import STRINGS
from processes import CREATE, Framegate

FORGED = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


@pytest.fixture(scope="module")
def gate(tmp_path_factory):
    with Framegate(tmp_path_factory.mktemp("strings"), **allowing(DEAD)) as gate:
        yield gate
        assert gate.audit() == []


def in_every_text_field(text):
    """One order for each field that holds a text, with the string in it."""
    frame = {"type": "first_frame", "url": f"{DEAD}/a.jpg"}
    plain = {"contents": [frame]}
    return {
        "prompt": {"contents": [frame, {"type": "prompt", "text": text}]},
        "external_task_id": {**plain, "options": {"external_task_id": text}},
        "callback_url": {**plain, "options": {"callback_url": f"{DEAD}/{text}"}},
        "callback_url alone": {**plain, "options": {"callback_url": text}},
        "first_frame": {"contents": [{"type": "first_frame", "url": f"{DEAD}/{text}"}]},
        "first_frame alone": {"contents": [{"type": "first_frame", "url": text}]},
        "type": {"contents": [frame, {"type": text}]},
        "resolution": {**plain, "settings": {"resolution": text}},
        "aspect_ratio": {**plain, "settings": {"aspect_ratio": text}},
        "an unknown field": {**plain, "x": text},
        "an unknown key": {**plain, text: 1},
        "an unknown setting": {**plain, "settings": {text: text}},
    }


def elsewhere(gate, text):
    """The other places that take a text: queries, webhooks, forms, headers that bytes can have."""
    header = text.encode("ascii", "replace").replace(b"\n", b"").replace(b"\r", b"")
    header = header.replace(b"\0", b"")
    http = gate.http
    yield http.get(CREATE + "/x", params={"q": text})
    yield http.get("/api/deliveries", params={"status": text, "cursor": text, "limit": text})
    yield http.get("/tasks", params={"external_task_ids": text})
    yield http.post("/tasks", json={"limit": text, "cursor": text, "filters": [{"key": text}]})
    yield http.post("/api/quote", params={"model": text, "kind": text}, json={})
    yield http.post("/api/webhooks", json={"url": text, "events": [text], text: text})
    yield http.post("/api/webhooks", json={"url": f"{DEAD}/{text}", "events": ["task.failed"]})
    yield http.post("/api/images", files={text: (text, b"no picture", "image/png")})
    for name in ("User-Agent", "Referer", "X-Request-Id", "Idempotency-Key", "Content-Type"):
        yield http.post(CREATE, content=b"{}", headers={name: header})


def judge(answer, text):
    """An answer is data, never a page; what it repeats is escaped as JSON, once."""
    assert answer.status_code < 500, answer.text
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Request-Id"].startswith("req_")
    assert "Set-Cookie" not in answer.headers
    assert isinstance(answer.json(), dict)
    assert not {character for character in answer.text if character < " "}
    return text in json.dumps(answer.json(), ensure_ascii=False)


def test_strings_come_back_as_data_and_forge_no_line_of_the_log(gate):
    for text in STRINGS.values():
        for body in in_every_text_field(text).values():
            answer = gate.create(body)
            judge(answer, text)
            if answer.status_code == 200:
                task_id = answer.json()["data"]["id"]
                shown = gate.http.get(f"/api/tasks/{task_id}")
                judge(shown, text)
                judge(gate.http.get(f"{CREATE}/{task_id}"), text)
        for answer in elsewhere(gate, text):
            judge(answer, text)
        judge(gate.http.get("/" + "".join(f"%{each:02x}" for each in text.encode())), text)
    judge(gate.http.get("/api/deliveries"), "")
    judge(gate.http.get("/api/webhooks"), "")
    gate.until(lambda: gate.rows("SELECT 1 FROM tasks WHERE ended_ms = 0"), lambda rows: not rows)

    log = gate.log.read_text(encoding="utf-8")

    assert "picture.not_fetched" in log
    assert FORGED.findall(log) == []
    for line in log.splitlines():
        assert json.loads(line)["event"] != "audit.ok"
