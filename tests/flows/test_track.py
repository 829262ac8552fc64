"""How a task is followed to its one end, whatever the upstream says and when."""

import asyncio
import json
from dataclasses import replace

import pytest

from fakes.house import PRICE_MICROS, TOPUP_MICROS, House, body
from fakes.recorded_spans import recorded
from fakes.scripted_upstream import MP4, PROCESSING, ScriptedUpstream, failed, succeeded
from fakes.vendor import until
from framegate.domain.cost import NOT_KNOWN
from framegate.domain.task import TaskStatus
from framegate.domain.upstream import Render, RenderStatus, Uncertain, Unknown, Unreachable
from framegate.engine.embedded import Wake
from framegate.errors import AnswerLost
from framegate.ids import number_of


async def created(house, caller, content=None):
    return (await house.create(caller, content)).task_id


async def uncertain(house, upstream, caller, content=None):
    upstream.answer = Uncertain(reason="timeout")
    return await created(house, caller, content)


async def test_success_stores_the_video_and_settles_the_hold_once(house, upstream, caller):
    task_id = await created(house, caller)
    upstream.polls.append(succeeded())

    await house.look_at(task_id)

    task = house.task(task_id)
    assert task.status is TaskStatus.SUCCEEDED
    assert house.blobs.path("videos", task.video.id).read_bytes() == MP4
    assert house.balance(caller) == (TOPUP_MICROS - PRICE_MICROS, 0)
    assert house.broken_promises() == []


async def test_failure_releases_the_whole_hold_and_keeps_the_reason(house, upstream, caller):
    """Nobody pays for a video that was not made."""
    task_id = await created(house, caller)
    upstream.polls.append(failed("Image pixel is invalid"))

    await house.look_at(task_id)

    task = house.task(task_id)
    assert (task.status, task.message) == (TaskStatus.FAILED, "Image pixel is invalid")
    assert house.balance(caller) == (TOPUP_MICROS, 0)
    assert house.broken_promises() == []


async def test_a_look_is_a_span_that_says_the_outcome_and_no_word_of_the_upstream(
    house, upstream, caller
):
    task_id = await created(house, caller)
    upstream.polls.append(failed("https://secret.example/frame.jpg is no picture"))

    with recorded() as spans:
        await house.look_at(task_id)

    poll, track = spans.named("poll"), spans.named("track")
    assert poll.attributes["framegate.outcome"] == "failed"
    assert poll.parent.span_id == track.context.span_id
    assert track.context.trace_id == number_of(task_id)
    assert "secret" not in "".join(span.to_json() for span in spans.all)


async def test_a_search_for_an_uncertain_task_is_a_span(house, upstream, caller):
    task_id = await uncertain(house, upstream, caller)
    with recorded() as spans:
        await house.look_at(task_id)
    assert spans.named("find").attributes["framegate.outcome"] == "unknown"


async def test_news_after_the_end_changes_nothing(house, upstream, caller):
    task_id = await created(house, caller)
    upstream.polls.append(failed("no"))
    await house.look_at(task_id)
    before = house.task(task_id)
    upstream.polls.append(succeeded())
    await house.look_at(task_id)
    assert house.task(task_id) == before


async def test_a_stale_look_is_fenced_and_leaves_no_second_video(house, upstream, caller):
    """A worker that was stopped and woke up late holds an old row in its hands."""
    task_id = await created(house, caller)
    stale = house.task(task_id)
    upstream.polls.append(succeeded())
    await house.look_at(task_id)

    await house.track._collect(stale, succeeded(), upstream, Wake(subject=task_id, now_ms=0))

    assert len(house.blobs.lengths("videos")) == 1
    assert len(house.rows("transfers")) == 2  # The top-up and one settlement.
    assert house.broken_promises() == []


async def test_processing_is_shown_and_looked_at_again(house, upstream, caller):
    task_id = await created(house, caller)
    upstream.polls.append(PROCESSING)
    await house.look_at(task_id)
    task = house.task(task_id)
    assert task.status is TaskStatus.PROCESSING
    assert task.next_ms > house.clock()


async def test_an_upstream_in_trouble_fails_no_task(house, upstream, caller):
    task_id = await created(house, caller)
    upstream.polls.extend([Unreachable(reason="503"), Unknown(), Unreachable(reason="odd word")])
    for _ in range(3):
        await house.look_at(task_id)
    assert house.task(task_id).status is TaskStatus.SUBMITTED
    assert house.balance(caller) == (TOPUP_MICROS, PRICE_MICROS)


async def test_a_video_that_cannot_be_copied_is_tried_again(house, upstream, caller):
    task_id = await created(house, caller)
    upstream.polls.extend([succeeded(), succeeded()])
    upstream.fetch_errors.append(AnswerLost("reset"))
    await house.look_at(task_id)
    assert house.task(task_id).status is TaskStatus.SUBMITTED
    await house.look_at(task_id)
    assert house.task(task_id).status is TaskStatus.SUCCEEDED


async def test_a_file_that_is_no_mp4_is_never_called_a_video(house, upstream, caller):
    task_id = await created(house, caller)
    upstream.video = b"<html>gone</html>"
    upstream.polls.append(succeeded())
    await house.look_at(task_id)
    assert house.task(task_id).status is TaskStatus.SUBMITTED
    assert house.blobs.lengths("videos") == {}


async def test_success_without_an_output_is_waited_out(house, upstream, caller):
    task_id = await created(house, caller)
    upstream.polls.append(Render(ticket="9", status=RenderStatus.SUCCEEDED))
    await house.look_at(task_id)
    assert house.task(task_id).status is TaskStatus.SUBMITTED


async def test_the_deadline_releases_what_never_ended(house, caller):
    task_id = await created(house, caller)
    house.clock.pass_s(86_400)
    await house.look_at(task_id)
    task = house.task(task_id)
    assert task.status is TaskStatus.EXPIRED
    assert task.message == "the upstream did not finish this task in time"
    assert house.balance(caller) == (TOPUP_MICROS, 0)


async def look_as_woken(house):
    """With the generation of the job, as the engine does."""
    (job,) = [row for row in house.rows("jobs") if row["queue"] == "track"]
    await house.track(
        Wake(subject=job["subject"], now_ms=house.clock(), generation=job["generation"])
    )


async def expired(house, caller):
    task_id = await created(house, caller)
    house.clock.pass_s(86_400)
    await look_as_woken(house)
    return task_id


def due_ms(house):
    return [row["due_ms"] for row in house.rows("jobs") if row["queue"] == "track"]


async def test_a_success_after_the_end_is_written_down_and_charges_nothing(house, upstream, caller):
    task_id = await expired(house, caller)
    house.clock.pass_s(3_600)
    upstream.polls.append(succeeded())
    await house.look_at(task_id)
    (row,) = house.rows("tasks")
    assert (row["status"], row["late_ms"]) == ("expired", house.clock())
    assert house.balance(caller) == (TOPUP_MICROS, 0)
    assert house.broken_promises() == []


async def test_what_was_given_up_is_looked_at_an_hour_and_a_day_later(house, caller):
    await expired(house, caller)
    ended_ms = house.clock()
    assert due_ms(house) == [ended_ms + 3_600_000]
    house.clock.pass_s(3_600)
    await look_as_woken(house)
    assert due_ms(house) == [ended_ms + 86_400_000]
    (row,) = house.rows("tasks")
    assert row["late_ms"] == 0


async def test_success_at_the_last_moment_still_counts(house, upstream, caller):
    task_id = await created(house, caller)
    house.clock.pass_s(86_400)
    upstream.polls.append(succeeded())
    await house.look_at(task_id)
    assert house.task(task_id).status is TaskStatus.SUCCEEDED


async def test_an_uncertain_task_is_looked_up_and_goes_on(house, upstream, caller):
    task_id = await uncertain(house, upstream, caller, body(external_task_id="biz-1"))
    upstream.finds.append(PROCESSING)

    await house.look_at(task_id)

    task = house.task(task_id)
    assert (task.status, task.ticket) == (TaskStatus.SUBMITTED, PROCESSING.ticket)
    assert upstream.looked_up == ["biz-1"]
    assert len(upstream.orders) == 1


async def test_an_uncertain_task_that_nobody_knows_is_released_at_its_deadline(
    house, upstream, caller
):
    task_id = await uncertain(house, upstream, caller)
    house.clock.pass_s(7_199)
    await house.look_at(task_id)
    assert house.task(task_id).status is TaskStatus.UNCERTAIN
    house.clock.pass_s(1)
    await house.look_at(task_id)
    task = house.task(task_id)
    assert task.status is TaskStatus.EXPIRED
    assert task.message == "the upstream never confirmed this task"
    assert house.balance(caller) == (TOPUP_MICROS, 0)
    assert len(upstream.orders) == 1


async def test_a_task_whose_sender_died_becomes_uncertain_not_resent(house, upstream, caller):
    """The process was killed between the commit and the answer: nobody knows what was bought."""

    async def die():
        raise ConnectionError("killed")

    upstream.before_answering = die
    await house.submit.close()
    try:
        await created(house, caller)
    except ConnectionError:
        task_id = house.rows("tasks")[0]["id"]
    await house.look_at(task_id)
    assert house.task(task_id).status is TaskStatus.SENDING  # It may still be on its way.
    house.clock.pass_s(60 + 15)
    await house.look_at(task_id)
    assert house.task(task_id).status is TaskStatus.UNCERTAIN
    assert len(upstream.orders) == 1


async def test_every_open_task_has_a_wake_up(house, upstream, caller):
    task_id = await created(house, caller)
    upstream.polls.append(PROCESSING)
    await house.look_at(task_id)
    assert house.broken_promises() == []


async def test_a_removed_upstream_does_not_strand_its_tasks(house, upstream, caller):
    task_id = await created(house, caller)
    house.track.upstreams = {}
    await house.look_at(task_id)
    assert house.task(task_id).status is TaskStatus.SUBMITTED
    house.clock.pass_s(86_400)
    await house.look_at(task_id)
    assert house.task(task_id).status is TaskStatus.EXPIRED


async def test_who_asked_to_be_told_is_owed_a_delivery_in_the_same_commit(house, upstream, caller):
    task_id = await created(house, caller, body(callback_url="https://you.example.com/hook"))
    upstream.polls.append(succeeded())
    await house.look_at(task_id)
    (owed,) = house.rows("deliveries")
    assert (owed["event"], owed["url"]) == ("task.succeeded", "https://you.example.com/hook")
    assert house.broken_promises() == []


async def test_an_upstream_that_tells_the_caller_itself_is_not_doubled(house, upstream, caller):
    upstream.tells_the_caller = True
    task_id = await created(house, caller, body(callback_url="https://you.example.com/hook"))
    upstream.polls.append(succeeded())
    await house.look_at(task_id)
    assert house.rows("deliveries") == []


# --- uncertain --------------------------------------------------------------------------------


async def test_an_order_found_under_anothers_ticket_is_not_taken_for_ours(house, upstream, caller):
    """Verbatim ids of two customers may be equal: the vendor refused the second order."""
    await created(house, caller, body(external_task_id="biz-1"))
    second = house.caller("second")
    task_id = await uncertain(house, upstream, second, body(external_task_id="biz-1"))
    upstream.finds.extend([PROCESSING, PROCESSING])

    await house.look_at(task_id)
    assert house.task(task_id).status is TaskStatus.UNCERTAIN
    house.clock.pass_s(7_200)
    await house.look_at(task_id)

    assert house.task(task_id).status is TaskStatus.EXPIRED
    assert house.balance(second) == (TOPUP_MICROS, 0)
    assert house.broken_promises() == []


async def test_an_order_found_without_a_ticket_is_not_found(house, upstream, caller):
    task_id = await uncertain(house, upstream, caller, body(external_task_id="biz-1"))
    upstream.finds.append(replace(PROCESSING, ticket=""))
    await house.look_at(task_id)
    assert house.task(task_id).status is TaskStatus.UNCERTAIN


async def test_a_found_order_may_take_as_long_as_any_other(house, upstream, caller):
    task_id = await uncertain(house, upstream, caller, body(external_task_id="biz-1"))
    upstream.finds.append(PROCESSING)
    await house.look_at(task_id)
    task = house.task(task_id)
    assert task.deadline_ms == task.created_ms + 86_400_000
    assert house.wakes(task_id) == house.clock()


async def test_an_upstream_that_cannot_be_asked_decides_nothing(house, upstream, caller):
    task_id = await uncertain(house, upstream, caller, body(external_task_id="biz-1"))
    upstream.finds.append(Unreachable(reason="503"))
    await house.look_at(task_id)
    assert house.task(task_id).status is TaskStatus.UNCERTAIN
    assert house.wakes(task_id) > house.clock()


# --- after we gave up -------------------------------------------------------------------------


async def given_up(house, caller):
    task_id = await created(house, caller)
    house.clock.pass_s(86_400)
    await house.run_next(task_id)
    assert house.task(task_id).status is TaskStatus.EXPIRED
    return task_id


async def test_a_task_given_up_is_looked_at_once_more_after_an_hour_and_a_day(
    house, upstream, caller
):
    task_id = await given_up(house, caller)
    ended_ms, looks = house.clock(), []
    while (at_ms := await house.run_next(task_id)) is not None:
        looks.append((at_ms - ended_ms) // 1_000)
    assert looks == [3_600, 86_400]
    assert house.rows("jobs") == []


async def test_a_late_success_is_noted_and_charges_nobody(house, upstream, caller):
    task_id = await given_up(house, caller)
    before = house.task(task_id)
    upstream.polls.append(succeeded())
    house.clock.pass_s(3_600)

    assert await house.run_next(task_id) is not None

    assert house.task(task_id) == before
    assert house.record(task_id).late_ms == house.clock()
    assert house.balance(caller) == (TOPUP_MICROS, 0)
    assert len(house.rows("transfers")) == 1  # The top-up.
    assert house.broken_promises() == []
    assert house.wakes(task_id) is None


async def test_the_bill_of_a_late_success_is_kept(house, upstream, caller):
    task_id = await given_up(house, caller)
    upstream.unit_price_micros = 140_000
    upstream.polls.append(replace(succeeded(), billing=BILLING))
    await house.look_at(task_id)
    assert house.record(task_id).cost_micros == 560_000


async def test_an_uncertain_task_given_up_may_still_turn_out_to_be_bought(house, upstream, caller):
    task_id = await uncertain(house, upstream, caller, body(external_task_id="biz-1"))
    house.clock.pass_s(7_200)
    await house.look_at(task_id)
    upstream.finds.append(succeeded())
    await house.look_at(task_id)
    assert house.record(task_id).late_ms == house.clock()
    assert house.balance(caller) == (TOPUP_MICROS, 0)


async def test_another_customers_success_is_not_our_late_one(house, upstream, caller):
    await created(house, caller, body(external_task_id="biz-1"))
    second = house.caller("second")
    task_id = await uncertain(house, upstream, second, body(external_task_id="biz-1"))
    house.clock.pass_s(7_200)
    await house.look_at(task_id)
    upstream.finds.append(succeeded())
    await house.look_at(task_id)
    assert house.record(task_id).late_ms == 0


async def test_the_upstreams_own_failure_is_not_asked_about_again(house, upstream, caller):
    task_id = await created(house, caller)
    upstream.polls.append(failed("no"))
    await house.run_next(task_id)
    assert house.wakes(task_id) is None


# --- what is learned --------------------------------------------------------------------------

BILLING = ({"charge_type": "unit", "amount": "4", "package_type": "video"},)


@pytest.fixture
def priced(upstream):
    upstream.unit_price_micros = 140_000
    return upstream


async def ended(house, upstream, caller, render):
    task_id = await created(house, caller)
    house.clock.pass_s(31)
    upstream.polls.append(render)
    await house.look_at(task_id)
    return house.task(task_id)


async def test_time_by_the_upstreams_own_clock_is_learned(house, upstream, caller):
    task = await ended(house, upstream, caller, replace(succeeded(), took_ms=28_000))
    assert house.durations(task).times_ms == [28_000]


async def test_time_is_ours_where_the_upstream_does_not_say(house, upstream, caller):
    task = await ended(house, upstream, caller, succeeded())
    assert house.durations(task).times_ms == [31_000]


async def test_nothing_is_learned_from_a_failure(house, upstream, caller):
    task = await ended(house, upstream, caller, failed("no"))
    assert house.durations(task).times_ms == []


async def test_once_learned_the_first_look_waits_until_tasks_begin_to_end(house, upstream, caller):
    for _ in range(8):
        await ended(house, upstream, caller, replace(succeeded(), took_ms=28_000))
    task = house.task(await created(house, caller))
    assert task.next_ms - house.clock() == 28_000
    assert house.wakes(task.id) == task.next_ms


async def test_no_look_is_planned_past_the_deadline(house, upstream, caller):
    task_id = await created(house, caller)
    house.clock.pass_s(86_400 - 1)
    await house.look_at(task_id)
    assert house.task(task_id).next_ms == house.task(task_id).deadline_ms


async def test_bill_and_cost_are_kept_beside_the_price(house, priced, caller):
    task = await ended(house, priced, caller, replace(succeeded(), billing=BILLING))
    record = house.record(task.id)
    assert (record.task.price_micros, record.cost_micros) == (PRICE_MICROS, 560_000)
    assert json.loads(record.billing) == list(BILLING)


@pytest.mark.parametrize(
    "billing",
    [(), ({"amount": {"deep": [10**40]}},), ({"charge_type": "unit", "amount": "9" * 13},)],
)
async def test_a_bill_that_cannot_be_read_keeps_no_task_from_ending(house, priced, caller, billing):
    priced.unit_price_micros = 10**12
    task = await ended(house, priced, caller, replace(succeeded(), billing=billing))
    assert task.status is TaskStatus.SUCCEEDED
    assert house.record(task.id).cost_micros == NOT_KNOWN
    assert house.broken_promises() == []


async def test_a_reason_names_the_callers_own_id_and_not_the_one_we_sent(house, upstream, caller):
    task_id = await created(house, caller, body(external_task_id="biz-1"))
    upstream.polls.append(failed("fg-scoped was refused"))
    await house.look_at(task_id)
    assert house.task(task_id).message == "biz-1 was refused"


# --- an upstream that hangs -------------------------------------------------------------------


class Hanging(ScriptedUpstream):
    """It answers no question until it is let go."""

    def __init__(self, name):
        super().__init__(name)
        self.asked = 0
        self.may_answer = asyncio.Event()

    async def poll(self, ticket):
        self.asked += 1
        await self.may_answer.wait()
        return PROCESSING


@pytest.fixture
def two(tmp_path):
    """A house with four lanes, and an upstream that hangs beside one that is well."""
    opened = House(tmp_path, Hanging("hangs"), ScriptedUpstream("well"))
    opened.track = replace(opened.track, lanes=4)
    yield opened
    opened.database.close_now()


async def test_an_upstream_that_hangs_leaves_lanes_to_the_others(two):
    hangs, well = two.upstreams
    caller = two.caller()
    stuck = [await created(two, caller) for _ in range(6)]
    hangs.answer = Unreachable(reason="gone")
    mine = await created(two, caller)
    looks = [asyncio.create_task(two.look_at(each)) for each in stuck]
    await until(lambda: hangs.asked == 3 and sum(look.done() for look in looks) == 3)

    well.polls.append(succeeded())
    await two.look_at(mine)
    assert two.task(mine).status is TaskStatus.SUCCEEDED

    hangs.may_answer.set()
    await asyncio.gather(*looks)
    assert hangs.asked == 3
    # Those who got no lane are looked at later, and nothing was counted as a look.
    later = [each for each in stuck if two.task(each).polls == 0]
    assert sorted(two.wakes(each) - two.clock() for each in later) == [1_000, 1_333, 1_666]
    assert two.broken_promises() == []


async def test_a_lane_is_free_again_after_a_look_that_failed(two):
    hangs, _ = two.upstreams
    hangs.may_answer.set()
    task_id = await created(two, two.caller())
    hangs.poll = None  # What is not there cannot be awaited.
    for _ in range(9):
        with pytest.raises(TypeError):
            await two.look_at(task_id)
    assert two.track._lanes._taken.total() == 0
