"""An app behind the edge, called without a socket, for every test of the web floor."""

from urllib.parse import urlsplit

import httpx2
import msgspec
import pytest
from starlette.routing import Route

from fakes.vendor import API_KEY, selling
from framegate.domain.ledger import Scope
from framegate.domain.money import micros_from_decimal
from framegate.gateway import Gateway, create_account, new_key, now_ms
from framegate.settings import Settings
from framegate.store import accounts, keys
from framegate.web.app import app
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


class Door:
    """A gateway without a worker, and a client of its app; nothing in between is faked."""

    def __init__(self, folder, **sections):
        self.settings = msgspec.convert({"data": {"dir": str(folder)}, **sections}, Settings)
        self.gateway = Gateway.open(self.settings)
        self.gateway.prepare()
        self.keys = {}
        transport = httpx2.ASGITransport(app(self.gateway), raise_app_exceptions=False)
        self.http = httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8787")

    def key(self, name="acme", *, credit="10", scope=Scope.FULL, expires_ms=0):
        """A fresh key of an account, which is made when it is new."""
        made = new_key()

        def make(tx):
            account = accounts.account_named(tx, name)
            if account is None:
                account = create_account(
                    tx,
                    name=name,
                    is_unlimited=False,
                    credit_micros=micros_from_decimal(credit),
                    key=new_key(),
                    now_ms=now_ms(),
                )
            keys.create(
                tx,
                account_id=account.id,
                key=made,
                scope=scope,
                expires_ms=expires_ms,
                now_ms=now_ms(),
            )

        self.gateway.database.write_now(make)
        return made

    def limit(self, name, **changes):
        """Limit an account, by its name."""

        def write(tx):
            accounts.limit_account(tx, accounts.account_named(tx, name).id, changes)

        self.gateway.database.write_now(write)

    async def post(self, path, content=b"", *, key=None, **headers):
        return await self._call("POST", path, content, key, headers)

    async def get(self, path, *, key=None, **headers):
        return await self._call("GET", path, b"", key, headers)

    async def _call(self, method, path, content, key, headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if key is not None:
            named["Authorization"] = f"Bearer {key}"
        return await self.http.request(method, path, content=content, headers=named)

    def count(self, table):
        query = f"SELECT COUNT(*) FROM {table}"
        return self.gateway.database.read_now(lambda tx: tx.exec_driver_sql(query).scalar_one())


@pytest.fixture
async def door(tmp_path):
    opened = Door(tmp_path)
    yield opened
    await opened.http.aclose()
    await opened.gateway.close()


@pytest.fixture(scope="session")
def selling_vendor(tmp_path_factory):
    """The session's vendor."""
    with selling(tmp_path_factory.mktemp("vendor")) as vendor:
        yield vendor


@pytest.fixture
def vendor(selling_vendor):
    """The vendor, as if nobody had asked it anything yet."""
    selling_vendor.reset()
    return selling_vendor


@pytest.fixture
async def new_door(tmp_path):
    """Opens doors by their settings' sections, each with a folder of its own."""
    opened = []

    def new(**sections):
        opened.append(Door(tmp_path / f"door-{len(opened)}", **sections))
        return opened[-1]

    yield new
    for door in opened:
        await door.http.aclose()
        await door.gateway.close()


def behind(url):
    """The settings of a gateway with one vendor, whose videos it may fetch."""
    upstream = {"kind": "kling", "base_url": url, "api_key": API_KEY, "submit_wait_s": 5}
    return {"upstreams": {"vendor": upstream}, "outbound": {"allow": [urlsplit(url).netloc]}}


@pytest.fixture
def vendor_door(new_door, vendor):
    """A gateway with the vendor as its only upstream."""
    yield new_door(**behind(vendor.url))
    vendor.hanging.release()


@pytest.fixture
def dead_door(new_door):
    """A gateway whose only upstream is not there: port 1 needs a right that no test has."""
    return new_door(**behind("http://127.0.0.1:1"))
