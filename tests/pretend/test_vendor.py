"""A vendor begins with what its log says, and can be as new again."""

from fakes.vendor import order


async def test_vendor_with_an_old_log_knows_what_it_sold(opened):
    task_id = await opened(pace=1).made("biz-1", resolution="1080p", duration=10)
    again = opened(pace=1)

    assert (await again.task(task_id))["external_id"] == "biz-1"
    assert (await again.create(order("biz-1"))).json()["code"] == 1201
    assert again.vendor.studio.running(again.vendor.clock_ms()) == 1


async def test_vendor_with_an_old_log_keeps_the_fate_of_its_tasks(opened, clock):
    first = opened(pace=1)
    first.vendor.faults.next.add("fate", ["fails-ratio"])
    task_id = await first.made()
    again = opened(pace=1)
    clock.pass_s(300)

    assert (await again.task(task_id))["status"] == "failed"


async def test_reset_vendor_has_sold_nothing_and_fails_no_more(caller):
    await caller.made("biz-1")
    caller.vendor.faults.next.add("create", ["maintenance"])
    caller.vendor.reset()
    assert (await caller.create(order("biz-1"))).json()["code"] == 0
    assert len(caller.vendor.log.bought()) == 1


def test_vendor_shows_no_key_when_it_is_printed(opened):
    vendor = opened().vendor
    assert vendor.config.api_key not in repr(vendor)
    assert vendor.config.secret_key not in repr(vendor)


async def test_finished_task_that_never_ends_succeeds_unless_told_otherwise(caller):
    caller.vendor.faults.next.add("fate", ["never-ends"])
    task_id = await caller.made()
    caller.vendor.finish(caller.vendor.studio.tasks[task_id])
    assert (await caller.task(task_id))["status"] == "succeeded"
