"""Each call: what it asks, what it answers, and how long it waits."""

import json
from datetime import date

import pytest

from fakes.played import Player, answer, success
from framegate.client import calls
from framegate.client.errors import (
    CancelRefused,
    NotFound,
    PictureRefused,
    ServerUnreachable,
    SetupInvalid,
    StillRunning,
    TaskFailed,
)
from framegate.client.steps import Dropped
from framegate.domain.submission import parse_image_to_video

PICTURE_URL = "https://cdn.example.com/a.jpg"
PICTURE = {
    "id": "img_1", "url": "http://gate.example/images/img_1", "format": "png",
    "width": 300, "height": 300, "bytes": 9, "sha256": "ab",
}  # fmt: skip
RUNNING = success({"id": "9", "status": "processing", "price": "0.56"})
DONE = success({"id": "9", "status": "succeeded", "price": "0.56"})
FAILED = success({"id": "9", "status": "failed", "message": "image is not readable"})
CREATED = success({"id": "9", "status": "submitted"}, x_framegate_task="task_1")


def bodies(player):
    return [json.loads(sent.content) for sent in player.sent if sent.content]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"prompt": "\u955c\u5934\u63a8\u8fd1", "duration": 15, "resolution": "1080p"},
        {"aspect_ratio": "9:16", "external_task_id": "biz-1"},
        {"callback_url": "https://hooks.example/a"},
    ],
)
def test_body_of_a_create_is_what_the_page_takes(ask, options):
    player = Player(CREATED, RUNNING)
    player(calls.submit(ask, PICTURE_URL, **options))
    read = parse_image_to_video(player.sent[0].content, model="kling-3.0-turbo")
    assert read.first_frame_url == PICTURE_URL
    assert read.prompt == options.get("prompt", "")
    assert read.duration_s == options.get("duration", 5)


def test_what_was_not_given_is_not_sent(ask):
    player = Player(CREATED, RUNNING)
    player(calls.submit(ask, PICTURE_URL))
    assert bodies(player)[0] == {
        "contents": [{"type": "first_frame", "url": PICTURE_URL}],
        "settings": {"resolution": "720p", "duration": 5},
    }


def test_own_picture_is_uploaded_byte_for_byte_and_its_address_used(ask):
    player = Player(success(PICTURE), CREATED, RUNNING)
    player(calls.submit(ask, bytes(range(256))))
    assert player.sent[0].content == bytes(range(256))
    assert json.loads(player.sent[1].content)["contents"][0]["url"] == PICTURE["url"]


def test_create_whose_answer_was_lost_is_repeated_with_the_same_key_and_bytes(ask):
    player = Player(Dropped("the connection broke"), CREATED, RUNNING)
    assert player(calls.submit(ask, PICTURE_URL)).id == "9"
    first, second, _ = player.sent
    assert first == second
    assert first.headers["Idempotency-Key"]


def test_two_creates_have_two_keys_unless_one_is_given(ask):
    keys = []
    for given in (None, None, "mine", "mine"):
        player = Player(CREATED, RUNNING)
        player(calls.submit(ask, PICTURE_URL, idempotency_key=given))
        keys.append(player.sent[0].headers["Idempotency-Key"])
    assert len(set(keys[:2])) == 2
    assert keys[2:] == ["mine", "mine"]


def test_task_that_was_taken_is_answered_even_if_it_cannot_be_looked_at(ask):
    player = Player(CREATED, *[Dropped("the connection broke")] * 4)
    task = player(calls.submit(ask, PICTURE_URL))
    assert (task.id, task.framegate_id) == ("9", "task_1")


def test_wait_tells_every_look_and_looks_less_and_less_often(ask):
    player, seen = Player(RUNNING, RUNNING, RUNNING, DONE), []
    task = player(calls.wait(ask, "9", on_progress=seen.append))
    assert [each.status for each in seen] == [*["processing"] * 3, "succeeded"]
    assert task.status == "succeeded"
    assert player.pauses == sorted(player.pauses)


def test_looks_are_never_further_apart_than_the_limit(ask):
    player = Player(*[RUNNING] * 40, DONE)
    player(calls.wait(ask, "9"))
    assert max(player.pauses) == calls.LOOK_AFTER_S_MAX


def test_wait_for_a_failed_task_raises_its_reason(ask):
    with pytest.raises(TaskFailed, match="image is not readable") as failed:
        Player(FAILED)(calls.wait(ask, "9"))
    assert failed.value.task.id == "9"


@pytest.mark.parametrize("timeout", [0, 1, 3])
def test_wait_ends_when_its_time_is_over_and_not_before(ask, timeout):
    player = Player(*[RUNNING] * 20)
    with pytest.raises(StillRunning, match=f"has not ended after {timeout} s"):
        player(calls.wait(ask, "9", timeout=timeout))
    assert sum(player.pauses) == pytest.approx(timeout)


@pytest.mark.parametrize(
    "away", [Dropped("nobody answers"), answer(503, code=5001), answer(500, code=5000)]
)
def test_wait_outlasts_a_server_that_is_away(ask, away):
    player, seen = Player(RUNNING, *[away] * 9, DONE), []
    assert player(calls.wait(ask, "9", on_progress=seen.append)).status == "succeeded"
    assert "away" in [each.stage for each in seen]
    assert "away" not in (seen[0].stage, seen[-1].stage)


@pytest.mark.parametrize(("timeout", "until"), [(1_800, calls.AWAY_S_MAX), (20, 20)])
def test_wait_for_a_server_that_stays_away_ends(ask, timeout, until):
    player = Player(RUNNING, *[Dropped("nobody answers")] * 200)
    with pytest.raises(ServerUnreachable):
        player(calls.wait(ask, "9", timeout=timeout))
    assert until <= sum(player.pauses) < until + 8


def test_wait_for_a_server_that_never_answered_ends_at_once(ask):
    ask.has_answered = False
    player = Player(Dropped("nobody answers"))
    with pytest.raises(ServerUnreachable):
        player(calls.wait(ask, "9"))
    assert player.pauses == []


def test_generate_is_a_submit_and_a_wait(ask):
    seen = []
    player = Player(success(PICTURE), CREATED, RUNNING, DONE)
    done = player(calls.generate(ask, b"picture", "push in", on_progress=seen.append))
    assert (done.status, len(seen)) == ("succeeded", 1)


def test_task_id_cannot_leave_its_place_in_the_path(ask):
    player = Player(answer(404, code=1203))
    with pytest.raises(NotFound):
        player(calls.task(ask, "../account?x=1"))
    assert player.sent[0].url == "http://gate.example/api/tasks/..%2Faccount%3Fx%3D1"


def test_tasks_are_asked_for_page_by_page_until_there_are_enough(ask):
    def page(*ids, cursor=""):
        return success({"result": [{"id": each} for each in ids], "next_cursor": cursor})

    player = Player(page("1", "2", cursor="c"), page(cursor="d"), page("3"))
    found = player(calls.tasks(ask, limit=9, status="failed", first=date(2026, 7, 1)))
    assert [task.id for task in found] == ["1", "2", "3"]
    asked = "http://gate.example/api/tasks?status=failed&from=2026-07-01"
    assert [sent.url for sent in player.sent] == [
        f"{asked}&limit=9",
        f"{asked}&limit=7&cursor=c",
        f"{asked}&limit=7&cursor=d",
    ]


def test_no_more_tasks_than_wanted_are_asked_for(ask):
    page = {"result": [{"id": "1"}, {"id": "2"}], "next_cursor": "c"}
    player = Player(success(page))
    assert len(player(calls.tasks(ask, limit=2))) == 2


def test_cancel_is_sent_once(ask):
    player = Player(success({"id": "9", "status": "failed"}))
    assert player(calls.cancel(ask, "9")).status == "failed"
    assert (player.sent[0].method, player.sent[0].url) == (
        "POST",
        "http://gate.example/api/tasks/9/cancel",
    )


def test_task_that_cannot_be_stopped_is_told_to_be_waited_for(ask):
    with pytest.raises(CancelRefused, match="let it end"):
        Player(answer(409, message="the task has ended"))(calls.cancel(ask, "9"))


def test_refused_upload_is_about_the_picture(ask):
    with pytest.raises(PictureRefused, match="got webp") as refused:
        Player(answer(400, message="image format must be jpg, jpeg or png; got webp"))(
            calls.upload(ask, b"webp")
        )
    assert "not its name" in refused.value.what_to_do


def test_quote_and_account_are_read(ask):
    quote = {"amount": "0.56", "currency": "USD", "available": "10", "lines": []}
    player = Player(success(quote))
    assert str(player(calls.quote(ask, aspect_ratio="1:1")).amount) == "0.56"
    parse_image_to_video(player.sent[0].content, model="kling-3.0-turbo")
    account = {
        "id": "acc_1", "name": "a", "unlimited": False, "posted": "1", "held": "0",
        "available": "1", "currency": "USD",
    }  # fmt: skip
    assert Player(success(account))(calls.account(ask)).id == "acc_1"


def test_anything_else_is_asked_by_its_path(ask):
    player = Player(success({"count": 1}))
    query = {"state": ["failed", "expired"], "text": "a b", "cursor": None}
    assert player(calls.request(ask, "GET", "/api/tasks", query=query)) == {"count": 1}
    assert player.sent[0].url == "http://gate.example/api/tasks?state=failed%2Cexpired&text=a+b"


def test_only_a_read_is_repeated(ask):
    lost = Dropped("the connection broke")
    assert Player(lost, success({}))(calls.request(ask, "GET", "/api/account")) == {}
    with pytest.raises(ServerUnreachable):
        Player(lost)(calls.request(ask, "POST", "/api/webhooks", body={"url": "x"}))


@pytest.mark.parametrize("path", ["@evil.example/", "api/tasks", "http://evil.example/", ""])
def test_key_goes_to_no_other_host(ask, path):
    with pytest.raises(SetupInvalid, match="must begin with /"):
        Player()(calls.request(ask, "GET", path))
