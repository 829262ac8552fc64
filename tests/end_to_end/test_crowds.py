"""Many who never finish what they say, and some who never stop: the others are served meanwhile."""

import re
import socket
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from end_to_end.conftest import DEAD, allowing
from fakes.attacks import GOOD, post
from processes import Framegate

CONNECTIONS_MAX = 60
DRIBBLERS = 20
ENDED_WITHIN_S = 20
LARGE_BYTES = 60 << 20
GROWTH_KB_MAX = 30_000
"""What 16 bodies of 60 MB may leave behind: half of one. Kept whole they would be a gigabyte."""

IMPATIENT = f"""
[server]
header_wait_s = 1
body_wait_s = 1
connections_max = {CONNECTIONS_MAX}
"""
HEAD = b"GET /healthz HTTP/1.1\r\nHost: gate\r\n"


@pytest.fixture(scope="module")
def gate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("crowds")
    with Framegate(folder, config=IMPATIENT, **allowing(DEAD)) as gate:
        yield gate
        assert gate.audit() == []


@pytest.fixture(scope="module")
def patient(tmp_path_factory):
    """A gate with as few places that gives everybody time."""
    folder = tmp_path_factory.mktemp("patient_crowds")
    config = f"[server]\nconnections_max = {CONNECTIONS_MAX}\n"
    with Framegate(folder, config=config, **allowing(DEAD)) as gate:
        yield gate


def is_well(gate):
    """As a probe sees it that keeps its connection."""
    return gate.http.get("/healthz").status_code == 200


def opened(gate, stack):
    return stack.enter_context(socket.create_connection(("127.0.0.1", gate.port), ENDED_WITHIN_S))


def end_of(connection):
    """Everything that is still said until the server hangs up."""
    pieces = []
    try:
        while piece := connection.recv(65_536):
            pieces.append(piece)
    except ConnectionResetError:
        pass  # It hung up on a byte that was still coming.
    return b"".join(pieces)


def dribble(gate, beginnings):
    """Send a byte every now and then on many connections until the server ends them all."""
    deadline = time.monotonic() + ENDED_WITHIN_S
    with ExitStack() as stack:
        connections = [opened(gate, stack) for _ in beginnings]
        for connection, beginning in zip(connections, beginnings, strict=True):
            connection.sendall(beginning)
        waiting = list(connections)
        answers = []
        while waiting:
            assert time.monotonic() < deadline, f"{len(waiting)} are still served"
            assert is_well(gate)
            for connection in list(waiting):
                try:
                    connection.sendall(b"a")
                    connection.settimeout(0.01)
                    said = connection.recv(65_536, socket.MSG_PEEK)
                except TimeoutError:
                    continue
                except OSError:
                    said = b""
                connection.settimeout(ENDED_WITHIN_S)
                answers.append(said and end_of(connection))
                waiting.remove(connection)
    return answers


@pytest.mark.parametrize("beginning", [b"GET /healthz", HEAD + b"X-Slow: "])
def test_heads_that_dribble_are_ended_and_nobody_else_waits(gate, beginning):
    answers = dribble(gate, [beginning] * DRIBBLERS)

    # Who was reset has read nothing: a byte of ours met the closed door.
    assert {answer[:12] for answer in answers} <= {b"HTTP/1.1 408", b""}


def test_bodies_that_dribble_are_ended_and_leave_nothing(gate):
    key = gate.http.headers["Authorization"]
    lengthy = post(key, f"Content-Length: {len(GOOD) * 99}")
    chunked = post(key, "Transfer-Encoding: chunked", body="5\r\n{")

    answers = dribble(gate, [lengthy, chunked] * (DRIBBLERS // 2))

    assert {answer[:12] for answer in answers} <= {b"HTTP/1.1 408", b"HTTP/1.1 400", b""}
    assert gate.rows("SELECT COUNT(*) FROM tasks") == [(0,)]


def test_connections_beyond_the_limit_hear_so_and_those_before_are_served(patient):
    gate = patient
    assert is_well(gate)
    with ExitStack() as stack:
        for _ in range(CONNECTIONS_MAX):
            opened(gate, stack).sendall(HEAD)
        one_more = opened(gate, stack)
        one_more.sendall(HEAD + b"\r\n")
        refused = end_of(one_more)
        for _ in range(2 * CONNECTIONS_MAX):
            opened(gate, stack)
        assert is_well(gate)

    assert refused.startswith(b"HTTP/1.1 503")
    assert b"retry-after: 1\r\n" in refused.lower()
    gate.until(lambda: new_connection_is_served(gate), bool)


def new_connection_is_served(gate):
    with ExitStack() as stack:
        connection = opened(gate, stack)
        connection.sendall(HEAD + b"Connection: close\r\n\r\n")
        return end_of(connection).startswith(b"HTTP/1.1 200")


def test_bodies_of_60_mb_are_refused_and_leave_no_trace_in_memory(patient):
    """With an announced length and in chunks, to the create and to the upload."""
    gate = patient
    before_kb = peak_kb(gate)
    for path, refusals in (
        ("/kling/image-to-video/kling-3.0-turbo", {413}),
        ("/api/images", {400}),
    ):
        for content in (bytes(LARGE_BYTES), chunks):
            for _ in range(4):
                answer = gate.http.post(
                    path, content=content if content is not chunks else chunks()
                )
                assert answer.status_code in refusals
    assert peak_kb(gate) - before_kb < GROWTH_KB_MAX


def chunks():
    for _ in range(LARGE_BYTES >> 20):
        yield bytes(1 << 20)


def peak_kb(gate):
    """The most memory that the server ever had."""
    status = Path(f"/proc/{gate.pid}/status").read_text(encoding="ascii")
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1])
