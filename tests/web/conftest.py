"""An app behind the edge, called without a socket, for every test of the web floor."""

import httpx2
import pytest
from starlette.routing import Route

from framegate.web.edge import Edge, Paths


def served(handler, *, methods=("GET", "POST"), path="/here", **edge):
    """The edge around one handler."""
    return Edge(Paths([Route(path, handler, methods=list(methods))]), **edge)


@pytest.fixture
def calling():
    def open_client(handler, **options):
        transport = httpx2.ASGITransport(served(handler, **options))
        return httpx2.AsyncClient(transport=transport, base_url="http://gate")

    return open_client
