"""A cookie alone changes nothing: what a page of another origin can make a browser send is refused.

The same requests with the proof of our own pages pass, so that each refusal is the proof's doing.
"""

import pytest

from framegate.domain.ledger import Scope
from framegate.flows import sign_in
from framegate.gateway import now_ms
from framegate.store import keys
from framegate.web import session

URL = "http://127.0.0.1:8787"
COOKIE = session.cookie_name(URL)
PROOF = {"x-framegate-console": "1", "sec-fetch-site": "same-origin"}
BODY = b'{"contents":[{"type":"first_frame","url":"https://cdn.example.com/a.jpg"}]}'
QUOTE = "/api/quote"


def signed_in(door, **key):
    """A cookie of a fresh key's session."""
    text, token = door.key(**key), sign_in.new_token()

    def begin(tx):
        caller = keys.caller_of(tx, text)
        sign_in.open_by_key(tx, caller=caller, token=token, now_ms=now_ms())
        return caller.key.id

    door.key_id = door.gateway.database.write_now(begin)
    return f"{COOKIE}={token}"


async def ask(door, method, path, cookie, **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    named |= {"Cookie": cookie, "Content-Type": "application/json"}
    return await door.http.request(method, path, content=BODY, headers=named)


async def test_session_reads_like_its_key(door):
    answer = await ask(door, "GET", "/api/account", signed_in(door))
    assert answer.json()["data"]["name"] == "acme"


async def test_session_may_change_with_the_proof_of_our_pages(door):
    answer = await ask(door, "POST", QUOTE, signed_in(door), **PROOF)
    assert answer.json()["data"]["amount"] == "0.56"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-framegate-console": "1"},
        {"sec-fetch-site": "same-origin"},
        {"origin": URL},
        PROOF | {"sec-fetch-site": "cross-site"},
        PROOF | {"sec-fetch-site": "same-site"},
        PROOF | {"sec-fetch-site": "none"},
        PROOF | {"sec-fetch-site": "cross-site", "origin": URL},
        {"x-framegate-console": "1", "origin": "https://evil.example.com"},
        {"x-framegate-console": "1", "origin": "null"},
        {"x-framegate-console": "1", "origin": "http://127.0.0.1:8787.evil.example.com"},
        {"x-framegate-console": "1", "origin": "http://127.0.0.1:9999"},
        {"x-framegate-console": "1", "origin": "file://127.0.0.1:8787"},
    ],
)
@pytest.mark.parametrize(
    "path", [QUOTE, "/api/webhooks", "/kling/image-to-video/kling-3.0-turbo", "/tasks"]
)
async def test_session_without_the_proof_changes_nothing(door, path, headers):
    answer = await ask(door, "POST", path, signed_in(door), **headers)

    assert (answer.status_code, answer.json()["code"]) == (403, 1103)
    assert "did not come from the console" in answer.json()["message"]
    assert door.count("tasks") == door.count("endpoints") == 0


@pytest.mark.parametrize("origin", [URL, "http://gate.example.com"])
async def test_origin_stands_in_where_a_browser_sends_no_metadata(door, origin):
    """Plain HTTP on another machine: the origin is the public address, or the one asked for."""
    host = {"host": "gate.example.com"} if "gate" in origin else {}
    headers = {"x-framegate-console": "1", "origin": origin} | host
    answer = await ask(door, "POST", QUOTE, signed_in(door), **headers)
    assert answer.status_code == 200


async def test_bearer_key_needs_no_proof_and_is_the_one_that_counts(door):
    key = door.key("other", scope=Scope.READ)
    headers = {"Authorization": f"Bearer {key}", "Cookie": signed_in(door)}

    answer = await door.http.get("/api/account", headers=headers)
    assert answer.json()["data"]["name"] == "other"
    answer = await door.http.post(QUOTE, content=BODY, headers=headers)
    assert answer.json()["message"] == "this key may not create tasks"


async def test_session_of_a_read_key_reads_only(door):
    cookie = signed_in(door, scope=Scope.READ)
    assert (await ask(door, "GET", "/api/account", cookie)).status_code == 200
    answer = await ask(door, "POST", QUOTE, cookie, **PROOF)
    assert (answer.status_code, answer.json()["code"]) == (403, 1103)


async def test_revoked_key_takes_its_sessions_along(door):
    cookie = signed_in(door)
    door.gateway.database.write_now(keys.revoke, door.key_id, now_ms=now_ms())

    answer = await ask(door, "GET", "/api/account", cookie)
    assert (answer.status_code, answer.json()["code"]) == (401, 1002)
    assert answer.json()["message"] == "this session is over; sign in again"


@pytest.mark.parametrize("token", ["wrong", "x" * 5_000, "\u00e9", '"'])
async def test_made_up_session_opens_nothing(door, token):
    answer = await ask(door, "GET", "/api/account", f"{COOKIE}={token}".encode())
    assert answer.status_code == 401


async def test_cookie_of_another_gateway_is_not_ours(door):
    cookie = signed_in(door).replace(COOKIE, session.cookie_name("http://127.0.0.1:9999"))
    answer = await ask(door, "GET", "/api/account", cookie)
    assert answer.json()["code"] == 1001
