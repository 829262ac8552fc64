"""The user's client: what it asks, what it repeats, and how it says what went wrong."""

import json

import pytest
from starlette.responses import RedirectResponse, Response

from fakes.scripted_server import Dropped, ScriptedServer, envelope, success
from fakes.serving import serving
from framegate.client import (
    Client,
    ServerRefused,
    ServerUnreachable,
    TaskFailed,
    VideoNotSaved,
    Wish,
)
from framegate.domain.submission import parse_image_to_video
from framegate.errors import SettingsInvalid

PICTURE_URL = "https://cdn.example.com/a.jpg"
WISH = Wish(picture_url=PICTURE_URL)
BUSY = {"code": 5001, "message": "the gateway is busy", "request_id": "req_2", "data": {}}
DONE = {"status": "succeeded", "message": ""}
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def served():
    server = ScriptedServer()
    with serving(server.app()) as url:
        yield server, url


@pytest.fixture
def server(served):
    server, _ = served
    server.answers.clear()
    server.asked.clear()
    yield server
    assert not server.answers


@pytest.fixture
def url(served):
    return served[1]


@pytest.fixture
def client(server, url):
    with Client(url, "fg_key") as opened:
        yield opened


def ignore(_task):
    pass


# --- what it asks -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ask", "asked"),
    [
        (lambda client: client.upload(b"x"), ("POST", "/api/images")),
        (lambda client: client.quote(WISH), ("POST", "/api/quote")),
        (lambda client: client.create(WISH), ("POST", "/kling/image-to-video/kling-3.0-turbo")),
        (lambda client: client.task("9"), ("GET", "/api/tasks/9")),
    ],
)
def test_each_call_asks_its_path_under_the_key_and_answers_the_data(client, server, ask, asked):
    server.answers.append(success({"id": "9"}))
    assert ask(client) == {"id": "9"}
    (request,) = server.asked
    assert (request.method, request.path) == asked
    assert request.headers["authorization"] == "Bearer fg_key"


def test_uploaded_bytes_arrive_unchanged(client, server):
    server.answers.append(success({}))
    client.upload(bytes(range(256)))
    assert server.asked[0].body == bytes(range(256))


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"prompt": "镜头推近", "duration_s": 15, "resolution": "1080p"},
        {"aspect_ratio": "9:16", "external_task_id": "biz-1"},
    ],
)
def test_body_of_a_wish_is_what_the_page_takes(options):
    wish = Wish(picture_url=PICTURE_URL, **options)
    read = parse_image_to_video(json.dumps(wish.body()).encode(), model="kling-3.0-turbo")
    assert read.first_frame_url == PICTURE_URL
    assert read.prompt == wish.prompt
    assert (read.duration_s, read.resolution) == (wish.duration_s, wish.resolution)


def test_proxies_of_the_environment_are_ignored(server, url, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", NOWHERE)
    server.answers.append(success({}))
    with Client(url + "/", "fg_key") as client:
        assert client.task("9") == {}


# --- what it repeats --------------------------------------------------------------------------


def test_create_whose_answer_was_lost_is_repeated_under_the_same_idempotency_key(client, server):
    server.answers.extend([Dropped(), success({"id": "9"})])
    assert client.create(WISH) == {"id": "9"}
    first, second = server.asked
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
    assert first.body == second.body


def test_two_creates_have_two_idempotency_keys(client, server):
    server.answers.extend([success({}), success({})])
    client.create(WISH)
    client.create(WISH)
    assert len({request.headers["idempotency-key"] for request in server.asked}) == 2


@pytest.mark.parametrize("status", [409, 429, 503])
def test_refusal_that_asks_to_come_back_is_repeated(client, server, status):
    server.answers.extend([envelope(status, {"Retry-After": "1"}, **BUSY), success({"id": "9"})])
    assert client.create(WISH) == {"id": "9"}


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (400, {"Retry-After": "1"}),
        (429, {}),
        (504, {}),
        (504, {"Retry-After": "1", "x-should-retry": "false"}),
    ],
)
def test_any_other_refusal_is_told_at_once(client, server, status, headers):
    server.answers.append(envelope(status, headers, **BUSY))
    with pytest.raises(ServerRefused) as refused:
        client.create(WISH)
    assert (refused.value.http_status, refused.value.code) == (status, 5001)


def test_server_that_stays_busy_is_told_after_the_third_try(client, server):
    server.answers.extend([envelope(503, {"Retry-After": "1"}, **BUSY)] * 3)
    with pytest.raises(ServerRefused, match="the gateway is busy"):
        client.task("9")


# --- what went wrong --------------------------------------------------------------------------


def test_refusal_carries_what_the_envelope_said(client, server):
    errors = [{"path": "/contents", "message": "contents is required"}]
    server.answers.append(
        envelope(400, code=1201, message="no", request_id="req_7", data={"errors": errors})
    )
    with pytest.raises(ServerRefused, match="no") as refused:
        client.quote(WISH)
    assert (refused.value.request_id, refused.value.errors) == ("req_7", errors)


def test_no_server_says_where_it_was_looked_for_and_how_to_start_one():
    with Client(NOWHERE, "fg_key") as client, pytest.raises(ServerUnreachable) as nobody:
        client.task("9")
    assert str(nobody.value) == (
        f"no framegate answers at {NOWHERE} (ConnectError); start one with: framegate serve"
    )


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (Response("<html>", 502), "HTTP 502, not an envelope"),
        (Response('{"code": 0}'), "HTTP 200, not an envelope"),
        (Response('{"code": 0, "data": []}'), "HTTP 200, not an envelope"),
        (Response("[]"), "HTTP 200, not an envelope"),
        (Response("null", 404), "HTTP 404, not an envelope"),
    ],
)
def test_answer_of_another_program_is_not_taken_for_ours(client, server, answer, why):
    server.answers.append(answer)
    with pytest.raises(ServerUnreachable) as stranger:
        client.task("9")
    assert why in str(stranger.value)


@pytest.mark.parametrize("address", ["http://host:port", "http://[::1"])
def test_address_that_is_none_is_a_sentence(address):
    with pytest.raises(SettingsInvalid, match="is not an address"):
        Client(address, "fg_key")


@pytest.mark.parametrize("key", ["fg_clé", "fg_key\n", "fg_\x00"])
def test_key_that_no_header_may_hold_is_a_sentence_without_the_key(key):
    with pytest.raises(SettingsInvalid, match="the key") as refused:
        Client(NOWHERE, key)
    assert "fg_" not in str(refused.value)


# --- following and fetching -------------------------------------------------------------------


def test_watch_tells_every_look_and_answers_the_last(client, server):
    server.answers.extend([success({"status": "processing"}), success(DONE)])
    seen = []
    assert client.watch("9", on_change=seen.append, wait_s_max=60) == DONE
    assert [task["status"] for task in seen] == ["processing", "succeeded"]


def test_watch_of_a_failed_task_raises_its_reason(client, server):
    server.answers.append(success({"status": "failed", "message": "image is not readable"}))
    with pytest.raises(TaskFailed, match="image is not readable"):
        client.watch("9", on_change=ignore, wait_s_max=60)


def test_watch_ends_when_its_time_is_over(client, server):
    server.answers.append(success({"status": "submitted"}))
    with pytest.raises(TimeoutError, match="task 9 has not ended after 0 s"):
        client.watch("9", on_change=ignore, wait_s_max=0)


def test_downloaded_file_is_whole_and_replaces_an_older_one(client, server, url, tmp_path):
    to = tmp_path / "out.mp4"
    to.write_bytes(b"something longer")
    server.answers.append(Response(b"film"))
    assert client.download(f"{url}/videos/vid_1.mp4", to) == 4
    assert to.read_bytes() == b"film"
    assert list(tmp_path.iterdir()) == [to]


def test_key_is_not_sent_to_where_the_video_lies(client, server, url, tmp_path):
    server.answers.append(Response(b"film"))
    client.download(f"{url}/videos/vid_1.mp4", tmp_path / "out.mp4")
    assert "authorization" not in server.asked[0].headers


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        (Dropped(b"half"), VideoNotSaved, "fetch it from http"),
        (Dropped(), VideoNotSaved, "the video was made and could not be saved"),
        (envelope(403, message="this link has expired"), ServerRefused, "this link has expired"),
        (Response("<html>", 502), ServerRefused, "HTTP 502"),
        (RedirectResponse("http://elsewhere.example/"), ServerRefused, "HTTP 307"),
    ],
)
def test_download_that_fails_is_told_and_leaves_the_older_file(
    client, server, url, tmp_path, answer, error, words
):
    to = tmp_path / "out.mp4"
    to.write_bytes(b"older")
    server.answers.append(answer)
    with pytest.raises(error, match=words):
        client.download(f"{url}/videos/vid_1.mp4", to)
    assert to.read_bytes() == b"older"
    assert list(tmp_path.iterdir()) == [to]
