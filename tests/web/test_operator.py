"""What only an operator may see and do over HTTP."""

import pytest

from framegate.domain.health import Breaker, Health
from framegate.domain.ledger import Scope
from framegate.gateway import now_ms
from framegate.store import upstreams

LIST, TEST = "/api/upstreams", "/api/upstreams/local/test"


@pytest.fixture
def key(door):
    return door.key(scope=Scope.ADMIN)


def call(door, path, key):
    return door.get(path, key=key) if path == LIST else door.post(path, key=key)


async def test_every_upstream_is_listed_with_how_it_stands(door, key):
    answer = await door.get(LIST, key=key)
    (standing,) = answer.json()["data"]["upstreams"]
    assert answer.json()["code"] == 0
    assert (standing["name"], standing["breaker"], standing["in_flight"]) == ("local", "closed", 0)


async def test_a_test_says_whether_it_is_well_and_closes_its_breaker(door, key):
    broken = Health(name="local", breaker=Breaker.OPEN, retry_ms=now_ms() + 60_000)
    door.gateway.database.write_now(upstreams.keep_health, broken)
    data = (await door.post(TEST, key=key)).json()["data"]
    assert data == {"name": "local", "well": True, "says": "renders here", "took_ms": 0}
    (standing,) = (await door.get(LIST, key=key)).json()["data"]["upstreams"]
    assert standing["breaker"] == "closed"


@pytest.mark.parametrize("path", [LIST, TEST])
@pytest.mark.parametrize("scope", [scope for scope in Scope if not scope.is_admin])
async def test_any_other_key_is_refused(door, path, scope):
    answer = await call(door, path, door.key(scope=scope))
    assert (answer.status_code, answer.json()["code"]) == (403, 1103)
    assert answer.json()["message"] == "this key is not an operator's; use an admin key"
    assert answer.json()["data"] == {}


@pytest.mark.parametrize("path", [LIST, TEST, "/api/upstreams/nobody/test"])
@pytest.mark.parametrize(("key", "code"), [(None, 1001), ("fg_unknown", 1002)])
async def test_without_a_good_key_nothing_is_told(door, path, key, code):
    """Not even which upstreams there are."""
    answer = await call(door, path, key)
    assert (answer.status_code, answer.json()["code"]) == (401, code)
    assert answer.headers["WWW-Authenticate"] == "Bearer"


async def test_an_unknown_upstream_is_not_found(door, key):
    answer = await door.post("/api/upstreams/nobody/test", key=key)
    assert (answer.status_code, answer.json()["code"]) == (404, 1203)
    assert answer.json()["message"] == "upstream not found"


@pytest.mark.parametrize(("method", "path"), [("POST", LIST), ("GET", TEST), ("DELETE", TEST)])
async def test_another_method_is_refused(door, key, method, path):
    answer = await door.http.request(method, path, headers={"Authorization": f"Bearer {key}"})
    assert (answer.status_code, answer.json()["code"]) == (405, 1202)


async def test_every_answer_is_the_one_envelope(door, key):
    answers = [
        await door.get(LIST, key=key),
        await door.post(TEST, key=key),
        await door.post("/api/upstreams/nobody/test", key=key),
        await door.get(LIST),
    ]
    for answer in answers:
        assert list(answer.json()) == ["code", "message", "request_id", "data"]
        assert answer.json()["request_id"] == answer.headers["X-Request-Id"]
