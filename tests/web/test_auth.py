"""Keys at the door."""

import pytest

from framegate.gateway import now_ms
from framegate.store import keys

WHERE = "/api/account"


async def test_a_good_key_opens(door):
    answer = await door.get(WHERE, key=door.key())
    assert answer.json()["data"]["name"] == "acme"


async def test_no_key_is_told_how_to_send_one(door):
    answer = await door.get(WHERE)
    assert (answer.status_code, answer.json()["code"]) == (401, 1001)
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    expected = "Authorization is empty; send Authorization: Bearer YOUR_KEY"
    assert answer.json()["message"] == expected


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "Basic eDp5", "fg_abc"])
async def test_a_header_without_a_bearer_key_is_no_key(door, header):
    answer = await door.get(WHERE, Authorization=header)
    assert answer.json()["code"] == 1001


@pytest.mark.parametrize("key", ["fg_wrong", "x" * 201, "é", "fg_' OR 1=1 --"])
async def test_a_wrong_key_is_not_found(door, key):
    answer = await door.get(WHERE, Authorization=f"Bearer {key}".encode())
    assert (answer.status_code, answer.json()["code"]) == (401, 1002)
    assert answer.json()["message"] == "api key not found"


async def test_the_scheme_may_be_in_any_case(door):
    answer = await door.get(WHERE, Authorization=f"bearer {door.key()}")
    assert answer.status_code == 200


async def test_a_revoked_key_is_like_no_key_of_ours(door):
    key = door.key()
    caller = await door.gateway.authenticate(key)
    door.gateway.database.write_now(keys.revoke, caller.key.id, now_ms=now_ms())
    answer = await door.get(WHERE, key=key)
    assert answer.json()["code"] == 1002


async def test_an_expired_key_says_so(door):
    answer = await door.get(WHERE, key=door.key(expires_ms=now_ms() - 1))
    assert (answer.status_code, answer.json()["code"]) == (401, 1004)


async def test_a_key_is_kept_nowhere(door):
    key = door.key()
    stored = b"".join(path.read_bytes() for path in door.gateway.folder.glob("framegate.db*"))
    assert key.encode() not in stored
