import re

from framegate.domain.ledger import Scope
from framegate.web.console import accounts


async def operator(looker, door):
    await looker.post("/console/sign-in", f"key={door.key('house', scope=Scope.ADMIN)}")
    return looker


async def test_accounts_are_an_operators(looker, door):
    await looker.post("/console/sign-in", f"key={door.key('acme')}")
    for path in ("/console/accounts", "/console/accounts/acme"):
        assert (await looker.get(path)).status_code == 403


async def test_every_account_is_listed_page_by_page(looker, door):
    await operator(looker, door)
    for number in range(52):
        door.key(f"team {number:02}")
    first = (await looker.get("/console/accounts")).text
    (following,) = re.findall(r'href="([^"]+)" rel="next"', first)
    rest = (await looker.get(following)).text
    assert "team 00" in first
    assert "team 51" not in first
    assert "team 51" in rest
    assert 'rel="next"' not in rest


async def test_account_shows_its_ledger_and_keys(looker, door):
    door.key("acme", credit="7.5")
    await operator(looker, door)
    text = (await looker.get("/console/accounts/acme")).text
    assert "+$7.50" in text
    assert "/console/keys?account=acc_" in text


async def test_account_shows_its_newest_keys_and_says_how_many_there_are(looker, door):
    for _ in range(accounts.KEYS_SHOWN_MAX):
        door.key("acme")
    await operator(looker, door)
    text = (await looker.get("/console/accounts/acme")).text
    # An account comes with a key of its own.
    assert f"the newest {accounts.KEYS_SHOWN_MAX} of {accounts.KEYS_SHOWN_MAX + 1}" in text


async def test_account_that_is_none_is_not_found(looker, door):
    await operator(looker, door)
    assert (await looker.get("/console/accounts/nobody")).status_code == 404


async def test_cursor_that_is_none_is_refused(looker, door):
    await operator(looker, door)
    for path in ("/console/accounts?cursor=x", "/console/accounts/house?cursor=x"):
        assert (await looker.get(path)).status_code == 400
