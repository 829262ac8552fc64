"""What only an operator may see and do over HTTP."""

import pytest

from framegate.domain.health import Breaker, Health
from framegate.domain.ledger import Scope
from framegate.gateway import now_ms
from framegate.store import upstreams

LIST, TEST = "/api/upstreams", "/api/upstreams/local/test"
PAUSE, RESUME = "/api/upstreams/local/pause", "/api/upstreams/local/resume"
TASKS, COSTS = "/api/upstreams/local/tasks", "/api/upstreams/local/costs"
ASKED = [LIST, TASKS, COSTS]
CREATE = "/kling/image-to-video/kling-3.0-turbo"
CONTENT = b'{"contents":[{"type":"first_frame","url":"https://cdn.example.com/a.jpg"}]}'
ALL = [*ASKED, TEST, PAUSE, RESUME]


@pytest.fixture
def key(door):
    return door.key(scope=Scope.ADMIN)


def call(door, path, key):
    return door.get(path, key=key) if path in ASKED else door.post(path, key=key)


async def test_every_upstream_is_listed_with_how_it_stands(door, key):
    answer = await door.get(LIST, key=key)
    (standing,) = answer.json()["data"]["upstreams"]
    assert answer.json()["code"] == 0
    assert (standing["name"], standing["breaker"], standing["in_flight"]) == ("local", "closed", 0)
    assert standing["last_hour"] == {"created": 0, "succeeded": 0, "failed": 0}


async def test_a_test_says_whether_it_is_well_and_closes_its_breaker(door, key):
    broken = Health(name="local", breaker=Breaker.OPEN, retry_ms=now_ms() + 60_000)
    door.gateway.database.write_now(upstreams.keep_health, broken)
    data = (await door.post(TEST, key=key)).json()["data"]
    assert data == {"name": "local", "well": True, "says": "renders here", "took_ms": 0}
    (standing,) = (await door.get(LIST, key=key)).json()["data"]["upstreams"]
    assert standing["breaker"] == "closed"


@pytest.mark.parametrize("path", ALL)
@pytest.mark.parametrize("scope", [scope for scope in Scope if not scope.is_admin])
async def test_any_other_key_is_refused(door, path, scope):
    answer = await call(door, path, door.key(scope=scope))
    assert (answer.status_code, answer.json()["code"]) == (403, 1103)
    assert answer.json()["message"] == "this key is not an operator's; use an admin key"
    assert answer.json()["data"] == {}


@pytest.mark.parametrize("path", [*ALL, "/api/upstreams/nobody/test"])
@pytest.mark.parametrize(("key", "code"), [(None, 1001), ("fg_unknown", 1002)])
async def test_without_a_good_key_nothing_is_told(door, path, key, code):
    """Not even which upstreams there are."""
    answer = await call(door, path, key)
    assert (answer.status_code, answer.json()["code"]) == (401, code)
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("path", [path for path in ALL if path != LIST])
async def test_an_unknown_upstream_is_not_found(door, key, path):
    asked = door.get if path in ASKED else door.post
    answer = await asked(path.replace("local", "nobody"), key=key)
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


# --- pause ------------------------------------------------------------------------------------


async def test_a_paused_upstream_takes_no_order_until_it_is_resumed(door, key):
    paused = (await door.post(PAUSE, key=key)).json()["data"]
    assert (paused["name"], paused["paused"], paused["paused_at"] > 0) == ("local", True, True)
    refused = await door.post(CREATE, CONTENT, key=door.key())
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "60")
    (standing,) = (await door.get(LIST, key=key)).json()["data"]["upstreams"]
    assert standing["paused_at"] == paused["paused_at"]

    resumed = (await door.post(RESUME, key=key)).json()["data"]
    assert resumed == {"name": "local", "paused": False, "paused_at": 0}
    assert (await door.post(CREATE, CONTENT, key=door.key())).status_code == 200


# --- a look into its account ------------------------------------------------------------------


async def test_the_renderers_own_tasks_are_listed_with_ours(door, key):
    created = await door.post(CREATE, CONTENT, key=door.key())
    data = (await door.get(TASKS, key=key)).json()["data"]
    (listed,) = data["tasks"]
    assert listed["ticket"] == created.json()["data"]["id"]
    assert listed["task"] == created.headers["X-Framegate-Task"]
    assert (listed["status"], listed["task_status"]) == ("submitted", "submitted")
    assert (data["upstream"], data["has_more"]) == ("local", False)
    assert (await door.get(f"{TASKS}?status=failed", key=key)).json()["data"]["tasks"] == []


async def test_a_list_says_when_there_is_more(door, key):
    for _ in range(2):
        await door.post(CREATE, CONTENT, key=door.key())
    data = (await door.get(f"{TASKS}?limit=1", key=key)).json()["data"]
    assert (len(data["tasks"]), data["has_more"]) == (1, True)


async def test_the_renderer_has_no_costs_and_says_so(door, key):
    answer = await door.get(COSTS, key=key)
    assert (answer.status_code, answer.json()["code"]) == (404, 1203)
    assert answer.json()["message"] == "local: the embedded renderer has no costs: it renders here"


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("since=soon", "since must be an age such as 2h or 3d"),
        ("status=done", "status must be one of submitted, processing, succeeded, failed"),
        ("limit=2001", "limit must be a whole number from 1 to 2000; got '2001'"),
    ],
)
async def test_a_wrong_question_names_its_parameter(door, key, query, sentence):
    answer = await door.get(f"{TASKS}?{query}", key=key)
    assert (answer.status_code, answer.json()["code"]) == (400, 1201)
    assert answer.json()["message"].startswith(sentence)


async def test_the_vendors_own_list_and_its_tasks_of_ours(vendor_door, vendor):
    admin = vendor_door.key(scope=Scope.ADMIN)
    created = await vendor_door.post(CREATE, CONTENT, key=vendor_door.key())
    data = (await vendor_door.get("/api/upstreams/vendor/tasks", key=admin)).json()["data"]
    (listed,) = data["tasks"]
    assert listed["task"] == created.headers["X-Framegate-Task"]


async def test_costs_without_the_key_pair_say_what_to_set(vendor_door):
    admin = vendor_door.key(scope=Scope.ADMIN)
    answer = await vendor_door.get("/api/upstreams/vendor/costs", key=admin)
    assert answer.status_code == 404
    assert "set access_key and secret_key under upstreams.vendor" in answer.json()["message"]


async def test_a_vendor_that_does_not_answer_is_unavailable(dead_door):
    admin = dead_door.key(scope=Scope.ADMIN)
    answer = await dead_door.get("/api/upstreams/vendor/tasks", key=admin)
    assert (answer.status_code, answer.json()["code"]) == (503, 5001)
    assert answer.json()["message"].startswith("vendor did not tell: ")
