import socket
import ssl

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from fakes.raw_site import RawSite
from framegate.outbound import Outbound


class Names(AbstractResolver):
    """A name service that answers as it was told, in turn, and remembers who was asked for."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []
        self.closed = 0

    async def resolve(self, host, port=0, family=socket.AF_UNSPEC):
        self.asked.append((host, port))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=0,
            )
            for address in answer
        ]

    async def close(self):
        self.closed += 1


@pytest.fixture(autouse=True)
def idle_connections_are_kept(monkeypatch):
    """A busy machine may hold a test longer than an idle connection is worth keeping."""
    monkeypatch.setattr("framegate.outbound.door.IDLE_S_MAX", 60)


@pytest.fixture
def names():
    """Make a name service of one's own."""
    return Names


@pytest.fixture
async def site():
    site = RawSite()
    await site.start()
    yield site
    await site.stop()


@pytest.fixture
async def untrusted_site(request):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(request.path.parents[1] / "data/untrusted.pem")
    site = RawSite()
    await site.start(context)
    yield site
    await site.stop()


@pytest.fixture
async def opened():
    """Make doors that are closed when the test ends."""
    doors = []

    def open_one(door):
        doors.append(door)
        return door

    yield open_one
    for door in doors:
        await door.close()


@pytest.fixture
async def door(site, opened):
    """A door for strangers' addresses; the site alone may be reached beside public ones."""
    return opened(Outbound.to_public(allow=frozenset({site.pair})))


@pytest.fixture
def closed_port():
    """A port that is taken and does not listen, so that a connection is surely refused."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]
