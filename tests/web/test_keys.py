"""Keys over HTTP: shown once, limited, revoked, and enforced at once."""

import json

import pytest

from framegate.domain.ledger import Scope
from framegate.gateway import now_ms

BODY = b'{"contents":[{"type":"first_frame","url":"https://cdn.example.com/a.jpg"}]}'
CREATE = "/kling/image-to-video/kling-3.0-turbo"
SHOWN = [
    *("id", "account", "name", "hint", "scope", "state", "limits", "in_flight", "spent", "left"),
    *("last_used_at", "created_at", "expires_at", "revoked_at"),
]


@pytest.fixture
def key(door):
    return door.key()


async def data_of(answering):
    answer = await answering
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def made(door, key, **wish):
    body = json.dumps({"name": "nightly", **wish}).encode()
    return door.post("/api/keys", body, key=key)


async def refused(answering):
    answer = await answering
    return answer.status_code, answer.json()["code"], answer.json()["message"]


async def test_key_is_shown_once_and_works(door, key):
    data = await data_of(made(door, key, scope="full", in_flight=2, budget="5"))

    assert list(data) == [*SHOWN, "key"]
    assert (data["hint"], data["state"]) == (f"fg_...{data['key'][-4:]}", "good")
    assert data["limits"] == {"rate": None, "in_flight": 2, "budget": "5"}
    assert (data["spent"], data["left"], data["last_used_at"]) == ("0", "5", 0)
    assert (await door.post(CREATE, BODY, key=data["key"])).status_code == 200
    shown = await data_of(door.get(f"/api/keys/{data['id']}", key=key))
    assert list(shown) == SHOWN
    assert (shown["spent"], shown["left"], shown["in_flight"]) == ("0.56", "4.44", 1)
    assert data["key"] not in (await door.get("/api/keys", key=key)).text


async def test_list_has_every_key_of_the_account_and_no_other(door, key):
    door.key("another")
    mine = (await data_of(made(door, key)))["id"]
    data = await data_of(door.get("/api/keys", key=key))
    # The first of the account, the one that asks, the one that was made.
    assert (data["count"], data["result"][-1]["id"]) == (3, mine)
    assert {each["account"] for each in data["result"]} == {data["account"]}


async def test_limits_hold_at_once_and_are_lifted_by_null(door, key):
    data = await data_of(made(door, key))
    one = f"/api/keys/{data['id']}"
    limited = await data_of(door.post(f"{one}/limits", b'{"in_flight":1}', key=key))
    assert limited["limits"] == {"rate": None, "in_flight": 1, "budget": None}

    assert (await door.post(CREATE, BODY, key=data["key"])).status_code == 200
    assert await refused(door.post(CREATE, BODY, key=data["key"])) == (
        429,
        1303,
        "too many running tasks: the limit is 1 for this key",
    )

    await data_of(door.post(f"{one}/limits", b'{"in_flight":null}', key=key))
    assert (await door.post(CREATE, BODY, key=data["key"])).status_code == 200


async def test_spent_budget_is_a_402_that_says_whose_it_is(door, key):
    data = await data_of(made(door, key, budget="0.56"))
    await door.post(CREATE, BODY, key=data["key"])

    status, code, message = await refused(door.post(CREATE, BODY, key=data["key"]))

    assert (status, code) == (402, 1102)
    assert message.startswith("not enough left of this key's budget of 0.56 USD")
    assert (await door.post("/api/quote", BODY, key=data["key"])).status_code == 402
    assert (await door.post(CREATE, BODY, key=key)).status_code == 200


async def test_replay_counts_against_no_limit_of_tasks_or_budget(door, key):
    data = await data_of(made(door, key, budget="0.56", in_flight=1))
    first = await door.post(CREATE, BODY, key=data["key"], Idempotency_Key="once")
    for _ in range(3):
        again = await door.post(CREATE, BODY, key=data["key"], Idempotency_Key="once")
        assert (again.status_code, again.headers["Idempotent-Replayed"]) == (200, "true")
        assert again.json()["data"] == first.json()["data"]

    shown = await data_of(door.get(f"/api/keys/{data['id']}", key=key))
    assert (shown["in_flight"], shown["spent"]) == (1, "0.56")


async def test_refused_create_frees_its_idempotency_key(door, key):
    """A client that retries a 429 with one key gets through."""
    data = await data_of(made(door, key, in_flight=1))
    await door.post(CREATE, BODY, key=data["key"])
    assert (
        await door.post(CREATE, BODY, key=data["key"], Idempotency_Key="once")
    ).status_code == 429
    await data_of(door.post(f"/api/keys/{data['id']}/limits", b'{"in_flight":2}', key=key))
    again = await door.post(CREATE, BODY, key=data["key"], Idempotency_Key="once")
    assert (again.status_code, "Idempotent-Replayed" in again.headers) == (200, False)


async def test_rate_is_judged_before_the_body_and_after_the_right(door, key):
    """Rule 33: 403, then 429, then what is wrong with the request."""
    data = await data_of(made(door, key, rate=1))
    reader = await data_of(made(door, key, rate=1, scope="read"))
    assert (await door.get("/api/account", key=data["key"])).status_code == 200
    answer = await door.post(CREATE, b"[]", key=data["key"], Content_Type="text/plain")
    assert (answer.status_code, answer.json()["code"]) == (429, 1302)
    assert answer.json()["message"] == "too many requests: the limit is 1 per minute for this key"
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    for _ in range(2):
        assert (await door.post(CREATE, BODY, key=reader["key"])).status_code == 403
    assert (await door.get("/api/account", key=reader["key"])).status_code == 200
    assert (await door.get("/api/account", key=reader["key"])).status_code == 429


async def test_revoked_key_ends_at_once_and_stays_listed(door, key):
    data = await data_of(made(door, key))
    ended = await data_of(door.post(f"/api/keys/{data['id']}/revoke", key=key))
    assert ended["state"] == "revoked"
    assert now_ms() - 60_000 < ended["revoked_at"] <= now_ms()
    assert (await door.get("/api/account", key=data["key"])).json()["code"] == 1002


async def test_key_that_ends_says_when_and_may_not_make_others(door, key):
    at = now_ms() + 3_600_000
    data = await data_of(made(door, key, expires_at=at))
    assert data["expires_at"] == at
    status, code, _ = await refused(made(door, data["key"]))
    assert (status, code) == (403, 1103)


@pytest.mark.parametrize("path", ["/api/keys", "/api/keys/key_x"])
async def test_reading_key_sees_no_keys(door, path):
    answer = await door.get(path, key=door.key(scope=Scope.READ))
    assert (answer.status_code, answer.json()["code"]) == (403, 1103)


async def test_admin_sees_and_makes_keys_of_any_account(door, key):
    admin = door.key("house", scope=Scope.ADMIN)
    data = await data_of(made(door, admin, account="acme"))
    listed = await data_of(door.get("/api/keys?account=acme", key=admin))
    assert data["id"] in {each["id"] for each in listed["result"]}
    assert await refused(door.get("/api/keys?account=house", key=key)) == (
        404,
        1203,
        "account not found",
    )


async def test_every_wrong_field_is_named_at_once(door, key):
    answer = await door.post("/api/keys", b'{"scope":"x","rate":0}', key=key)
    assert [each["path"] for each in answer.json()["data"]["errors"]] == [
        "/name",
        "/scope",
        "/rate",
    ]


async def test_unknown_key_is_not_found_before_its_body_is_judged(door, key):
    answer = await door.post("/api/keys/key_x/limits", b"nonsense", key=key)
    assert (answer.status_code, answer.json()["message"]) == (404, "key not found")


async def test_last_use_is_seen_after_the_next_write(door, key):
    data = await data_of(made(door, key))
    await door.get("/api/account", key=data["key"])
    await door.gateway.notice.close()
    shown = await data_of(door.get(f"/api/keys/{data['id']}", key=key))
    assert now_ms() - 60_000 < shown["last_used_at"] <= now_ms()
