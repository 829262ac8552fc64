import pytest

from framegate.desk import counts
from framegate.desk.counts import CountDesk


@pytest.fixture
def desk(desks):
    return CountDesk(desks.gateway)


async def test_member_counts_its_own_and_an_operator_everybodys(desks, desk, member, operator):
    other = desks.caller("other")
    desks.task(member)
    desks.paid(member)
    desks.failed(member)
    desks.task(other)
    desks.paid(other)
    assert await desk.page(desks.again(member)) == {"running": 1, "videos": 1, "count_max": 10_000}
    assert await desk.page(operator) == {"running": 2, "videos": 2, "count_max": 10_000}


async def test_counting_stops_where_nobody_reads_the_difference(
    desks, desk, member, operator, monkeypatch
):
    monkeypatch.setattr(counts, "COUNTED_MAX", 2)
    monkeypatch.setattr(counts.lists, "COUNTED_MAX", 2)
    for _ in range(3):
        desks.task(member)
        desks.paid(member)
    for caller in (desks.again(member), operator):
        assert await desk.page(caller) == {"running": 2, "videos": 2, "count_max": 2}


async def test_account_without_tasks_counts_nothing(desk, member):
    assert await desk.page(member) == {"running": 0, "videos": 0, "count_max": 10_000}
