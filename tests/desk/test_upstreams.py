import pytest

from framegate.desk.upstreams import UpstreamDesk
from framegate.errors import FieldsInvalid, NotFound, RightMissing


@pytest.fixture
def desk(desks):
    return UpstreamDesk(desks.gateway)


async def test_embedded_renderer_tells_its_kind_and_no_pace_before_its_first_film(desk, operator):
    (local,) = (await desk.page(operator))["upstreams"]
    assert (local["name"], local["kind"], local["frames_per_s"]) == ("local", "local", None)


async def test_pace_of_the_embedded_renderer_is_told(desks, desk, operator):
    desks.gateway.upstreams["local"].films._pace.append((120, 3_000))
    (local,) = (await desk.page(operator))["upstreams"]
    assert local["frames_per_s"] == 40


async def test_tasks_of_an_upstream_are_matched_with_ours(desks, desk, member, operator):
    found = await desk.tasks(operator, "local", {"since": "2h"})
    assert (found["upstream"], found["tasks"]) == ("local", [])


async def test_window_that_is_none_is_refused(desk, operator):
    with pytest.raises(FieldsInvalid, match="limit"):
        await desk.tasks(operator, "local", {"limit": "0"})


async def test_upstream_without_packages_says_so(desk, operator):
    with pytest.raises(NotFound, match="local"):
        await desk.costs(operator, "local")


async def test_upstream_that_is_none_is_not_found(desk, operator):
    with pytest.raises(NotFound, match="upstream not found"):
        await desk.tasks(operator, "nobody", {})


async def test_upstreams_are_an_operators(desk, member):
    for question in (
        desk.page(member),
        desk.tasks(member, "local", {}),
        desk.costs(member, "local"),
    ):
        with pytest.raises(RightMissing):
            await question
