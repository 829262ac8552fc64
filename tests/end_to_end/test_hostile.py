"""Requests that nobody should send: each gets a refusal in time, and leaves nothing behind."""

import json
import socket

import pytest

from fakes.attacks import (
    BODIES,
    FRAMINGS,
    GOOD,
    HEADERS,
    PATHS,
    REQUEST_LINES,
    post,
    with_settings,
    with_url,
)
from fakes.drawn import picture
from processes import CREATE

ANSWER_WAIT_S = 15
KEPT = ("tasks", "holds", "idempotency", "pictures", "deliveries", "renders", "transfers")


@pytest.fixture
def nothing_kept(gate):
    """Fails the test when anything was written while it ran."""

    def counts():
        return {table: gate.rows(f"SELECT COUNT(*) FROM {table}") for table in KEPT}

    before = counts()
    yield
    assert counts() == before


def is_refusal(answer):
    """A definite no in the envelope, with a request id that can be looked up."""
    assert 400 <= answer.status_code < 500, answer.text
    envelope = answer.json()
    assert envelope.keys() == {"code", "message", "request_id", "data"}
    assert envelope["request_id"] == answer.headers["X-Request-Id"]
    return envelope["code"] != 0


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_body_that_is_no_order_is_refused_and_leaves_nothing(gate, nothing_kept, body):
    content = body.encode() if isinstance(body, str) else body

    assert is_refusal(gate.create(content, Idempotency_Key="hostile"))


@pytest.mark.parametrize("headers", HEADERS.values(), ids=HEADERS)
def test_header_that_is_wrong_is_refused_and_leaves_nothing(gate, nothing_kept, headers):
    with_type = {"Content-Type": "application/json", **headers}

    assert is_refusal(gate.http.post(CREATE, content=GOOD, headers=with_type))


# --- paths and methods ------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["DELETE", "PUT", "PATCH", "HEAD", "TRACE", "PROPFIND"])
def test_other_method_is_refused_with_the_ones_that_are_allowed(gate, nothing_kept, method):
    answer = gate.http.request(method, CREATE)

    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


def test_options_says_the_methods_and_opens_nothing_to_other_origins(gate):
    answer = gate.http.options(CREATE, headers={"Origin": "https://evil.example"})

    assert (answer.status_code, answer.headers["Allow"]) == (204, "POST")
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    "path",
    PATHS,
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_strange_path_is_refused(gate, nothing_kept, method, path):
    assert is_refusal(gate.http.request(method, path, content=GOOD if method == "POST" else None))


# --- framing: what only a raw socket can say --------------------------------------------------


def raw(gate, request):
    """Everything that the server says to these bytes until it hangs up."""
    with socket.create_connection(("127.0.0.1", gate.port), ANSWER_WAIT_S) as connection:
        connection.sendall(request)
        pieces = []
        while piece := connection.recv(65_536):
            pieces.append(piece)
    return b"".join(pieces)


@pytest.mark.parametrize("headers", FRAMINGS.values(), ids=FRAMINGS)
def test_request_that_is_framed_wrong_is_refused(gate, nothing_kept, headers):
    answer = raw(gate, post(gate.http.headers["Authorization"], *headers))

    assert answer.startswith(b"HTTP/1.1 4"), answer[:200]
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] != 0


@pytest.mark.parametrize("request_line", REQUEST_LINES.values(), ids=REQUEST_LINES)
def test_what_is_not_http_is_refused(gate, request_line):
    assert raw(gate, request_line).startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize(
    "path", [f"/{CREATE}", "/caf\u00e9", "/a b", "/\x7f", "*", "http://elsewhere.example/x"]
)
def test_request_line_with_a_strange_target_is_refused(gate, path):
    request = f"GET {path} HTTP/1.1\r\nHost: gate\r\nConnection: close\r\n\r\n"

    assert raw(gate, request.encode("latin-1")).startswith(b"HTTP/1.1 4")


def test_body_that_ends_early_leaves_nothing(gate, nothing_kept):
    request = post(gate.http.headers["Authorization"], f"Content-Length: {len(GOOD) + 1}")
    with socket.create_connection(("127.0.0.1", gate.port)) as connection:
        connection.sendall(request)

    assert gate.http.get("/readyz").status_code == 200


# --- what belongs to others -------------------------------------------------------------------


@pytest.fixture(scope="module")
def others_key(gate):
    return gate.command("accounts", "create", "other", "--credit", "1")["key"]


@pytest.fixture(scope="module")
def my_task(gate):
    """Our id and the public one of a task that failed: its picture cannot be fetched."""
    answer = gate.create(with_url("http://no-such-host.invalid/a.jpg").encode())
    gate.ended(answer.json()["data"]["id"])
    return answer.headers["X-Framegate-Task"], answer.json()["data"]["id"]


@pytest.mark.parametrize("place", [CREATE, "/kling/text-to-video/kling-3.0-turbo", "/api/tasks"])
def test_task_of_another_account_is_answered_like_one_that_never_was(
    gate, others_key, my_task, place
):
    headers = {"Authorization": f"Bearer {others_key}"}

    answers = [
        gate.http.get(f"{place}/{task_id}", headers=headers).json()
        for task_id in (*my_task, "task_0", "901930004609634393")
    ]

    assert {(answer["code"], answer["message"], str(answer["data"])) for answer in answers} == {
        (1203, "task not found", "{}")
    }


def test_credit_of_one_account_is_not_spent_by_another(gate, others_key, nothing_kept):
    """It has 1.00 and 15 s at 1080p cost 2.52."""
    body = with_settings('{"duration":15,"resolution":"1080p"}').encode()

    answer = gate.create(body, Authorization=f"Bearer {others_key}")

    assert (answer.status_code, answer.json()["code"]) == (402, 1102)


# --- stored files -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def link(gate):
    return gate.upload(picture(300, 300))


@pytest.mark.parametrize(
    "wanted",
    [
        "bytes=",
        "bytes=-",
        "bytes=9-1",
        "bytes=a-b",
        "lines=1-2",
        "bytes=0-0,2-3",
        "bytes=" + "0-0," * 5_000,
    ],
)
def test_range_that_makes_no_sense_gets_the_whole_file(gate, link, wanted):
    answer = gate.http.get(link, headers={"Range": wanted})

    assert (answer.status_code, answer.content) == (200, picture(300, 300))


@pytest.mark.parametrize("wanted", ["bytes=999999999999-", "bytes=-0", f"bytes={'9' * 19}-"])
def test_range_beyond_the_end_is_416(gate, link, wanted):
    answer = gate.http.get(link, headers={"Range": wanted})

    assert (answer.status_code, answer.content) == (416, b"")


@pytest.mark.parametrize(
    "tampered",
    [
        lambda link: link.replace("expires=1", "expires=2"),
        lambda link: link[:-1] + ("0" if link[-1] != "0" else "1"),
        lambda link: link.partition("&")[0],
        lambda link: link.replace("/images/", "/videos/"),
        lambda link: link.replace("signature=", "signature=00"),
        lambda link: link + "0",
    ],
    ids=[
        "a later expiry",
        "another signature",
        "no signature",
        "another kind",
        "a prefix",
        "a suffix",
    ],
)
def test_link_that_was_changed_does_not_open(gate, link, tampered):
    answer = gate.http.get(tampered(link))

    assert (answer.status_code, answer.json()["code"]) == (403, 1103)
