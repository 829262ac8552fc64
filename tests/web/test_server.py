import asyncio
import contextlib
import gc
import os
import resource
import signal
import socket
import subprocess
import sys

import pytest
from starlette.responses import Response
from starlette.routing import Route

from framegate.errors import SettingsInvalid
from framegate.web import server
from framegate.web.connection import BoundedConnection, Limits
from framegate.web.edge import Edge, Paths

PATIENCE_S = 10
"""How long a test waits for what must happen before it fails; no test waits that long."""


class Gate:
    """A handler that tells when it is entered and answers when it is let go."""

    def __init__(self):
        self.entered, self.let_go = asyncio.Event(), asyncio.Event()

    async def handle(self, _request):
        self.entered.set()
        await self.let_go.wait()
        return Response("through")


@contextlib.contextmanager
def files_max(count):
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (count, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.parametrize(
    ("count", "wished", "fit"), [(2_128, 1_000, 1_000), (2_126, 1_000, 999), (130, 1_000, 1)]
)
def test_connections_fit_twice_into_what_descriptors_are_left(count, wished, fit):
    with files_max(count):
        assert server.connections_that_fit(wished) == fit


def test_too_few_descriptors_for_a_single_connection_are_refused():
    with files_max(129), pytest.raises(SettingsInvalid, match="may open 129 files"):
        server.connections_that_fit(1_000)


async def hello(_request):
    return Response("hello")


async def echo(request):
    return Response(await request.body())


async def flood(_request):
    return Response(b"x" * 32_000_000)


def app_of(handler):
    return Edge(Paths([Route("/", handler, methods=["GET", "POST"])]))


@contextlib.asynccontextmanager
async def serving(
    handler,
    *,
    on_stopping=server.do_nothing,
    listener=None,
    connection=BoundedConnection,
    **limits,
):
    """The address of a running server; it is stopped at the end."""
    listener = listener or server.listen("127.0.0.1", 0)
    started = asyncio.Event()
    task = asyncio.create_task(
        server.serve(
            app_of(handler),
            listener,
            limits=Limits(**{"shutdown_wait_s": 1, **limits}),
            connection=connection,
            on_started=started.set,
            on_stopping=on_stopping,
        )
    )
    await asyncio.wait_for(started.wait(), PATIENCE_S)
    try:
        yield listener
    finally:
        task.cancel()
        await asyncio.wait([task], timeout=PATIENCE_S)
    assert task.done()


class Client:
    """A raw connection: it sends what it is told, byte for byte."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    async def send(self, data):
        self.writer.write(data)
        await self.writer.drain()

    async def everything(self):
        """All that comes until the server hangs up."""
        return await asyncio.wait_for(self.reader.read(), PATIENCE_S)

    async def answer(self):
        """One answer with its body, on a connection that stays open."""
        head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), PATIENCE_S)
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        return head + await asyncio.wait_for(self.reader.readexactly(length), PATIENCE_S)


@contextlib.asynccontextmanager
async def connected(listener):
    reader, writer = await asyncio.open_connection(listener.host, listener.port)
    try:
        yield Client(reader, writer)
    finally:
        writer.close()


REQUEST = b"GET / HTTP/1.1\r\nHost: gate\r\n\r\n"


@contextlib.asynccontextmanager
async def speaking(first, handler, **limits):
    """A client of a new server whose first bytes are there before the server looks.

    A deadline of a connection begins when it is made: on a busy machine it could be over before a
    test has said anything.
    """
    listener = server.listen("127.0.0.1", 0)
    connection = socket.create_connection((listener.host, listener.port))
    connection.sendall(first)
    async with serving(handler, listener=listener, **limits):
        reader, writer = await asyncio.open_connection(sock=connection)
        try:
            yield Client(reader, writer)
        finally:
            writer.close()


# --- listening --------------------------------------------------------------------------------


def test_port_zero_takes_a_free_port_and_says_which():
    listener = server.listen("127.0.0.1", 0)
    listener.socket.close()
    assert listener.port > 0
    assert listener.url == f"http://127.0.0.1:{listener.port}"


def test_address_of_version_six_stands_in_brackets():
    with socket.socket() as unbound:
        assert server.Listener(socket=unbound, host="::1", port=80).url == "http://[::1]:80"


def test_taken_port_is_a_sentence_for_the_operator():
    first = server.listen("127.0.0.1", 0)
    with pytest.raises(SettingsInvalid, match=f"cannot listen on 127.0.0.1:{first.port} .*--port"):
        server.listen("127.0.0.1", first.port)
    first.socket.close()


def test_unknown_host_is_a_sentence_for_the_operator():
    with pytest.raises(SettingsInvalid, match=r"cannot listen on 203\.0\.113\.77:0"):
        server.listen("203.0.113.77", 0)


# --- serving ----------------------------------------------------------------------------------


async def test_two_requests_share_one_connection():
    async with serving(hello) as listener, connected(listener) as client:
        for _ in range(2):
            await client.send(REQUEST)
            assert (await client.answer()).endswith(b"hello")


async def test_head_is_answered_without_a_body():
    async with serving(hello) as listener, connected(listener) as client:
        await client.send(b"HEAD / HTTP/1.1\r\nHost: gate\r\nConnection: close\r\n\r\n")
        answer = await client.everything()
    assert b"content-length: 5\r\n" in answer
    assert answer.endswith(b"\r\n\r\n")


async def test_answers_do_not_name_the_server_software():
    async with serving(hello) as listener, connected(listener) as client:
        await client.send(REQUEST)
        assert b"\r\nserver:" not in (await client.answer()).lower()


async def test_collector_is_quiet_while_serving_and_as_before_afterwards():
    before = gc.get_threshold()
    async with serving(hello):
        assert gc.get_threshold() == server.GC_THRESHOLDS
        assert gc.get_freeze_count() > 0
    assert gc.get_threshold() == before


# --- clients that would never end -------------------------------------------------------------


async def test_client_that_dribbles_its_headers_is_answered_408():
    async with speaking(b"GET / HTTP/1.1\r\nHost: ga", hello, head_wait_s=0.05) as client:
        answer = await client.everything()
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"message":"request headers did not arrive within 0.05 seconds"' in answer
    assert b"x-request-id: req_" in answer


async def test_header_bytes_now_and_then_do_not_push_the_deadline_back():
    async with speaking(b"GET / HTTP/1.1\r\n", hello, head_wait_s=0.1) as client:
        ended = asyncio.ensure_future(client.everything())
        while not ended.done():
            client.writer.write(b"a")
            await asyncio.wait([ended], timeout=0.01)
    assert ended.result().startswith(b"HTTP/1.1 408 ")


async def test_client_that_says_nothing_is_closed_without_a_word():
    async with serving(hello, head_wait_s=0.05) as listener, connected(listener) as client:
        assert await client.everything() == b""


async def test_second_request_that_dribbles_is_ended_too():
    async with speaking(REQUEST, hello, head_wait_s=0.05) as client:
        await client.answer()
        await client.send(b"G")
        assert (await client.everything()).startswith(b"HTTP/1.1 408 ")


async def test_empty_lines_between_requests_do_not_keep_a_connection():
    async with speaking(REQUEST, hello, head_wait_s=0.05) as client:
        await client.answer()
        await client.send(b"\r\n")
        assert await client.everything() == b""


async def test_idle_connection_is_closed_after_its_time():
    async with serving(hello, keep_alive_s=0) as listener, connected(listener) as client:
        await client.send(REQUEST)
        assert (await client.everything()).endswith(b"hello")


async def test_request_that_takes_longer_than_the_header_deadline_is_answered():
    gate = Gate()
    async with speaking(REQUEST, gate.handle, head_wait_s=0.02) as client:
        await asyncio.wait_for(gate.entered.wait(), PATIENCE_S)
        await asyncio.sleep(0.1)  # Five deadlines long; a deadline that still ran would close.
        gate.let_go.set()
        assert (await client.answer()).endswith(b"through")


async def test_dribbling_next_request_does_not_cut_the_answer_under_way():
    gate = Gate()
    async with speaking(REQUEST + b"GET ", gate.handle, head_wait_s=0.02) as client:
        await asyncio.wait_for(gate.entered.wait(), PATIENCE_S)
        await asyncio.sleep(0.1)  # Five deadlines long, as above.
        gate.let_go.set()
        assert b"through" in await client.everything()


async def test_body_that_still_comes_after_its_answer_is_swallowed_only_for_a_while():
    begun = b"POST / HTTP/1.1\r\nHost: gate\r\nContent-Length: 100\r\n\r\nx"
    async with speaking(begun, hello, head_wait_s=0.05) as client:
        assert (await client.everything()).endswith(b"hello")


async def test_client_that_never_reads_its_answer_is_ended():
    ended = asyncio.Event()

    class Noted(BoundedConnection):
        def connection_lost(self, exc):
            ended.set()
            super().connection_lost(exc)

    async with (
        serving(flood, connection=Noted, write_wait_s=0.05) as listener,
        connected(listener) as client,
    ):
        await client.send(REQUEST)
        client.writer.transport.pause_reading()
        await asyncio.wait_for(ended.wait(), PATIENCE_S)
        client.writer.transport.resume_reading()
        with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
            await client.answer()


# --- the last answer of a connection ----------------------------------------------------------

LAST_ANSWERS = {
    "nonsense": (b"\x16\x03\x01\x02", b"HTTP/1.1 400 "),
    "headers that are too large": (
        b"POST / HTTP/1.1\r\nContent-Length: 90000\r\nPad: %s\r\n\r\n" % (b"x" * 1_000),
        b"HTTP/1.1 400 ",
    ),
    "a body that nobody waits for": (
        b"POST / HTTP/1.1\r\nContent-Length: 90000\r\nConnection: close\r\n\r\n",
        b"HTTP/1.1 200 ",
    ),
    "a body that breaks off into nonsense": (
        b"POST / HTTP/1.1\r\nHost: gate\r\nTransfer-Encoding: chunked\r\n\r\nno number\r\n",
        b"HTTP/1.1 400 ",
    ),
}


@contextlib.asynccontextmanager
async def plain_socket(listener):
    """A connection of which nothing is read before the test reads it."""
    loop = asyncio.get_running_loop()
    with socket.socket() as connection:
        connection.setblocking(False)
        await loop.sock_connect(connection, (listener.host, listener.port))
        yield connection


async def has_been_answered(connection):
    loop, answered = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(connection, answered.set)
    await asyncio.wait_for(answered.wait(), PATIENCE_S)
    loop.remove_reader(connection)


async def send_on_until_cut_off(connection):
    async with asyncio.timeout(PATIENCE_S):
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):
            while True:
                await asyncio.get_running_loop().sock_sendall(connection, b"x" * 1_000)
                await asyncio.sleep(0.001)


@pytest.mark.parametrize("case", LAST_ANSWERS)
async def test_client_that_is_still_sending_reads_its_last_answer_whole(case):
    request, begins = LAST_ANSWERS[case]
    loop = asyncio.get_running_loop()
    handler = echo if "breaks off" in case else hello
    async with (
        serving(handler, head_bytes_max=1_000) as listener,
        plain_socket(listener) as connection,
    ):
        await loop.sock_sendall(connection, request)
        await has_been_answered(connection)
        for _ in range(30):
            await loop.sock_sendall(connection, b"x" * 1_000)
        answer = b""
        async with asyncio.timeout(PATIENCE_S):
            while piece := await loop.sock_recv(connection, 65_536):
                answer += piece
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(begins)
    assert b"\r\ncontent-length: %d\r\n" % len(body) in head + b"\r\n"


async def test_client_that_sends_on_after_its_last_answer_is_cut_off_after_a_while():
    async with (
        serving(hello, head_wait_s=0.05) as listener,
        plain_socket(listener) as connection,
    ):
        await asyncio.get_running_loop().sock_sendall(connection, LAST_ANSWERS["nonsense"][0])
        await send_on_until_cut_off(connection)


async def test_server_does_not_wait_at_its_end_for_a_client_that_had_its_last_answer():
    async with serving(hello, head_wait_s=600, shutdown_wait_s=600) as listener:
        reader, writer = await asyncio.open_connection(listener.host, listener.port)
        client = Client(reader, writer)
        await client.send(LAST_ANSWERS["nonsense"][0])
        assert (await client.everything()).startswith(b"HTTP/1.1 400 ")
    writer.close()


# --- limits -----------------------------------------------------------------------------------


def padded(bytes_total):
    """A GET whose request target, header names and header values have so many bytes."""
    return b"GET / HTTP/1.1\r\nHost: gate\r\nPad: %s\r\n\r\n" % (b"x" * (bytes_total - 12))


async def test_headers_of_exactly_the_limit_are_read():
    async with serving(hello, head_bytes_max=1_000) as listener, connected(listener) as client:
        await client.send(padded(1_000))
        assert (await client.answer()).endswith(b"hello")


async def test_headers_of_one_byte_more_are_refused():
    async with serving(hello, head_bytes_max=1_000) as listener, connected(listener) as client:
        await client.send(padded(1_001))
        answer = await client.everything()
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"request headers must be at most 1000 bytes" in answer


async def test_headers_without_an_end_are_refused_at_the_limit():
    async with serving(hello, head_bytes_max=1_000) as listener, connected(listener) as client:
        await client.send(b"GET / HTTP/1.1\r\nPad: ")
        ended = asyncio.ensure_future(client.everything())
        while not ended.done():
            client.writer.write(b"x" * 100)
            await asyncio.wait([ended], timeout=0.001)
    assert b"request headers must be at most 1000 bytes" in ended.result()


async def test_large_body_does_not_count_as_headers():
    body = b"x" * 500_000
    async with serving(echo, head_bytes_max=1_000) as listener, connected(listener) as client:
        for _ in range(2):
            await client.send(b"POST / HTTP/1.1\r\nContent-Length: 500000\r\n\r\n" + body)
            assert (await client.answer()).endswith(body)


@pytest.mark.parametrize(
    "nonsense", [b"\x16\x03\x01\x02", b"GET\r\n\r\n", b"GET / HTTP/1.1\r\nno colon\r\n\r\n"]
)
async def test_nonsense_is_refused_in_the_envelope(nonsense):
    async with serving(hello) as listener, connected(listener) as client:
        await client.send(nonsense)
        answer = await client.everything()
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b'{"code":1200,"message":"the request is not valid HTTP","request_id":"req_' in answer


@pytest.mark.parametrize(
    "target", [b"CONNECT gate:443", b"GET http://gate:99999/", b"GET \xff\xfe", b"OPTIONS *"]
)
async def test_odd_request_target_is_never_our_fault(target):
    async with serving(hello) as listener, connected(listener) as client:
        await client.send(target + b" HTTP/1.1\r\nHost: gate\r\nConnection: close\r\n\r\n")
        assert (await client.everything()).startswith(b"HTTP/1.1 4")


async def test_upgrade_that_we_do_not_speak_is_answered_as_a_plain_request():
    async with serving(hello) as listener, connected(listener) as client:
        upgrade = b"Connection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n"
        await client.send(b"GET / HTTP/1.1\r\nHost: gate\r\n" + upgrade)
        assert (await client.everything()).endswith(b"hello")


async def test_connection_beyond_the_limit_is_answered_503_and_the_others_are_unharmed():
    gate = Gate()
    async with serving(gate.handle, connections_max=1) as listener, connected(listener) as first:
        await first.send(REQUEST)
        await asyncio.wait_for(gate.entered.wait(), PATIENCE_S)
        async with connected(listener) as second:
            await second.send(REQUEST)
            refused = await second.everything()
        gate.let_go.set()
        assert (await first.answer()).endswith(b"through")
    assert refused.startswith(b"HTTP/1.1 503 ")
    assert b"retry-after: 1\r\n" in refused
    assert b'"code":5001' in refused


async def test_connection_beyond_twice_the_limit_is_not_answered():
    async with (
        serving(hello, connections_max=1, head_wait_s=600) as listener,
        connected(listener) as one,
        connected(listener),
        connected(listener) as three,
    ):
        await one.send(REQUEST)
        await one.answer()
        assert await three.everything() == b""


# --- stopping ---------------------------------------------------------------------------------


async def test_request_under_way_is_answered_before_the_server_ends():
    gate, stopping = Gate(), asyncio.Event()

    async def ask(listener):
        async with connected(listener) as client:
            await client.send(REQUEST)
            return await client.everything()

    async with serving(gate.handle, on_stopping=stopping.set, shutdown_wait_s=10) as listener:
        asked = asyncio.create_task(ask(listener))
        await asyncio.wait_for(gate.entered.wait(), PATIENCE_S)
        asyncio.get_running_loop().call_soon(os.kill, os.getpid(), signal.SIGTERM)
        await asyncio.wait_for(stopping.wait(), PATIENCE_S)
        gate.let_go.set()
        assert (await asked).endswith(b"through")


async def test_request_that_never_ends_is_cut_off_with_an_uncertain_answer():
    gate = Gate()
    async with serving(gate.handle, shutdown_wait_s=0) as listener:
        reader, writer = await asyncio.open_connection(listener.host, listener.port)
        client = Client(reader, writer)
        await client.send(REQUEST)
        await asyncio.wait_for(gate.entered.wait(), PATIENCE_S)
        ended = asyncio.ensure_future(client.everything())
    assert b'"code":5000' in await ended
    writer.close()


PROCESS = """
import asyncio, sys
from framegate.web import server

async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"", "more_body": False})

async def main():
    listener = server.listen("127.0.0.1", 0)
    await server.serve(app, listener, on_started=lambda: print(listener.port, flush=True))
    print("closed", type(asyncio.get_running_loop()).__module__, flush=True)

server.run(main())
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_the_process_cleanly_after_what_follows_serve(number):
    """A database that is opened around the server must be closed by the same process."""
    with subprocess.Popen(
        [sys.executable, "-c", PROCESS], stdout=subprocess.PIPE, text=True
    ) as process:
        assert int(process.stdout.readline()) > 0
        process.send_signal(number)
        said, _ = process.communicate(timeout=PATIENCE_S)
    assert said.split() == ["closed", "uvloop"]
    assert process.returncode == 0
