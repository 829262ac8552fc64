import re

from framegate.web.console import navigation


async def test_every_link_of_the_navigation_leads_to_a_page(looker):
    await looker.sign_in()
    text = (await looker.get("/console/playground")).text
    known = {entry.path for entry in (*navigation.MAKING, *navigation.BUILDING)}

    linked = set(re.findall(r'class="side-link" href="([^"]+)"', text))

    assert {"/console/playground"} <= linked <= known
    for path in linked:
        assert (await looker.get(path)).status_code == 200
