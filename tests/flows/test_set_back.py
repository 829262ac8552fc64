"""Everything that waits is brought forward together, and no date is."""

from framegate.flows import set_back

HOUR_MS = 3_600_000


def times(house, table, *columns):
    return [[row[column] for column in columns] for row in house.rows(table)]


async def test_all_that_waits_is_brought_forward_and_a_deadline_stays(house, caller):
    await house.create(caller)
    before_jobs = times(house, "jobs", "due_ms")
    ((next_ms, deadline_ms),) = times(house, "tasks", "next_ms", "deadline_ms")
    house.clock.pass_s(-3_600)

    house.database.write_now(set_back.bring_forward, by_ms=HOUR_MS, now_ms=house.clock())

    assert times(house, "tasks", "next_ms", "deadline_ms") == [[next_ms - HOUR_MS, deadline_ms]]
    assert times(house, "jobs", "due_ms") == [[due_ms - HOUR_MS] for (due_ms,) in before_jobs]


async def test_what_is_due_already_stays_as_it_is(house, caller):
    await house.create(caller)
    house.clock.pass_s(86_400)
    before = times(house, "tasks", "next_ms"), times(house, "jobs", "due_ms")

    house.database.write_now(set_back.bring_forward, by_ms=HOUR_MS, now_ms=house.clock())

    assert (times(house, "tasks", "next_ms"), times(house, "jobs", "due_ms")) == before
