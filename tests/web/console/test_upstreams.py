import pytest

from framegate.domain.ledger import Scope
from framegate.web.console import upstreams

WELL = {
    "paused": False,
    "breaker": "closed",
    "failures_in_a_row": 0,
    "concurrency": 0,
    "in_flight": 3,
}


async def signed_in(looker, door, scope):
    await looker.post("/console/sign-in", f"key={door.key('house', scope=scope)}")
    return looker


async def test_upstreams_are_an_operators(looker, door):
    await signed_in(looker, door, Scope.FULL)
    for path in ("/console/upstreams", "/console/upstreams/local"):
        assert (await looker.get(path)).status_code == 403


async def test_embedded_renderer_alone_is_shown_with_the_way_to_kling(looker, door):
    await signed_in(looker, door, Scope.ADMIN)
    text = (await looker.get("/console/upstreams")).text
    assert "[upstreams.kling]" in text
    assert "known after its first video" in text
    assert "# asked only when kling cannot be" in text

    looker.cookies["framegate_language"] = "zh"
    assert "# 仅在 kling 不可用时使用" in (await looker.get("/console/upstreams")).text


async def test_what_an_upstream_does_not_offer_is_said_beside_what_it_does(looker, door):
    await signed_in(looker, door, Scope.ADMIN)
    answer = await looker.get("/console/upstreams/local")
    assert answer.status_code == 200
    assert "Not available" in answer.text
    assert "Nothing in this time" in answer.text


async def test_window_that_is_none_is_complained_about_on_the_page(looker, door):
    await signed_in(looker, door, Scope.ADMIN)
    answer = await looker.get("/console/upstreams/local?limit=0")
    assert answer.status_code == 200
    assert "limit must be a whole number" in answer.text


async def test_upstream_that_is_none_is_not_found(looker, door):
    await signed_in(looker, door, Scope.ADMIN)
    assert (await looker.get("/console/upstreams/nobody")).status_code == 404


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, "well"),
        ({"failures_in_a_row": 1}, "troubled"),
        ({"breaker": "open"}, "open"),
        ({"breaker": "half-open"}, "half-open"),
        ({"breaker": "open", "paused": True}, "paused"),
    ],
)
def test_the_word_that_matters_first_is_said(changes, state):
    assert upstreams._card(WELL | changes)["state"] == state


@pytest.mark.parametrize(
    ("limit", "percent", "is_full"),
    [(0, None, False), (6, 50, False), (3, 100, True), (2, 100, True)],
)
def test_slots_are_full_at_their_limit(limit, percent, is_full):
    card = upstreams._card(WELL | {"concurrency": limit})
    assert (card["percent"], card["is_full"]) == (percent, is_full)
