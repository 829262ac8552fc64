import json
import re

from framegate.domain.ledger import Scope
from framegate.web.console import keys


async def signed_in(looker, key):
    await looker.post("/console/sign-in", f"key={key}")
    return looker


async def make(door, admin, **wish):
    body = json.dumps({"name": "nightly", **wish}).encode()
    return (await door.post("/api/keys", body, key=admin)).json()["data"]


async def test_page_is_for_who_is_signed_in(looker):
    answer = await looker.get("/console/keys")
    assert answer.headers["location"] == "/console/sign-in?next=/console/keys"


async def test_member_sees_its_accounts_keys_and_no_admin_scope(looker, door):
    await signed_in(looker, door.key("acme"))
    text = (await looker.get("/console/keys")).text
    assert "Keys of acme" in text
    assert 'value="admin"' not in text
    assert 'id="account"' not in text


async def test_operator_may_look_at_any_account(looker, door):
    door.key("acme")
    await signed_in(looker, door.key("house", scope=Scope.ADMIN))
    text = (await looker.get("/console/keys?account=acme")).text
    assert "Keys of acme" in text
    assert 'value="admin"' in text


async def test_account_of_somebody_else_never_was(looker, door):
    door.key("other")
    await signed_in(looker, door.key("acme"))
    assert (await looker.get("/console/keys?account=other")).status_code == 404


async def test_key_with_limits_sees_itself_and_why(looker, door):
    made = await make(door, door.key("acme"), budget="2")
    await signed_in(looker, made["key"])
    text = (await looker.get("/console/keys")).text
    assert "It has limits or an end of its own" in text
    assert "data-opens" not in text


async def test_name_of_a_key_is_text_wherever_it_stands(looker, door):
    evil = "<b>\"'&"
    key = door.key("acme")
    await make(door, key, name=evil)
    await signed_in(looker, key)
    text = (await looker.get("/console/keys")).text
    assert evil not in text
    assert "&lt;b&gt;" in text


async def test_revoked_keys_come_last_and_cannot_be_changed(looker, door):
    key = door.key("acme")
    old, new = await make(door, key, name="old"), await make(door, key, name="new")
    await door.post(f"/api/keys/{old['id']}/revoke", key=key)
    await signed_in(looker, key)
    text = (await looker.get("/console/keys")).text
    assert text.index(">new</b>") < text.index(">old</b>")
    assert f"revoke-{new['id']}" in text
    assert f"revoke-{old['id']}" not in text


async def test_keys_are_paged_newest_first_and_those_that_work_before_the_others(looker, door):
    admin = door.key("house", scope=Scope.ADMIN)
    made = [(await make(door, admin, name=f"key {n:02}"))["id"] for n in range(keys.ROWS)]
    await door.post(f"/api/keys/{made[-1]}/revoke", key=admin)
    await signed_in(looker, admin)
    first = (await looker.get("/console/keys")).text
    (following,) = re.findall(r'href="([^"]+)" rel="next"', first)
    rest = (await looker.get(following)).text
    assert first.count('class="row-head"') == keys.ROWS
    assert f"revoke-{made[-2]}" in first
    assert "key 49" not in first
    assert "key 49" in rest
    assert 'rel="next"' not in rest
    assert 'href="/console/keys"' in rest


def test_page_behind_a_key_that_is_none_begins_at_the_top():
    some = [{"id": f"key_{n}", "state": "good", "created_at": n} for n in range(keys.ROWS + 1)]
    shown, last = keys._rows(some, behind="key_gone")
    assert (shown[0]["id"], len(shown), last) == (f"key_{keys.ROWS}", keys.ROWS, "key_1")
    assert keys._rows(some, behind="key_1") == ([some[0]], "")
    assert keys._rows(some, behind="key_0") == ([], "")
