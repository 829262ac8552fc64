import asyncio

import pytest

from framegate.desk.audit import AuditDesk
from framegate.errors import RightMissing
from framegate.store import audit


@pytest.fixture
def desk(desks):
    return AuditDesk(desks.gateway)


async def test_before_the_first_run_nothing_is_known(desk, operator):
    page = await desk.page(operator)
    assert (page["holds"], page["checked_at"]) == (None, 0)
    assert {each["state"] for each in page["result"]} == {"unchecked"}
    assert [(each["promise"], each["says"]) for each in page["result"]] == audit.names()


async def test_run_says_that_every_promise_holds(desks, desk, member, operator):
    desks.failed(member)
    page = await desk.run(operator)
    assert page["holds"]
    assert {each["state"] for each in page["result"]} <= {"holds"}
    assert page["checked_at"] > 0


async def test_what_is_broken_is_named(desks, desk, member, operator):
    task = desks.task(member)
    desks.write(lambda tx: tx.exec_driver_sql("DELETE FROM jobs WHERE queue = 'track'"))
    page = await desk.run(operator)
    (broken,) = [each for each in page["result"] if each["state"] == "broken"]
    assert (page["holds"], broken["promise"], broken["ids"]) == (False, 12, [task.id])


async def test_two_who_ask_at_once_share_one_run(desks, desk, operator):
    first, second = await asyncio.gather(desk.run(operator), desk.run(operator))
    assert first["checked_at"] == second["checked_at"]


async def test_run_that_takes_longer_than_one_waits_goes_on(desks, desk, operator):
    hasty = AuditDesk(desks.gateway, run_wait_s=0)
    page = await hasty.run(operator)
    assert (page["running"], page["holds"]) == (True, None)
    # Who waits for the end joins that very run.
    ended = await desk.run(operator)
    assert (ended["running"], ended["holds"]) == (False, True)


async def test_audit_is_an_operators(desk, member):
    for question in (desk.page, desk.run):
        with pytest.raises(RightMissing):
            await question(member)
