"""Streams and cancels with real processes and sockets: a render that ends, a server that stops."""

import json
import os
import socket
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from fakes.drawn import picture
from processes import PATIENCE_S

STREAMS = 200


@pytest.fixture(scope="module")
def drawn():
    return picture(300, 300)


def long_order(gate, drawn):
    # A film that takes its time: nobody waits for its end.
    return {
        "contents": [{"type": "first_frame", "url": gate.upload(drawn)}],
        "settings": {"duration": 15, "resolution": "1080p"},
    }


def opened(gate, path):
    """A socket on which a stream has begun."""
    address = urlsplit(gate.url)
    stream = socket.create_connection((address.hostname, address.port), PATIENCE_S)
    authorization = gate.http.headers["Authorization"]
    stream.sendall(
        f"GET {path} HTTP/1.1\r\nHost: gate\r\nAuthorization: {authorization}\r\n\r\n".encode()
    )
    head = b""
    while b"event: open" not in head:
        piece = stream.recv(65_536)
        assert piece, head
        head += piece
    return stream


def read_to_the_end(stream):
    content = b""
    while piece := stream.recv(65_536):
        content += piece
        if b"\r\n0\r\n\r\n" in content:
            break
    return content


def children_of(pid):
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return [int(child) for child in children.split()]


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_cancelled_render_ends_its_process_and_its_stream(new_gate, drawn):
    gate = new_gate()
    task_id = gate.created(long_order(gate, drawn))
    shown = gate.until(
        lambda: gate.http.get(f"/api/tasks/{task_id}").json()["data"],
        lambda task: task["frames_done"] > 0,
    )
    renderers = children_of(gate.pid)
    assert renderers
    with opened(gate, f"/api/tasks/{task_id}/events") as stream:
        answer = gate.http.post(f"/api/tasks/{task_id}/cancel")
        content = read_to_the_end(stream).decode()
    data = answer.json()["data"]
    assert (data["state"], data["hold"]["state"]) == ("cancelled", "released")
    assert '"state":"cancelled"' in content
    gate.until(lambda: [pid for pid in renderers if is_alive(pid)], lambda alive: not alive)
    assert gate.rows("SELECT status FROM renders") == [("cancelled",)]
    assert list((gate.data / "renders").glob("*")) == []
    assert gate.audit() == []
    assert shown["can_cancel"]


def test_progress_is_told_while_a_film_is_made(new_gate, drawn):
    gate = new_gate()
    task_id = gate.created(
        {
            "contents": [{"type": "first_frame", "url": gate.upload(drawn)}],
            "settings": {"duration": 15},
        }
    )
    with opened(gate, f"/api/tasks/{task_id}/events") as stream:
        content = read_to_the_end(stream).decode()
    lines = [line for line in content.splitlines() if line.startswith("data: ")]
    told = [json.loads(line.removeprefix("data: ")) for line in lines]
    done = [each["frames_done"] for each in told if "frames_done" in each]
    assert done == sorted(done)
    assert max(done, default=0) > 0
    assert told[-1]["state"] == "succeeded"


def test_server_with_open_streams_stops_when_it_is_told(new_gate):
    """Each is ended whole: a client sees the end of the answer, not a broken connection."""
    gate = new_gate()
    with ExitStack() as streams:
        several = [streams.enter_context(opened(gate, "/api/events")) for _ in range(STREAMS)]
        assert gate.stop() == 0
        for stream in several:
            assert read_to_the_end(stream).endswith(b"0\r\n\r\n")
