"""Accounts over HTTP: the caller's own, and all of them for an operator."""

import json

import pytest

from framegate.domain.ledger import Scope

BODY = b'{"contents":[{"type":"first_frame","url":"https://cdn.example.com/a.jpg"}]}'
CREATE = "/kling/image-to-video/kling-3.0-turbo"
SHOWN = [
    *("id", "name", "unlimited", "posted", "held", "available", "currency", "limits"),
    *("in_flight", "created_at"),
]


@pytest.fixture
def admin(door):
    return door.key("house", scope=Scope.ADMIN)


async def data_of(answering):
    answer = await answering
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def made(door, key, **wish):
    return door.post("/api/accounts", json.dumps({"name": "acme", **wish}).encode(), key=key)


async def test_an_account_sees_what_it_has_and_what_is_held(door):
    key = door.key()
    await door.post(CREATE, BODY, key=key)
    data = await data_of(door.get("/api/account", key=key))
    assert list(data) == [*SHOWN, "key"]
    assert (data["posted"], data["held"], data["available"]) == ("10", "0.56", "9.44")
    assert (data["in_flight"], data["limits"]) == (1, {"rate": None, "in_flight": None})
    assert (data["key"]["spent"], data["key"]["in_flight"]) == ("0.56", 1)


async def test_new_account_has_its_credit_limits_and_a_key_that_works(door, admin):
    data = await data_of(made(door, admin, credit="5", rate=600, in_flight=1))
    assert list(data) == [*SHOWN, "key", "webhook_secret"]
    assert (data["available"], data["limits"]) == ("5", {"rate": 600, "in_flight": 1})
    assert (await door.post(CREATE, BODY, key=data["key"])).status_code == 200
    answer = await door.post(CREATE, BODY, key=data["key"])
    assert answer.json()["message"] == "too many running tasks: the limit is 1 for this account"
    assert answer.headers["Retry-After"] == "5"


async def test_name_that_is_taken_is_a_field_error(door, admin):
    await data_of(made(door, admin))
    answer = await made(door, admin)
    assert answer.json()["data"]["errors"] == [
        {"path": "/name", "message": "name is that of another account; choose another"}
    ]


async def test_topup_adds_up_and_takes_back_what_is_there(door, admin):
    account = (await data_of(made(door, admin, credit="5")))["id"]
    path = f"/api/accounts/{account}/topup"
    assert (await data_of(door.post(path, b'{"amount":"0.5"}', key=admin)))["posted"] == "5.5"
    assert (await data_of(door.post(path, b'{"amount":"-5.5"}', key=admin)))["posted"] == "0"
    answer = await door.post(path, b'{"amount":"-1"}', key=admin)
    assert (answer.status_code, answer.json()["code"]) == (402, 1102)


async def test_limits_of_an_account_hold_for_all_its_keys(door, admin):
    first, second = door.key(), door.key()
    path = "/api/accounts/acme/limits"
    assert (await data_of(door.post(path, b'{"rate":1}', key=admin)))["limits"]["rate"] == 1
    assert (await door.get("/api/account", key=first)).status_code == 200
    answer = await door.get("/api/account", key=second)
    assert answer.json()["message"] == (
        "too many requests: the limit is 1 per minute for this account"
    )
    await data_of(door.post(path, b'{"rate":null}', key=admin))
    assert (await door.get("/api/account", key=second)).status_code == 200


async def test_pages_hold_every_account_once(door, admin):
    for name in "abc":
        await data_of(made(door, admin, name=name))
    names, cursor = [], ""
    while True:
        page = await data_of(door.get(f"/api/accounts?limit=2&cursor={cursor}", key=admin))
        names += [each["name"] for each in page["result"]]
        cursor = page["next_cursor"]
        if not page["has_more"]:
            break
    assert names == ["default", "house", "a", "b", "c"]
    assert cursor == ""


@pytest.mark.parametrize("query", ["limit=0", "limit=501", "limit=x", "cursor=x"])
async def test_page_that_there_cannot_be_is_refused(door, admin, query):
    assert (await door.get(f"/api/accounts?{query}", key=admin)).json()["code"] == 1201


async def test_account_is_shown_by_id_or_name_without_its_key(door, admin):
    made_one = await data_of(made(door, admin))
    for named in ("acme", made_one["id"]):
        shown = await data_of(door.get(f"/api/accounts/{named}", key=admin))
        assert list(shown) == SHOWN
        assert shown["id"] == made_one["id"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", ""),
        ("post", ""),
        ("get", "/default"),
        ("post", "/default/topup"),
        ("post", "/default/limits"),
    ],
)
async def test_member_has_no_part_in_it(door, method, path):
    answer = await getattr(door, method)(f"/api/accounts{path}", key=door.key())
    assert (answer.status_code, answer.json()["code"]) == (403, 1103)
