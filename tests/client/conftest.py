"""A server that is spoken to by hand: scripts are played, nothing is sent."""

import pytest

from framegate.client.access import Access
from framegate.client.asking import Asking

URL = "http://gate.example"


@pytest.fixture
def ask():
    """A server that has answered before, so that its silence is waited out."""
    return Asking(Access(URL, "fg_key"), has_answered=True)
