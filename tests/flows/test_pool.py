"""Which upstream gets an order: by weight, within slots, around breakers, on when it is free."""

import asyncio
import random
from collections import Counter

import pytest

from fakes.house import PRICE_MICROS, TOPUP_MICROS, House, body
from fakes.scripted_upstream import ScriptedUpstream, ticket
from fakes.vendor import until
from framegate.domain.health import PROBE_WAIT_MS, Breaker, Health
from framegate.domain.task import TaskStatus
from framegate.domain.upstream import Refused, Relay, Uncertain, Unreachable
from framegate.errors import CreditMissing, FieldsInvalid, NotFound, TooManyTasks, Unavailable
from framegate.flows.pool import Pool
from framegate.store import upstreams

MODEL = "kling-3.0-turbo"


def refused(code, http_status=429, *, retry_after_s=None, **more):
    relay = Relay(
        http_status=http_status,
        code=code,
        message=f"no {code}",
        request_id="up-2",
        data={},
        retry_after_s=retry_after_s,
    )
    return Refused(relay=relay, **more)


FULL = refused(1303, retry_after_s=7, may_go_elsewhere=True)
MAINTENANCE = refused(5001, 503, may_go_elsewhere=True)
POLICY = refused(1301, 400)
BLAMED = refused(1102, blames_operator=True)
GONE = Unreachable(reason="connection refused")


@pytest.fixture
def first():
    return ScriptedUpstream("first")


@pytest.fixture
def second():
    return ScriptedUpstream("second")


@pytest.fixture
def house(tmp_path, first, second):
    opened = House(tmp_path, first, second)
    yield opened
    opened.database.close_now()


def health(house, name="first"):
    return house.database.read_now(upstreams.health_of, [name])[name]


def put(house, name="first", **changes):
    house.database.write_now(upstreams.keep_health, Health(name=name, **changes))


def opened(house, *, due_in_ms=0):
    """A breaker that lets a probe through from then on."""
    put(house, breaker=Breaker.OPEN, opens=1, failures=5, retry_ms=house.clock() + due_in_ms)


def sent(*pool):
    return [len(each.orders) for each in pool]


def nothing_is_held(house, caller):
    return house.balance(caller) == (TOPUP_MICROS, 0) and not house.broken_promises()


# --- who offers what --------------------------------------------------------------------------


def test_a_model_that_nobody_offers_is_not_found():
    with pytest.raises(NotFound, match=r"model not found: x{200}$"):
        Pool(upstreams=[ScriptedUpstream()]).offering("x" * 300, "image-to-video")


def test_a_kind_that_nobody_makes_says_so():
    able = ScriptedUpstream()
    able.kinds = frozenset({"text-to-video"})
    pool = Pool(upstreams=[able])
    assert pool.offering(MODEL, "text-to-video") == [able]
    with pytest.raises(NotFound, match="no configured upstream makes image-to-video"):
        pool.offering(MODEL, "image-to-video")


# --- shares -----------------------------------------------------------------------------------


@pytest.mark.parametrize("weights", [(1, 1), (3, 1), (1, 9), (1_000, 1)])
def test_orders_are_shared_by_weight(house, first, second, weights):
    first.weight, second.weight = weights
    pool = Pool(upstreams=(first, second), draw=random.Random(7).random)
    with house.database.engine.connect() as tx:
        names = Counter(
            pool.choose(tx, [first, second], now_ms=0).upstream.name for _ in range(2_000)
        )
    assert names["first"] / 2_000 == pytest.approx(weights[0] / sum(weights), abs=0.03)


@pytest.mark.parametrize(("draw", "name"), [(0.0, "first"), (0.4999, "first"), (0.5, "second"),
                                            (0.9999999999999999, "second")])  # fmt: skip
async def test_every_draw_falls_on_somebody(house, first, second, draw, name):
    house.submit.pool.draw = lambda: draw
    answer = await house.create(house.caller())
    assert house.task(answer.task_id).upstream == name


async def test_one_that_has_no_room_is_passed_over_while_it_rests(house, first, second):
    caller = house.caller()
    first.answer = FULL
    await house.create(caller)
    await house.create(caller)
    assert sent(first, second) == [1, 2]
    house.clock.pass_s(7)
    await house.create(caller)
    assert sent(first, second) == [2, 3]


async def test_one_that_rests_is_asked_all_the_same_when_it_is_the_only_one(tmp_path, first):
    house = House(tmp_path, first)
    first.answer = FULL
    caller = house.caller()
    relays = [(await house.create(caller)).relay for _ in range(2)]
    assert [(each.code, each.retry_after_s) for each in relays] == [(1303, 7)] * 2
    assert sent(first) == [2]
    house.database.close_now()


# --- slots ------------------------------------------------------------------------------------


async def test_two_hundred_creates_at_once_never_exceed_a_slot(house, first, second):
    first.concurrency, second.concurrency = 5, 3
    caller = house.caller(credit_micros=200 * PRICE_MICROS)
    made = await asyncio.gather(*(house.create(caller) for _ in range(200)), return_exceptions=True)
    refusals = [each for each in made if isinstance(each, Exception)]
    assert sent(first, second) == [5, 3]
    assert {type(each) for each in refusals} == {TooManyTasks}
    assert len(house.rows("tasks")) == 8
    assert house.balance(caller) == (200 * PRICE_MICROS, 8 * PRICE_MICROS)


async def test_a_full_gateway_says_its_limit_and_when_to_come_back(house, first, second):
    first.concurrency = second.concurrency = 1
    caller = house.caller()
    for _ in range(2):
        await house.create(caller)
    with pytest.raises(TooManyTasks) as refusal:
        await house.create(caller)
    assert refusal.value.message == "too many running tasks: the limit is 2 for this gateway"
    assert (refusal.value.http_status, refusal.value.code) == (429, 1303)
    assert refusal.value.retry_after_s == 5
    assert house.balance(caller) == (TOPUP_MICROS, 2 * PRICE_MICROS)


async def test_a_slot_is_free_again_when_its_task_has_ended(tmp_path, first):
    house = House(tmp_path, first)
    first.concurrency = 1
    caller = house.caller()
    first.answer = POLICY
    await house.create(caller)
    first.answer = ticket()
    assert (await house.create(caller)).relay.code == 0
    house.database.close_now()


async def test_an_uncertain_task_keeps_its_slot(tmp_path, first):
    """The vendor may be working on it."""
    house = House(tmp_path, first)
    first.concurrency = 1
    first.answer = Uncertain(reason="reset")
    caller = house.caller()
    await house.create(caller)
    with pytest.raises(TooManyTasks):
        await house.create(caller)
    house.database.close_now()


async def test_an_order_that_moved_on_takes_the_slot_of_whom_it_moved_to(house, first, second):
    first.answer, second.concurrency = GONE, 1
    caller = house.caller()
    await house.create(caller)
    with pytest.raises(Unavailable):
        await house.create(caller)
    assert sent(first, second) == [2, 1]
    assert house.balance(caller) == (TOPUP_MICROS, PRICE_MICROS)


# --- on to the next one -----------------------------------------------------------------------


@pytest.mark.parametrize("answer", [GONE, BLAMED, FULL, MAINTENANCE])
async def test_what_surely_bought_nothing_goes_on_to_the_next(house, first, second, answer):
    first.answer = answer
    caller = house.caller()
    content = body(external_task_id="biz-1")
    made = await house.create(caller, content, key="once")
    task = house.task(made.task_id)
    assert (task.upstream, task.status) == ("second", TaskStatus.SUBMITTED)
    assert first.bodies == second.bodies == [content]
    assert house.balance(caller) == (TOPUP_MICROS, PRICE_MICROS)
    assert (await house.create(caller, content, key="once")).is_replay


@pytest.mark.parametrize("answer", [POLICY, refused(1201, 200), Uncertain(reason="reset")])
async def test_what_concerns_the_order_or_may_have_bought_it_goes_nowhere_else(
    house, first, second, answer
):
    first.answer = answer
    await house.create(house.caller())
    assert sent(first, second) == [1, 0]


@pytest.mark.parametrize("last", [GONE, BLAMED])
async def test_the_last_refusal_for_the_customer_is_relayed_when_nobody_is_left(
    house, first, second, last
):
    first.answer, second.answer = FULL, last
    caller = house.caller()
    answer = await house.create(caller)
    assert (answer.relay.code, answer.relay.retry_after_s, answer.task_id) == (1303, 7, "")
    assert nothing_is_held(house, caller)


async def test_of_two_refusals_for_the_customer_the_later_one_is_relayed(house, first, second):
    first.answer, second.answer = FULL, POLICY
    assert (await house.create(house.caller())).relay.code == 1301


@pytest.mark.parametrize(
    "answers", [(GONE, GONE), (BLAMED, GONE), (GONE, BLAMED), (BLAMED, BLAMED)]
)
async def test_operators_troubles_alone_are_one_sentence(house, first, second, answers):
    first.answer, second.answer = answers
    caller = house.caller()
    with pytest.raises(Unavailable, match=r"^upstream is not available; nothing was created"):
        await house.create(caller, key="once")
    assert nothing_is_held(house, caller)
    assert house.rows("idempotency") == house.rows("jobs") == []


async def test_an_order_tries_each_upstream_once(tmp_path):
    pool = [ScriptedUpstream(str(number)) for number in range(5)]
    for each in pool:
        each.answer = GONE
    house = House(tmp_path, *pool)
    with pytest.raises(Unavailable):
        await house.create(house.caller())
    assert sent(*pool) == [1] * 5
    house.database.close_now()


async def test_the_row_says_who_has_the_order_before_it_leaves(house, first, second):
    """Or a crash in between would look for it at the wrong upstream."""
    seen = []

    async def look():
        seen.extend((row["status"], row["upstream"]) for row in house.rows("tasks"))

    first.answer, first.before_answering, second.before_answering = GONE, look, look
    await house.create(house.caller())
    assert seen == [("sending", "first"), ("sending", "second")]


async def test_a_crash_after_a_hand_over_is_doubted_at_the_upstream_it_went_to(
    house, first, second
):
    async def die():
        raise ConnectionError("killed")

    first.answer, second.before_answering = GONE, die
    with pytest.raises(ConnectionError):
        await house.create(house.caller(), body(external_task_id="biz-1"))
    house.clock.pass_s(60 + 15)
    task_id = house.rows("tasks")[0]["id"]
    await house.look_at(task_id)
    await house.look_at(task_id)
    task = house.task(task_id)
    assert (task.status, task.upstream) == (TaskStatus.UNCERTAIN, "second")
    assert (first.looked_up, second.looked_up) == ([], ["biz-1"])


async def test_a_process_that_slept_before_the_send_sends_nothing(house, first, second):
    """Tracking may have given the task up by then, or its operator resolved it."""
    opened(house)
    first.before_checking = lambda: house.clock.pass_s(60 + 15)
    caller = house.caller()
    await house.create(caller)
    assert sent(first, second) == [0, 1]


async def test_a_sleeper_whose_task_was_given_up_buys_nothing_for_nobody(tmp_path, first):
    house = House(tmp_path, first)
    opened(house)
    caller = house.caller()

    async def sleep_and_be_given_up():
        house.clock.pass_s(7_200)
        for _ in range(2):
            await house.look_at(house.rows("tasks")[0]["id"])

    first.before_checking = sleep_and_be_given_up
    with pytest.raises(Unavailable):
        await house.create(caller)
    assert sent(first) == [0]
    assert [row["status"] for row in house.rows("tasks")] == ["expired"]
    assert nothing_is_held(house, caller)
    house.database.close_now()


async def test_a_no_that_cannot_be_written_down_is_not_called_nothing(house, first, second):
    """The hold is open still: to say that nothing was created would invite a second order."""
    first.answer = GONE
    caller = house.caller()

    async def close_the_store():
        house.database.close_now()

    first.before_answering = close_the_store
    answer = await house.create(caller)
    assert (answer.relay.http_status, answer.relay.code) == (504, 5002)
    assert answer.relay.data["id"] == answer.task_id
    assert sent(first, second) == [1, 0]


# --- the order of refusals --------------------------------------------------------------------


async def test_a_duplicate_is_said_before_a_full_gateway(tmp_path, first):
    house = House(tmp_path, first)
    first.concurrency = 1
    caller = house.caller()
    await house.create(caller, body(external_task_id="biz-1"))
    with pytest.raises(FieldsInvalid, match="already exists"):
        await house.create(caller, body(external_task_id="biz-1"))
    house.database.close_now()


async def test_a_full_gateway_is_said_before_missing_credit(tmp_path, first):
    house = House(tmp_path, first)
    first.concurrency = 1
    await house.create(house.caller())
    with pytest.raises(TooManyTasks):
        await house.create(house.caller("poor", credit_micros=1))
    house.database.close_now()


async def test_missing_credit_is_said_before_a_missing_upstream(house):
    """The upstream comes last in rule 33: that one alone is mended by waiting."""
    for name in ("first", "second"):
        put(house, name, breaker=Breaker.OPEN, retry_ms=house.clock() + 60_000)
    poor = house.caller("poor", credit_micros=1)
    with pytest.raises(CreditMissing):
        await house.create(poor)
    with pytest.raises(CreditMissing):
        await house.submit.rehearse(poor, body(), MODEL)


# --- breakers ---------------------------------------------------------------------------------


async def test_a_refused_account_is_left_alone_at_once(house, first, second):
    first.answer = BLAMED
    caller = house.caller()
    for _ in range(3):
        await house.create(caller)
    assert sent(first, second) == [1, 3]
    assert health(house).last_error == "refuses our account: HTTP 429, code 1102"


async def test_silence_opens_a_breaker_only_when_it_lasts(house, first, second):
    first.answer = GONE
    caller = house.caller()
    for _ in range(7):
        await house.create(caller)
    assert sent(first, second) == [5, 7]


async def test_uncertain_answers_open_a_breaker_too(house, first):
    first.answer = Uncertain(reason="reset")
    caller = house.caller()
    for _ in range(5):
        await house.create(caller)
    assert health(house).breaker is Breaker.OPEN


async def test_refusals_of_orders_never_open_a_breaker(house, first):
    first.answer = POLICY
    caller = house.caller()
    for _ in range(9):
        await house.create(caller)
    assert (health(house).breaker, health(house).failures) == (Breaker.CLOSED, 0)


async def test_with_every_breaker_open_the_caller_hears_when_to_come_back(house):
    put(house, "first", breaker=Breaker.OPEN, retry_ms=house.clock() + 60_000)
    put(house, "second", breaker=Breaker.HALF_OPEN, retry_ms=house.clock() + 7_001)
    caller = house.caller()
    with pytest.raises(Unavailable) as refusal:
        await house.create(caller)
    assert refusal.value.retry_after_s == 8
    assert house.rows("tasks") == []
    assert nothing_is_held(house, caller)


async def test_a_due_breaker_is_asked_how_it_is_before_it_gets_an_order(house, first):
    opened(house)
    await house.create(house.caller())
    assert (first.checks, sent(first)) == (1, [1])
    assert health(house).breaker is Breaker.CLOSED


async def test_one_that_is_still_not_well_gets_no_order(house, first, second):
    opened(house)
    first.is_well = False
    await house.create(house.caller())
    assert sent(first, second) == [0, 1]
    assert health(house).breaker is Breaker.OPEN
    assert health(house).last_error == "still not well: as scripted"


async def test_a_probe_that_finds_the_account_still_refused_opens_again(house, first, second):
    """A check proves the key, not the package: an empty one shows at the order alone."""
    opened(house)
    first.answer = BLAMED
    await house.create(house.caller())
    assert sent(first, second) == [1, 1]
    assert health(house).retry_ms == house.clock() + 60_000


async def test_only_one_of_many_orders_is_the_probe(house, first, second):
    opened(house)
    may_answer = asyncio.Event()
    first.before_checking = may_answer.wait
    caller = house.caller(credit_micros=30 * PRICE_MICROS)
    probe = asyncio.create_task(house.create(caller))
    await asyncio.gather(*(house.create(caller) for _ in range(20)))
    assert sent(first, second) == [0, 20]
    may_answer.set()
    await probe
    assert (first.checks, sent(first)) == (1, [1])


async def test_a_probe_whose_process_died_is_followed_by_another(house, first, second):
    put(house, breaker=Breaker.HALF_OPEN, retry_ms=house.clock() + PROBE_WAIT_MS)
    caller = house.caller()
    await house.create(caller)
    house.clock.pass_s(PROBE_WAIT_MS / 1_000)
    await house.create(caller)
    assert sent(first, second) == [1, 1]


async def test_a_probe_that_is_only_slow_is_followed_by_another_and_both_are_kept(house, first):
    opened(house)
    may_answer = asyncio.Event()
    first.before_answering = may_answer.wait
    caller = house.caller()
    slow = asyncio.create_task(house.create(caller))
    await until(lambda: first.orders)
    first.before_answering = None
    house.clock.pass_s(PROBE_WAIT_MS / 1_000)
    first.answer = ticket("9")
    await house.create(caller)
    assert (first.checks, sent(first)) == (2, [2])
    assert health(house).breaker is Breaker.CLOSED
    first.answer = ticket("8")
    may_answer.set()
    await slow
    assert sorted(row["ticket"] for row in house.rows("tasks")) == ["8", "9"]
    assert house.broken_promises() == []


async def test_an_upstream_that_takes_orders_in_our_transaction_needs_no_probe(tmp_path):
    """Its name may have been another's, whose breaker would draw every order to it for ever."""

    class Inside(ScriptedUpstream):
        def enlist(self, tx, order, *, now_ms):
            return ticket()

    house = House(tmp_path, Inside("first"))
    opened(house)
    await house.create(house.caller())
    assert health(house).breaker is Breaker.CLOSED
    house.database.close_now()


async def test_a_create_that_is_refused_begins_no_probe(house):
    opened(house)
    with pytest.raises(CreditMissing):
        await house.create(house.caller("poor", credit_micros=1))
    assert health(house).breaker is Breaker.OPEN


async def test_a_create_is_timed(house, first):
    async def take_400_ms():
        house.clock.pass_s(0.4)

    first.before_answering = take_400_ms
    await house.create(house.caller())
    assert health(house).latency_ms == 400


async def test_what_each_upstream_said_is_noted_for_the_operator(house, first, second):
    first.answer, second.answer = GONE, POLICY
    await house.create(house.caller())
    (row,) = house.rows("tasks")
    assert (row["status"], row["operator_note"]) == (
        "refused",
        "second: HTTP 400, code 1301: no 1301",
    )


# --- paused by the operator -------------------------------------------------------------------


def pause(house, name):
    house.database.write_now(upstreams.pause, name, now_ms=house.clock())


async def test_a_paused_upstream_gets_no_order_and_keeps_those_it_has(house, first, second):
    caller = house.caller()
    before = (await house.create(caller)).task_id
    pause(house, "first")
    await house.create(caller)
    assert sent(first, second) == [1, 1]
    await house.run_next(before)
    assert house.task(before).status is TaskStatus.PROCESSING


async def test_an_order_does_not_go_on_to_a_paused_upstream(house, first, second):
    caller = house.caller()
    first.answer = GONE
    pause(house, "second")
    with pytest.raises(Unavailable):
        await house.create(caller)
    assert sent(first, second) == [1, 0]
    assert nothing_is_held(house, caller)


async def test_with_every_upstream_paused_nothing_is_held_and_a_minute_is_asked_for(house):
    caller = house.caller()
    pause(house, "first")
    pause(house, "second")
    with pytest.raises(Unavailable) as refusal:
        await house.create(caller)
    assert refusal.value.retry_after_s == 60
    assert nothing_is_held(house, caller)


async def test_a_paused_upstream_does_not_make_the_retry_of_the_others_sooner(house):
    opened(house, due_in_ms=7_000)
    pause(house, "second")
    with pytest.raises(Unavailable) as refusal:
        await house.create(house.caller())
    assert refusal.value.retry_after_s == 7


async def test_a_paused_upstream_is_not_probed(house, first, second):
    opened(house)
    pause(house, "first")
    await house.create(house.caller())
    assert (first.checks, sent(first, second)) == (0, [0, 1])


async def test_a_resumed_upstream_gets_orders_again(house, first, second):
    caller = house.caller()
    pause(house, "first")
    house.database.write_now(upstreams.resume, "first")
    await house.create(caller)
    assert sent(first, second) == [1, 0]
