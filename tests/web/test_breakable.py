"""A connection that its app can break."""

import socket

import pytest

from fakes.serving import serving
from framegate.web.breakable import BREAK


async def breaking(scope, receive, send):
    """Break when asked to, else answer."""
    if scope["path"] == "/break":
        scope["extensions"][BREAK]()
        scope["extensions"][BREAK]()  # Once more does no harm.
        return
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


def asked(url, path):
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as client:
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
        return client.recv(1_000)


def test_app_resets_the_connection_of_one_request_alone():
    with serving(breaking) as url:
        with pytest.raises(ConnectionResetError):
            asked(url, "/break")
        assert b"204" in asked(url, "/")
