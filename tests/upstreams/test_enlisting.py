"""Who can take an order inside our own transaction, and what that promises."""

import pytest

from fakes import rows
from fakes.house import House, body
from fakes.scripted_upstream import ScriptedUpstream
from framegate.domain.submission import parse_image_to_video
from framegate.domain.upstream import Order
from framegate.outbound import Outbound
from framegate.render.process import RenderLimits
from framegate.upstreams.enlisting import enlists
from framegate.upstreams.kling import Kling
from framegate.upstreams.local import Local


@pytest.fixture
def house(tmp_path):
    opened = House(tmp_path)
    yield opened
    opened.database.close_now()


@pytest.fixture
def local(house):
    return Local(
        name="local",
        models=frozenset({"kling-3.0-turbo"}),
        database=house.database,
        blobs=house.blobs,
        outbound=Outbound.to_public(),
        links=house.links,
        limits=RenderLimits(),
        clock_ms=house.clock,
    )


def begin(tx, local, *, then=None):
    """Begin a task and enlist its order in one transaction."""
    task = rows.begin(tx, rows.new_account(tx, credit_micros=rows.PRICE_MICROS).id)
    submission = parse_image_to_video(body(), model="kling-3.0-turbo")
    order = Order(
        task_id=task.id, account_id=task.account_id, request_id="req_1", submission=submission
    )
    ticket = local.enlist(tx, order, now_ms=rows.NOW_MS)
    if then is not None:
        raise then
    return task, ticket


def test_only_the_upstream_in_our_own_database_can_enlist(local):
    assert enlists(local)
    assert not enlists(ScriptedUpstream())
    assert not hasattr(Kling, "enlist")


async def test_enlisted_order_is_known_once_its_task_is(house, local):
    task, ticket = house.database.write_now(begin, local)
    found = await local.find(task_id=task.id, account_id="", external_task_id="")
    assert found.ticket == ticket.id
    assert ticket.relay.data["id"] == ticket.id


async def test_enlisted_order_has_its_render_job_in_the_same_transaction(house, local):
    _, ticket = house.database.write_now(begin, local)
    (job,) = (job for job in house.rows("jobs") if job["queue"] == "render")
    assert (job["subject"], job["due_ms"]) == (ticket.id, rows.NOW_MS)


async def test_order_whose_transaction_fails_was_never_taken(house, local):
    with pytest.raises(LookupError):
        house.database.write_now(begin, local, then=LookupError("killed"))
    assert house.rows("renders") == house.rows("jobs") == house.rows("tasks") == []
