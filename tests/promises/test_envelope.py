"""Every route that there is, asked wrongly in every way: one envelope, one id, never a 5xx.

The routes are taken from the app itself, so a new one is walked without a line here.
"""

import re

import httpx2
import msgspec
import pytest

from framegate.gateway import Gateway
from framegate.settings import Settings
from framegate.web.app import app

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "QUERY")
ENVELOPE = ["code", "message", "request_id", "data"]
REQUEST_ID = re.compile(r"req_[0-9A-HJKMNP-TV-Z]{26}")
MODEL = "kling-3.0-turbo"
# A model that exists, so that a request comes as far as its key and its body.
KNOWN = {"model": MODEL}
STRANGE = (
    "nobody-knows-me",
    "a%00b",
    "%F0%9F%8E%9E",
    "x" * 300,
    "task_01KWKFN9WNBGF99M3TP8W6Y7J4",
)
BODIES = {
    "nothing": b"",
    "garbage": b"\x00\xff\xfe{{{",
    "half": b'{"contents":[',
    "array": b"[]",
    "empty object": b"{}",
    "nested": b"[" * 100_000,
    "number": b"1e999",
    "wrong types": b'{"contents":{"type":1},"settings":[],"options":"x"}',
    "form": b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--x--",
}
TYPES = (
    "application/json",
    "multipart/form-data; boundary=x",
    "multipart/form-data",
    "application/x-www-form-urlencoded",
    "\x01/;;=",
)
# The console's own door: its looks, and the forms by which one comes in and goes.
DOOR = ("/console/static/", "/console/sign-", "/console/link/", "/console/look")
KEYS = ("", "Bearer fg_wrong", "Bearer ", "Basic eDp5", "Bearer " + "k" * 5_000, "\xff\xfe")


@pytest.fixture
async def gate(tmp_path):
    """The whole app on an empty data folder, and its client."""
    gateway = Gateway.open(msgspec.convert({"data": {"dir": str(tmp_path)}}, Settings))
    gateway.prepare()
    # A stream that has begun ends when the server does, and these tests wait for its end.
    gateway.watch.end()
    served = app(gateway)
    transport = httpx2.ASGITransport(served, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8787") as http:
        http.routes = routes_of(served)
        http.key = (tmp_path / "admin.key").read_text().strip()
        yield http
    await gateway.close()


def routes_of(served):
    """The route table behind the edge."""
    table = [(route.path, sorted(route.methods)) for route in served._app.routes]
    assert len(table) > 10
    return table


def filled(path, **values):
    """A path of the table with a value for each of its parameters."""
    return re.sub(r"\{(\w+)\}", lambda found: values.get(found[1], STRANGE[0]), path)


# For tools of their own formats; their refusals are in the envelope like all others.
OUTSIDE = {"/metrics", "/openapi.json", "/api/events", "/docs"}


def is_json(answer):
    return (
        answer.url.path not in OUTSIDE
        and answer.headers.get("content-type", "") == "application/json"
    )


def judge(answer):
    """What every answer keeps, whatever was asked."""
    said = f"{answer.request.method} {answer.request.url.path[:80]} -> {answer.status_code}"
    assert answer.status_code < 500, said
    assert REQUEST_ID.fullmatch(answer.headers["x-request-id"]), said
    assert answer.headers["x-content-type-options"] == "nosniff", said
    if answer.request.method == "HEAD" or (answer.status_code < 400 and not is_json(answer)):
        return  # A page or a file is as good an answer as an envelope; a refusal is always one.
    body = answer.json()
    assert list(body) == ENVELOPE, said
    assert body["request_id"] == answer.headers["x-request-id"], said
    assert (body["code"] == 0) == (answer.status_code == 200), said
    assert isinstance(body["message"], str), said
    assert isinstance(body["data"], dict), said


async def test_every_way_to_ask_wrongly_is_answered_in_the_envelope(gate):
    """No key and every body, on every path, in every method."""
    for path, _ in gate.routes:
        for method in METHODS:
            for body in BODIES.values():
                judge(await gate.request(method, filled(path, **KNOWN), content=body))


async def test_method_that_a_path_does_not_have_is_a_405_with_the_ones_it_has(gate):
    allowed_by_path = {}
    for path, methods in gate.routes:
        allowed_by_path.setdefault(filled(path, **KNOWN), set()).update(methods)
    for path, allowed in allowed_by_path.items():
        for method in set(METHODS) - allowed:
            answer = await gate.request(method, path)
            judge(answer)
            assert answer.status_code == 405
            assert set(answer.headers["allow"].split(", ")) == allowed


@pytest.mark.parametrize("key", KEYS)
async def test_wrong_key_opens_nothing(gate, key):
    headers = {"Authorization": key.encode("latin-1")} if key else {}
    for path, methods in gate.routes:
        answer = await gate.request(methods[0], filled(path, **KNOWN), headers=headers)
        judge(answer)
        if answer.status_code == 401:
            assert answer.headers["www-authenticate"] == "Bearer"
        else:
            assert is_open_to_all(path) or is_model_unknown(answer), path


def is_model_unknown(answer):
    """The one refusal that comes before the key: nobody here makes text-to-video (rule 33)."""
    return answer.status_code == 404 and answer.json()["message"].startswith("model not found: ")


def is_open_to_all(path):
    """No key: probes, the front page, the description, what a signature or a token opens."""
    is_signed = path.startswith(("/videos/", "/images/", "/callbacks/"))
    is_known = path in {"/", "/healthz", "/readyz", "/openapi.json", "/docs"}
    return is_known or is_signed or path.startswith(DOOR)


@pytest.mark.parametrize("media_type", TYPES)
@pytest.mark.parametrize("body", BODIES)
async def test_garbage_under_a_good_key_is_refused(gate, body, media_type):
    headers = {
        "Authorization": f"Bearer {gate.key}",
        "Content-Type": media_type.encode("latin-1"),
    }
    for path, methods in gate.routes:
        if "POST" in methods:
            answer = await gate.post(filled(path, **KNOWN), content=BODIES[body], headers=headers)
            judge(answer)
            # A list of tasks takes any object: what it does not know, it leaves alone.
            is_listed = path.endswith("/tasks") and answer.status_code == 200
            takes_no_body = path == "/api/audit/run"
            assert answer.status_code >= 400 or is_listed or takes_no_body, path


@pytest.mark.parametrize("strange", STRANGE)
async def test_strange_id_is_not_found(gate, strange):
    headers = {"Authorization": f"Bearer {gate.key}"}
    for path, methods in gate.routes:
        for known in ({}, KNOWN):
            values = dict.fromkeys(re.findall(r"\{(\w+)\}", path), strange) | known
            answer = await gate.request(methods[0], filled(path, **values), headers=headers)
            judge(answer)
            if values.keys() - KNOWN:
                assert answer.status_code in (403, 404), path


@pytest.mark.parametrize(
    "name",
    ["Content-Length", "Range", "If-None-Match", "Idempotency-Key", "Content-Encoding", "Expect"],
)
async def test_strange_header_is_never_a_fault(gate, name):
    for path, methods in gate.routes:
        for value in ("", "-1", "9" * 5_000, "\u00b2".encode("latin-1"), ',;="\\', "bytes=9-1"):
            headers = {"Authorization": f"Bearer {gate.key}", name: value}
            judge(await gate.request(methods[0], filled(path, **KNOWN), headers=headers))


async def test_no_answer_may_be_framed_or_kept(gate):
    for path, methods in gate.routes:
        answer = await gate.request(methods[0], filled(path, **KNOWN))
        assert answer.headers["cache-control"] == "no-store" or not is_json(answer)
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


async def test_only_what_is_named_here_is_answered_outside_the_envelope(gate):
    """Tools have formats of their own, and people pages; every refusal is in the envelope."""
    outside = set()
    for path, methods in gate.routes:
        if "GET" in methods:
            headers = {"Authorization": f"Bearer {gate.key}"}
            answer = await gate.get(filled(path, **KNOWN), headers=headers)
            outside |= set() if is_json(answer) else {path}
    assert {path for path in outside if not path.startswith("/console/")} == OUTSIDE


async def test_path_that_does_not_exist_is_in_the_envelope_too(gate):
    for path in ("/nowhere", "/kling", "/api/tasks/", "/%00", "/" + "x" * 5_000):
        answer = await gate.get(path)
        judge(answer)
        assert answer.status_code == 404
