import pytest

from fakes.house import House
from fakes.painter import Painter
from framegate.flows.pool import Pool
from framegate.outbound import Outbound
from framegate.render.process import RenderLimits
from framegate.upstreams.local import Local


@pytest.fixture(autouse=True)
def idle_connections_are_kept(monkeypatch):
    """A busy machine may hold a test longer than an idle connection is worth keeping."""
    monkeypatch.setattr("framegate.outbound.door.IDLE_S_MAX", 60)


@pytest.fixture
def painter():
    return Painter()


@pytest.fixture
async def local(tmp_path, painter):
    """A house whose only upstream is the embedded renderer."""
    house = House(tmp_path)
    outbound = Outbound.to_public()
    upstream = Local(
        name="local",
        models=frozenset({"kling-3.0-turbo"}),
        database=house.database,
        blobs=house.blobs,
        outbound=outbound,
        links=house.links,
        limits=RenderLimits(),
        clock_ms=house.clock,
        renderer=painter,
    )
    house.submit.pool = Pool(upstreams=[upstream])
    house.submit.allowed_addresses = frozenset({"gate:80"})
    house.track.upstreams = {"local": upstream}
    house.local = upstream
    yield house
    await outbound.close()
    house.database.close_now()
