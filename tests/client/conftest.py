"""Servers to speak to: one in name alone, whose scripts are played, and a real one."""

import pytest

from fakes.scripted_server import ScriptedServer
from fakes.serving import serving
from framegate.client.access import Access
from framegate.client.asking import Asking

URL = "http://gate.example"


@pytest.fixture
def ask():
    """A server that has answered before, so that its silence is waited out."""
    return Asking(Access(URL, "fg_key"), has_answered=True)


@pytest.fixture(scope="module")
def served():
    server = ScriptedServer()
    with serving(server.app()) as url:
        yield server, url


@pytest.fixture
def scripted(served):
    """A server that answers as it is told, and its address."""
    server, url = served
    server.answers.clear()
    server.asked.clear()
    return server, url
