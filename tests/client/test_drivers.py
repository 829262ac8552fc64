"""Both drivers carry out the same steps the same way, over real sockets."""

import asyncio

import pytest
from starlette.responses import Response

from fakes.scripted_server import Dropped as Cut
from framegate.client.drivers import AsyncDriver, Driver
from framegate.client.steps import Close, Dropped, Give, Now, Open, Pause, Piece, Send, Tell, Work

NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def server(scripted):
    return scripted[0]


@pytest.fixture
def url(scripted):
    return scripted[1]


def blocking(script):
    driver = Driver(wait_s=10)
    try:
        return driver.play(script)
    finally:
        driver.play(one(Close()))


def awaiting(script):
    async def run():
        driver = AsyncDriver(wait_s=10)
        try:
            return await driver.play(script)
        finally:
            await driver.play(one(Close()))

    return asyncio.run(run())


@pytest.fixture(params=[blocking, awaiting])
def play(request):
    return request.param


def one(step):
    return (yield step)


def test_request_is_sent_as_it_is_and_its_answer_comes_back(play, server, url):
    server.answers.append(Response(b"body", 418, {"X-Thing": "a"}))
    reply = play(one(Send(method="POST", url=f"{url}/a/b", headers={"k": "v"}, content=b"\x00x")))
    assert (reply.http_status, reply.body, reply.headers["x-thing"]) == (418, b"body", "a")
    (asked,) = server.asked
    assert (asked.method, asked.path, asked.body) == ("POST", "/a/b", b"\x00x")
    assert asked.headers["k"] == "v"


def test_body_goes_piece_by_piece_to_whoever_wants_it(play, server, url):
    server.answers.append(Response(b"x" * 1_000_000))
    pieces = []
    reply = play(one(Send(method="GET", url=url, to=pieces.append)))
    assert (reply.body, b"".join(pieces)) == (b"", b"x" * 1_000_000)
    assert len(pieces) > 1


def test_body_of_a_no_is_not_taken_for_the_file(play, server, url):
    server.answers.append(Response(b"gone", 404))
    pieces = []
    reply = play(one(Send(method="GET", url=url, to=pieces.append)))
    assert (reply.body, pieces) == (b"gone", [])


def test_redirect_is_an_answer_and_not_followed(play, server, url):
    server.answers.append(Response(b"", 302, {"Location": NOWHERE}))
    assert play(one(Send(method="GET", url=url))).http_status == 302


@pytest.mark.parametrize("cut", [Cut(), Cut(b"half")], ids=["before", "in the middle"])
def test_broken_connection_is_thrown_into_the_script(play, server, url, cut):
    server.answers.append(cut)

    def script():
        try:
            yield Send(method="GET", url=url)
        except Dropped as dropped:
            return dropped.why

    assert play(script()) == "the connection broke"


def test_what_goes_on_and_on_comes_piece_by_piece_until_it_breaks(play, server, url):
    server.answers.append(Cut(b"half"))

    def script():
        reply = yield Open(url=url, headers={"k": "v"})
        first = yield Piece()
        try:
            yield Piece()
        except Dropped as dropped:
            return reply.http_status, first, dropped.why

    assert play(script()) == (200, b"half", "the connection broke")
    assert server.asked[0].headers["k"] == "v"


def test_a_no_to_what_was_to_go_on_has_its_body(play, server, url):
    server.answers.append(Response(b"gone", 404))
    reply = play(one(Open(url=url)))
    assert (reply.http_status, reply.body) == (404, b"gone")
    assert play(one(Piece())) == b""


def test_nobody_there_to_go_on_is_told_apart(play):
    with pytest.raises(Dropped, match="no connection"):
        play(one(Open(url=NOWHERE)))


def test_what_is_given_goes_to_whoever_iterates():
    def script():
        yield Give(1)
        yield Now()
        yield Give(2)

    assert list(Driver(wait_s=10).each(script())) == [1, 2]

    async def run():
        return [value async for value in AsyncDriver(wait_s=10).each(script())]

    assert asyncio.run(run()) == [1, 2]


def test_nobody_there_is_told_apart(play):
    with pytest.raises(Dropped, match="no connection"):
        play(one(Send(method="GET", url=NOWHERE)))


@pytest.mark.parametrize(
    "step", [Send(method="GET", url="http://[v1.a]/"), Open(url="http://ä-.-")]
)
def test_host_that_cannot_be_one_is_nobody_there(play, step):
    with pytest.raises(Dropped, match="no such address"):
        play(one(step))


def test_proxies_of_the_environment_are_not_asked(play, server, url, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", NOWHERE)
    monkeypatch.setenv("ALL_PROXY", NOWHERE)
    server.answers.append(Response(b"body"))
    assert play(one(Send(method="GET", url=url))).body == b"body"


def test_work_is_done_and_its_error_is_the_scripts(play):
    assert play(one(Work(lambda: 7))) == 7

    def script():
        try:
            yield Work(lambda: 1 // 0)
        except ZeroDivisionError:
            return (yield Work(lambda: 8))

    assert play(script()) == 8


def test_news_are_told_and_what_the_listener_raises_ends_the_script(play):
    told = []
    play(one(Tell(told.append, "news")))
    assert told == ["news"]

    def raising(_news):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        play(one(Tell(raising, "news")))


def test_listener_may_be_a_coroutine_where_calls_are_awaited():
    told = []

    async def listen(news):
        await asyncio.sleep(0)
        told.append(news)

    awaiting(one(Tell(listen, "news")))
    assert told == ["news"]


def test_clock_never_goes_back_over_a_pause(play):
    def script():
        began = yield Now()
        yield Pause(0)
        return (yield Now()) - began

    assert play(script()) >= 0


def test_script_that_is_given_up_tidies_up(play):
    tidied = []

    def script():
        try:
            yield Work(_interrupted)
        finally:
            tidied.append(True)

    with pytest.raises(KeyboardInterrupt):
        play(script())
    assert tidied == [True]


def _interrupted():
    raise KeyboardInterrupt
