"""A receiver on this machine takes messages as they are, and stays within its limits."""

import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler

import httpx2 as httpx
import pytest

from framegate.cli.receiver import BODY_BYTES_MAX, Receiver
from framegate.errors import SettingsInvalid


@pytest.fixture
def receiver():
    with Receiver(0, lambda message: (message, 204)) as made:
        yield made


def post(receiver, **sent):
    with httpx.Client(trust_env=False, timeout=30) as client:
        return client.post(f"http://{receiver.address}/any/path", **sent)


def raw(receiver, head, body=b""):
    host, _, port = receiver.address.partition(":")
    with socket.create_connection((host, int(port)), timeout=30) as sender:
        sender.sendall(head + body)
        sender.shutdown(socket.SHUT_WR)
        return sender.recv(1_000)


def test_a_message_is_handed_on_byte_for_byte_and_answered(receiver):
    body = bytes(range(256))
    answer = post(receiver, content=body, headers={"Webhook-Id": "msg_1"})
    assert answer.status_code == 204
    seen = receiver.next()
    assert (seen.body, seen.headers["webhook-id"]) == (body, "msg_1")


def test_messages_come_in_their_order(receiver):
    for number in range(5):
        post(receiver, content=str(number).encode())
    assert [receiver.next().body for _ in range(5)] == [b"0", b"1", b"2", b"3", b"4"]


def test_a_message_is_told_after_it_was_answered(receiver, monkeypatch):
    happened, told = [], threading.Event()
    written = BaseHTTPRequestHandler.end_headers

    def late(handler):
        told.wait(0.3)  # Would be told by now, if nobody waited for the answer.
        happened.append("answered")
        written(handler)

    monkeypatch.setattr(BaseHTTPRequestHandler, "end_headers", late)
    with ThreadPoolExecutor() as sender:
        sent = sender.submit(post, receiver, content=b"{}")
        receiver.next()
        happened.append("told")
        told.set()
        assert sent.result().status_code == 204
    assert happened == ["answered", "told"]


def test_what_is_judged_a_no_is_answered_so():
    with Receiver(0, lambda _: (None, 400)) as receiver:
        assert post(receiver, content=b"{}").status_code == 400


def test_the_largest_body_is_taken_and_one_byte_more_is_not(receiver):
    assert post(receiver, content=bytes(BODY_BYTES_MAX)).status_code == 204
    head = f"POST / HTTP/1.1\r\nContent-Length: {BODY_BYTES_MAX + 1}\r\n\r\n".encode()
    assert b" 413 " in raw(receiver, head)


@pytest.mark.parametrize("length", [b"", b"Content-Length: -1\r\n", b"Content-Length: x\r\n"])
def test_a_body_of_unknown_length_is_asked_for_it(receiver, length):
    assert b" 411 " in raw(receiver, b"POST / HTTP/1.1\r\n" + length + b"\r\n", b"{}")


def test_half_a_message_is_none(receiver):
    assert raw(receiver, b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n", b"half") == b""
    post(receiver, content=b"whole")
    assert receiver.next().body == b"whole"


def test_only_messages_are_taken(receiver):
    with httpx.Client(trust_env=False, timeout=30) as client:
        assert client.get(f"http://{receiver.address}/").status_code == 501


def test_a_port_that_is_taken_is_told_with_what_to_do(receiver):
    port = int(receiver.address.rpartition(":")[2])
    with pytest.raises(SettingsInvalid, match=f"port {port} cannot .* choose another with --port"):
        Receiver(port, lambda message: (message, 204))


def test_it_listens_on_the_loopback_address_alone(receiver):
    assert receiver.address.startswith("127.0.0.1:")
