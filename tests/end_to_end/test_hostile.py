"""Requests that nobody should send: each gets a refusal in time, and leaves nothing behind."""

import json
import socket

import pytest

from fakes.drawn import picture
from processes import CREATE

ANSWER_WAIT_S = 15
FRAME = '{"type":"first_frame","url":"https://cdn.example.com/a.jpg"}'
GOOD = f'{{"contents":[{FRAME}]}}'
KEPT = ("tasks", "holds", "idempotency", "pictures", "deliveries", "renders", "transfers")


def with_settings(text):
    return f'{{"contents":[{FRAME}],"settings":{text}}}'


def with_options(text):
    return f'{{"contents":[{FRAME}],"options":{text}}}'


def with_url(url):
    return json.dumps({"contents": [{"type": "first_frame", "url": url}]})


BODIES = {
    "nothing": "",
    "a space": " ",
    "a NUL": b"\x00",
    "null": "null",
    "an array": f"[{GOOD}]",
    "a string": '"contents"',
    "a number": "1e999",
    "half an object": GOOD[:-1],
    "two objects": GOOD + GOOD,
    "a comment": "/**/" + GOOD,
    "a trailing comma": GOOD[:-1] + ",}",
    "single quotes": GOOD.replace('"', "'"),
    "a byte order mark": b"\xef\xbb\xbf" + GOOD.encode(),
    "UTF-16": GOOD.encode("utf-16"),
    "invalid UTF-8": GOOD.encode().replace(b"cdn", b"\xff\xfe"),
    "an overlong slash": GOOD.encode().replace(b"/a.jpg", b"\xc0\xaf"),
    "a lone surrogate": with_options('{"external_task_id":"\\ud800"}'),
    "a lone surrogate in an unknown key": GOOD[:-1] + ',"\\udfff":1}',
    "a raw line end in a string": GOOD.replace("a.jpg", "a\n.jpg"),
    "the same key twice": f'{{"contents":[],"contents":[{FRAME}]}}',
    "the same key twice, escaped": f'{{"contents":[{FRAME}],"\\u0063ontents":[]}}',
    "the same key twice, deep down": GOOD[:-1] + ',"x":{"y":{"z":1,"z":2}}}',
    "a key in capitals": GOOD[:-1] + ',"Settings":{"duration":3}}',
    "a key with a long s": GOOD[:-1] + ',"\u017fettings":{"duration":3}}',
    "NaN": with_settings('{"duration":NaN}'),
    "Infinity": GOOD[:-1] + ',"x":-Infinity}',
    "duration 5.0": with_settings('{"duration":5.0}'),
    "duration 1e1": with_settings('{"duration":1e1}'),
    "duration in words": with_settings('{"duration":"5"}'),
    "duration true": with_settings('{"duration":true}'),
    "duration of an eternity": with_settings(f'{{"duration":{10**20}}}'),
    "duration of 100,000 digits": with_settings(f'{{"duration":{"9" * 100_000}}}'),
    "duration below zero": with_settings('{"duration":-5}'),
    "settings null": with_settings("null"),
    "settings of another kind": with_settings('{"audio":true}'),
    "resolution 4k": with_settings('{"resolution":"4k"}'),
    "10,000 objects deep": '{"x":' * 10_000 + "1" + "}" * 10_000,
    "1,000,000 arrays deep": "[" * 1_000_000,
    "10,000 bad items": json.dumps({"contents": [{}] * 10_000}),
    "40,000 unknown settings": with_settings(json.dumps({f"k{n}": n for n in range(40_000)})),
    "a prompt that is too long": json.dumps(
        {"contents": [json.loads(FRAME), {"type": "prompt", "text": "a" * 2_501}]}
    ),
    "a picture in the body": with_url("data:image/png;base64,iVBORw0KGgo="),
    "a file's address": with_url("file:///etc/passwd"),
    "this machine": with_url("http://127.0.0.1:8787/a.jpg"),
    "this machine in hex": with_url("http://0x7f.1/a.jpg"),
    "this machine as IPv6": with_url("http://[::ffff:127.0.0.1]/a.jpg"),
    "a metadata service": with_url("http://169.254.169.254/latest/meta-data/"),
    "an address with a password": with_url("https://user:password@cdn.example.com/a.jpg"),
    "an address with a line end": with_url("https://cdn.example.com/a.jpg\r\nHost: x"),
    "a port beyond ports": with_url("https://cdn.example.com:65536/a.jpg"),
    "a megabyte of host": with_url("https://" + "a" * 1_000_000 + ".example/"),
    "one byte too much": b" " * (1 << 20) + b"{}",
    "a callback to this machine": with_options('{"callback_url":"http://localhost.:9@127.1/"}'),
    "an external id that is a number": with_options('{"external_task_id":7}'),
}

HEADERS = {
    "a form": {"Content-Type": "application/x-www-form-urlencoded"},
    "another charset": {"Content-Type": "application/json; charset=utf-16"},
    "a compressed body": {"Content-Encoding": "gzip"},
    "no key": {"Authorization": ""},
    "a key of nobody": {"Authorization": "Bearer fg_" + "A" * 43},
    "an endless key": {"Authorization": "Bearer " + "A" * 30_000},
    "another scheme": {"Authorization": "Basic dXNlcjpwYXNz"},
    "an empty Idempotency-Key": {"Idempotency-Key": ""},
    "an Idempotency-Key with a space": {"Idempotency-Key": "a b"},
    "an Idempotency-Key beyond ASCII": {"Idempotency-Key": "clé".encode()},
    "a long Idempotency-Key": {"Idempotency-Key": "k" * 256},
}


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
    [
        "/kling/image-to-video/kling-9.9",
        "/kling/image-to-video/kling-3.0-turbo/",
        "/kling/image-to-video/",
        "/kling/image-to-video/../../etc/passwd",
        "/kling/image-to-video/%00",
        "/kling/image-to-video/%ff%fe",
        "/kling/image-to-video/" + "a" * 30_000,
        "/videos/..%2f..%2fframegate.db",
        "/images/%2e%2e%2fsecret.key?expires=99999999999&signature=00",
        "/videos/vid_1.mp4?expires=" + "9" * 5_000 + "&signature=00",
        "/videos/vid_1.mp4?expires=٣&signature=é",
        "/api/tasks/" + "%F0%9F%8C%8A" * 100,
        "/api/tasks/' OR 1=1 --",
        "/admin.key",
        "/%",
    ],
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


def post(gate, *headers, body=GOOD):
    lines = [
        f"POST {CREATE} HTTP/1.1",
        "Host: gate",
        f"Authorization: {gate.http.headers['Authorization']}",
        "Connection: close",
        *headers,
    ]
    return "\r\n".join([*lines, "", body]).encode("latin-1")


FRAMINGS = {
    "a length that is no number": ("Content-Length: ten",),
    "a length below zero": ("Content-Length: -1",),
    "two lengths": ("Content-Length: 5", "Content-Length: 50"),
    "a length and chunks": ("Content-Length: 5", "Transfer-Encoding: chunked"),
    "a chunk that is no number": ("Transfer-Encoding: chunked",),
    "an unknown coding": ("Transfer-Encoding: gzip",),
    "a length beyond every disk": ("Content-Length: 99999999999999999999",),
    "ten gigabytes": ("Content-Length: 10737418240",),
    "a header without a colon": ("Content-Length", ""),
    "a NUL in a header": ("X-A: a\x00b", "Content-Length: 0"),
    "100 KB of headers": ("X-A: " + "a" * 100_000, "Content-Length: 0"),
    "2,000 headers": (*(f"X-{n}: {'a' * 50}" for n in range(2_000)), "Content-Length: 0"),
    "two Idempotency-Keys": (
        "Idempotency-Key: a",
        "Idempotency-Key: b",
        f"Content-Length: {len(GOOD)}",
    ),
}


@pytest.mark.parametrize("headers", FRAMINGS.values(), ids=FRAMINGS)
def test_request_that_is_framed_wrong_is_refused(gate, nothing_kept, headers):
    answer = raw(gate, post(gate, *headers))

    assert answer.startswith(b"HTTP/1.1 4"), answer[:200]
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] != 0


@pytest.mark.parametrize(
    "request_line",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"BREW / HTTP/1.1\r\n\r\n",
    ],
    ids=["a TLS greeting", "no path", "HTTP of the future", "a method of a teapot"],
)
def test_what_is_not_http_is_refused(gate, request_line):
    assert raw(gate, request_line).startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize(
    "path", [f"/{CREATE}", "/caf\u00e9", "/a b", "/\x7f", "*", "http://elsewhere.example/x"]
)
def test_request_line_with_a_strange_target_is_refused(gate, path):
    request = f"GET {path} HTTP/1.1\r\nHost: gate\r\nConnection: close\r\n\r\n"

    assert raw(gate, request.encode("latin-1")).startswith(b"HTTP/1.1 4")


def test_body_that_ends_early_leaves_nothing(gate, nothing_kept):
    request = post(gate, f"Content-Length: {len(GOOD) + 1}")
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
