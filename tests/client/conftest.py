"""Servers to speak to: one in name alone, whose scripts are played, and a real one."""

import pytest

from framegate.client.access import Access
from framegate.client.asking import Asking

URL = "http://gate.example"


@pytest.fixture
def ask():
    """A server that has answered before, so that its silence is waited out."""
    return Asking(Access(URL, "fg_key"), has_answered=True)


@pytest.fixture
def scripted(script_server):
    """A server that answers as it is told, and its address."""
    server, url = script_server
    server.reset()
    return server, url
