import re

from fakes import rows
from framegate.store import accounts
from framegate.web.console import navigation


async def test_every_link_of_the_navigation_leads_to_a_page(looker):
    await looker.sign_in()
    text = (await looker.get("/console/playground")).text
    known = {entry.path for entry in (*navigation.MAKING, *navigation.BUILDING)}

    linked = set(re.findall(r'class="side-link" href="([^"]+)"', text))

    assert {"/console/playground"} <= linked <= known
    for path in linked:
        assert (await looker.get(path)).status_code == 200


async def test_what_there_is_stands_beside_its_link(looker, door):
    await looker.sign_in()
    nothing = (await looker.get("/console/playground")).text
    assert re.findall(r'data-counts="(\w+)" hidden', nothing) == ["videos", "running"]
    door.key("acme")
    door.gateway.database.write_now(three_begun)
    text = (await looker.get("/console/playground")).text
    assert re.findall(r'data-counts="running">([^<]+)<', text) == ["3 running"]
    assert re.findall(r'data-counts="videos" hidden', text)


def three_begun(tx):
    for _ in range(3):
        rows.begin(tx, accounts.account_named(tx, "acme").id)
