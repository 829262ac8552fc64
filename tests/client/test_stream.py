"""A task's events, whole and once, over as many connections as it takes."""

import asyncio

import pytest
from starlette.applications import Starlette
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from fakes.drawn import picture
from fakes.played import Player, answer, success
from fakes.serving import serving
from framegate import (
    AsyncFramegate,
    Framegate,
    LimitReached,
    NotFound,
    ServerUnreachable,
    TaskFailed,
)
from framegate.client import calls
from framegate.client.steps import Dropped, Reply
from framegate.client.stream import AGAIN_AFTER_S, EVENT_BYTES_MAX, Reader
from processes import Framegate as Gate

OPEN = b"retry: 2000\nid: 4\nevent: open\ndata: {}\n\n"
PROCESSING = (
    b'id: 5\nevent: task\ndata: {"task":"task_1","status":"processing","at":1800000000000}\n\n'
)
PROGRESS = b'event: progress\ndata: {"stage":"rendering","frames_done":3,"frames_total":9}\n\n'
DONE = b'id: 6\nevent: task\ndata: {"status":"succeeded","state":"succeeded"}\n\n'
BROKE = Dropped("the connection broke")
TRIES_MAX = len(AGAIN_AFTER_S) + 1


def heard(ask, *streams):
    player = Player()
    player.streams.extend(streams)
    player(calls.events(ask, "9"))
    return player


def test_every_event_is_given_up_to_the_last(ask):
    player = heard(ask, [OPEN + PROCESSING, b": still here\n\n", PROGRESS + DONE, PROCESSING])
    kinds = [(event.kind, event.status, event.frames_done) for event in player.given]
    assert kinds == [("task", "processing", 0), ("progress", "", 3), ("task", "succeeded", 0)]
    assert f"{player.given[0].at:%Y-%m-%d}" == "2027-01-15"


@pytest.mark.parametrize("size", [1, 2, 7])
@pytest.mark.parametrize("line", [b"\n", b"\r\n"])
def test_pieces_may_be_cut_anywhere(size, line):
    whole = (OPEN + PROCESSING + PROGRESS).replace(b"\n", line)
    reader, found = Reader(), []
    for at in range(0, len(whole), size):
        found += reader.events(whole[at : at + size])
    assert [event.kind for event in found] == ["open", "task", "progress"]


def test_stream_that_broke_is_taken_up_behind_what_was_heard(ask):
    player = heard(ask, [OPEN, PROCESSING, BROKE], [OPEN, BROKE], [DONE])
    assert [event.status for event in player.given] == ["processing", "succeeded"]
    assert [each.headers.get("Last-Event-ID") for each in player.opened] == [None, "5", "4"]


def test_stream_that_ended_in_order_is_taken_up_too(ask):
    assert len(heard(ask, [PROCESSING], [DONE]).given) == 2


def test_nothing_more_to_hear_is_an_end(ask):
    assert heard(ask, [PROCESSING], Reply(204, {}, b"")).given[0].status == "processing"


def test_server_that_is_busy_is_left_alone_as_long_as_it_asks(ask):
    busy = answer(429, code=1302, retry_after="7")
    assert heard(ask, busy, [DONE]).pauses == [7]


def test_server_that_stays_busy_is_quoted_and_not_called_unreachable(ask):
    busy = answer(429, code=1302, message="too many streams")
    with pytest.raises(LimitReached, match="too many streams"):
        heard(ask, *[busy] * TRIES_MAX)


def test_one_that_breaks_again_and_again_is_given_up(ask):
    with pytest.raises(ServerUnreachable, match="the connection broke"):
        heard(ask, *[[BROKE]] * TRIES_MAX)


def test_server_that_is_started_anew_is_waited_for(ask):
    player = heard(ask, [PROCESSING, BROKE], *[Dropped("no connection")] * (TRIES_MAX - 2), [DONE])
    assert [event.status for event in player.given] == ["processing", "succeeded"]
    assert sum(player.pauses) > 100


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (answer(404, code=1203), NotFound),
        (Reply(200, {"content-type": "text/html"}, b"<html>"), ServerUnreachable),
    ],
)
def test_a_no_is_raised(ask, reply, error):
    with pytest.raises(error):
        heard(ask, reply)


@pytest.mark.parametrize("piece", [b"x" * (EVENT_BYTES_MAX + 1), b"data: {\n\n", b"data: []\n\n"])
def test_what_is_no_event_of_ours_is_not_kept(piece):
    with pytest.raises(Dropped):
        list(Reader().events(piece))


# --- a wait by events -------------------------------------------------------------------------


def task(status, **more):
    return success({"id": "9", "status": status, "price": "0.56"} | more)


def test_wait_is_told_by_events_and_looks_when_it_is_worth_while(ask):
    player, seen = Player(task("submitted"), task("processing"), task("succeeded")), []
    player.streams.extend([[OPEN + PROCESSING], [OPEN, PROGRESS, PROGRESS, DONE]])
    player(calls.wait(ask, "9", on_progress=seen.append))
    assert [(each.status, each.frames_done) for each in seen] == [
        ("submitted", 0), ("processing", 0), ("processing", 3), ("processing", 3), ("succeeded", 0),
    ]  # fmt: skip
    assert player.pauses == []


@pytest.mark.parametrize(
    "found", [Reply(404, {}, b""), Reply(200, {"content-type": "text/html"}, b""), [], [BROKE]]
)
def test_where_there_is_no_stream_it_looks_on(ask, found):
    player = Player(task("processing"), task("processing"), task("succeeded"))
    player.streams.append(found)
    assert player(calls.wait(ask, "9")).status == "succeeded"
    assert (len(player.opened), len(player.pauses)) == (1, 2)


def test_wait_takes_up_the_stream_of_a_server_that_was_started_anew(ask):
    player, seen = Player(task("processing"), BROKE, task("processing"), task("succeeded")), []
    player.streams.extend([[OPEN, BROKE], [OPEN, PROGRESS, DONE]])
    player(calls.wait(ask, "9", on_progress=seen.append))
    assert [each.frames_done for each in seen] == [0, 0, 3, 0]


def test_streams_that_are_cut_short_are_not_opened_without_a_pause(ask):
    player = Player(*[task("processing")] * 3, task("succeeded"))
    player.streams.extend([[OPEN], [OPEN], [OPEN]])
    player(calls.wait(ask, "9"))
    assert player.pauses == [calls.LOOK_AFTER_S] * 3


def test_a_short_wait_does_not_hang_on_a_silent_stream(ask):
    player = Player(task("processing"), task("succeeded"))
    player(calls.wait(ask, "9", timeout=calls.STREAM_LEFT_S_MIN))
    assert player.opened == []


def test_wait_for_one_that_fails_raises_its_reason(ask):
    player = Player(task("processing"), task("failed", message="image is not readable"))
    player.streams.append([DONE.replace(b"succeeded", b"failed")])
    with pytest.raises(TaskFailed, match="image is not readable"):
        player(calls.wait(ask, "9"))


# --- over sockets -----------------------------------------------------------------------------


class Streams:
    """A server whose streams are what `bodies` says, one after the other."""

    def __init__(self, *bodies):
        self.bodies = list(bodies)
        self.came_back_with = []

    def app(self):
        return Starlette(routes=[Route("/api/tasks/9/events", self.answer)])

    async def answer(self, request):
        self.came_back_with.append(request.headers.get("last-event-id"))
        body = self.bodies.pop(0)
        if body is None:
            return Response(status_code=204)

        async def pieces():
            for piece in body:
                yield piece

        return StreamingResponse(pieces(), media_type="text/event-stream")


def test_both_faces_iterate_and_come_back_with_the_last_id():
    for face in (_blocking, _awaiting):
        server = Streams([OPEN, PROCESSING], [PROGRESS], None)
        with serving(server.app()) as url:
            assert face(url) == ["task", "progress"]
        assert server.came_back_with == [None, "5", "5"]


def _blocking(url):
    with Framegate(url, "fg_key") as client:
        return [event.kind for event in client.events("9")]


def _awaiting(url):
    async def run():
        async with AsyncFramegate(url, "fg_key") as client:
            return [event.kind async for event in client.events("9")]

    return asyncio.run(run())


def test_whoever_stops_to_listen_leaves_nothing_open():
    server = Streams([PROCESSING, PROGRESS, DONE])
    with serving(server.app()) as url, Framegate(url, "fg_key") as client:
        assert next(client.events("9")).status == "processing"


def test_a_real_task_is_heard_from_its_beginning_to_its_end(tmp_path):
    with Gate(tmp_path / "gate") as gate:
        key = (gate.data / "admin.key").read_text().strip()
        with Framegate(gate.url, key) as client:
            begun = client.submit(picture(320, 320), duration=3)
            told = [event for event in client.events(begun) if event.kind == "task"]
            video = client.wait(begun, on_progress=lambda _: None)
    assert [event.status for event in told][-2:] == ["processing", "succeeded"]
    assert told[-1].is_last
    assert video.task.id == begun.id
