"""What is repeated, what is not, and what an answer that is a no becomes."""

import pytest

from fakes.played import Player, answer, success
from framegate.client.access import Access
from framegate.client.asking import WAITS_S, Asking
from framegate.client.errors import FieldProblem, LimitReached, ServerRefused, ServerUnreachable
from framegate.client.steps import Dropped, Reply

NOTHING = Dropped("the connection broke")
BUSY = answer(503, code=5001, message="the gateway is busy", retry_after="1")


def asked(ask, *replies, repeats=True):
    player = Player(*replies)
    data, _ = player(ask("GET", "/api/account", repeats=repeats))
    return data, player


def test_request_goes_to_the_path_under_the_key(ask):
    data, player = asked(ask, success({"id": "9"}))
    (sent,) = player.sent
    assert data == {"id": "9"}
    assert (sent.method, sent.url) == ("GET", "http://gate.example/api/account")
    assert sent.headers["Authorization"] == "Bearer fg_key"


@pytest.mark.parametrize(
    "first",
    [
        NOTHING,
        BUSY,
        answer(429, retry_after="1"),
        answer(429),
        answer(409, retry_after="1"),
        answer(500, code=5000),
        Reply(502, {}, b"<html>"),
    ],
    ids=["dropped", "busy", "limit", "limit without a time", "twin", "fault", "proxy"],
)
def test_no_usable_answer_is_asked_for_again(ask, first):
    data, player = asked(ask, first, success({"id": "9"}))
    assert data == {"id": "9"}
    assert player.sent[0] == player.sent[1]
    assert len(player.pauses) == 1


@pytest.mark.parametrize(
    "reply",
    [
        answer(400),
        answer(400, retry_after="1"),
        answer(409),
        answer(504, code=5002, retry_after="1", x_should_retry="false"),
        answer(429, retry_after="61"),
    ],
    ids=["wrong", "wrong with a time", "conflict", "unknown outcome", "too long a wait"],
)
def test_definite_answer_is_told_at_once(ask, reply):
    player = Player(reply)
    with pytest.raises(ServerRefused):
        player(ask("GET", "/", repeats=True))
    assert player.pauses == []


def test_what_may_not_be_repeated_is_sent_once(ask):
    player = Player(BUSY)
    with pytest.raises(ServerRefused):
        player(ask("POST", "/", repeats=False))
    lost = Player(NOTHING)
    with pytest.raises(ServerUnreachable):
        lost(ask("POST", "/", repeats=False))
    assert (player.pauses, lost.pauses) == ([], [])


def test_pauses_grow_and_a_server_that_stays_busy_is_told(ask):
    player = Player(*[answer(429)] * 4)
    with pytest.raises(LimitReached):
        player(ask("GET", "/", repeats=True))
    assert tuple(player.pauses) == WAITS_S


@pytest.mark.parametrize(("asks", "waits"), [("7", 7), ("60", 60), ("0", 0.5)])
def test_pause_is_as_long_as_the_server_asks(ask, asks, waits):
    _, player = asked(ask, answer(503, retry_after=asks), success({}))
    assert player.pauses == [waits]


def test_server_that_never_answered_is_not_waited_for():
    player = Player(Dropped("no connection"))
    with pytest.raises(ServerUnreachable) as nobody:
        player(Asking(Access("http://127.0.0.1:9", "fg_key"))("GET", "/", repeats=True))
    assert player.pauses == []
    assert str(nobody.value) == (
        "no framegate answers at http://127.0.0.1:9 (no connection); "
        "start one with: framegate serve; if it listens elsewhere, say where with --url or "
        "FRAMEGATE_URL"
    )


def test_server_elsewhere_is_not_to_be_started_here(ask):
    with pytest.raises(ServerUnreachable, match="check the address"):
        Player(NOTHING)(ask("GET", "/", repeats=False))


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"null", b'{"code": 0, "data": []}', b"\xff"])
def test_answer_of_another_program_is_not_taken_for_ours(ask, body):
    with pytest.raises(ServerUnreachable, match=r"is no framegate \(HTTP 200\); check the address"):
        Player(Reply(200, {}, body))(ask("GET", "/", repeats=True))


def test_refusal_carries_all_that_the_envelope_said(ask):
    errors = [{"path": "/a", "message": "a is wrong"}, {"path": "/b", "message": "b is wrong"}]
    reply = answer(429, {"errors": errors}, code=1302, message="a is wrong", retry_after="99")
    with pytest.raises(LimitReached) as refused:
        Player(reply)(ask("GET", "/", repeats=True))
    error = refused.value
    assert (error.http_status, error.code, error.request_id) == (429, 1302, "req_1")
    assert (error.message, error.retry_after_s) == ("a is wrong", 99)
    assert error.errors == (FieldProblem("/a", "a is wrong"), FieldProblem("/b", "b is wrong"))
    assert "b is wrong" in str(error)
    assert error.what_to_do in str(error)
