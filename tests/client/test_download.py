"""A video is saved whole and checked, or not at all."""

import hashlib

import pytest

from fakes.played import Player, answer, success
from framegate.client import download
from framegate.client.answers import Task
from framegate.client.errors import LinkExpired, NotFound, VideoDamaged, VideoNotSaved
from framegate.client.steps import Dropped, Reply

FILM = b"film"
LINK = "http://cdn.example/videos/vid_1.mp4?expires=1"
TASK = Task(id="9", status="succeeded", video_url=LINK, sha256=hashlib.sha256(FILM).hexdigest())
GOOD = Reply(200, {}, FILM)
EXPIRED = answer(403, code=1103, message="this link has expired")


def fresh(url):
    return success({"id": "9", "status": "succeeded", "outputs": [{"url": url}]})


def test_file_is_whole_replaces_an_older_one_and_leaves_nothing_beside_it(ask, tmp_path):
    to = tmp_path / "out.mp4"
    to.write_bytes(b"something longer")
    assert Player(GOOD)(download.saved(ask, TASK, to)) == to
    assert to.read_bytes() == FILM
    assert list(tmp_path.iterdir()) == [to]


def test_video_in_a_folder_is_named_after_its_task(ask, tmp_path):
    assert Player(GOOD)(download.saved(ask, TASK, str(tmp_path))) == tmp_path / "9.mp4"


def test_key_is_not_sent_to_where_the_video_lies(ask, tmp_path):
    player = Player(GOOD)
    player(download.saved(ask, TASK, tmp_path))
    assert (player.sent[0].url, dict(player.sent[0].headers)) == (LINK, {})


def test_copy_that_breaks_off_is_begun_again(ask, tmp_path):
    player = Player(Dropped("the connection broke"), GOOD)
    assert player(download.saved(ask, TASK, tmp_path / "a")).read_bytes() == FILM


def test_dead_link_is_made_fresh(ask):
    player = Player(EXPIRED, fresh("http://cdn.example/new"), GOOD)
    assert player(download.read(ask, TASK)) == FILM
    assert [sent.url for sent in player.sent] == [
        LINK,
        "http://gate.example/api/tasks/9",
        "http://cdn.example/new",
    ]


@pytest.mark.parametrize(
    ("replies", "error", "words"),
    [
        ([Dropped("the connection broke")] * 3, VideoNotSaved, f"fetch it from {LINK}"),
        ([Reply(200, {}, b"other")], VideoDamaged, "another SHA-256"),
        ([Reply(502, {}, b"<html>")], VideoNotSaved, "HTTP 502"),
        ([Reply(307, {}, b"")], VideoNotSaved, "HTTP 307"),
        ([answer(404, code=1203, message="removed after its time")], NotFound, "removed"),
        ([EXPIRED, fresh(LINK), EXPIRED], LinkExpired, "framegate tasks get"),
    ],
    ids=["broken", "damaged", "proxy", "redirect", "gone", "expired"],
)
def test_failure_is_told_and_leaves_the_older_file(ask, tmp_path, replies, error, words):
    to = tmp_path / "out.mp4"
    to.write_bytes(b"older")
    with pytest.raises(error, match=words.replace("?", r"\?")):
        Player(*replies)(download.saved(ask, TASK, to))
    assert to.read_bytes() == b"older"
    assert list(tmp_path.iterdir()) == [to]


def test_place_that_takes_no_file_is_told_with_the_link(ask, tmp_path):
    with pytest.raises(VideoNotSaved, match="No such file or directory"):
        Player()(download.saved(ask, TASK, tmp_path / "no" / "out.mp4"))


def test_bytes_are_checked_too(ask):
    with pytest.raises(VideoDamaged):
        Player(Reply(200, {}, b"other"))(download.read(ask, TASK))
    with pytest.raises(VideoNotSaved):
        Player(Dropped("the connection broke"))(download.read(ask, TASK))
