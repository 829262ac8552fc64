"""Questions of many: asked together, at one pace, and nobody waits for ever."""

import asyncio

import pytest

from fakes.jumping_loop import in_jumping_time
from framegate.domain.upstream import Render, RenderStatus, Unreachable
from framegate.upstreams.asking import AT_ONCE_MAX, LINGER_S, Asker, Pace


class Desk:
    """Answers every id it is asked for, at once or when it may."""

    def __init__(self, *, ids_max=20, per_s=10):
        self.asked = []
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.spoilers = set()
        self.pace = Pace(per_s=per_s)
        self.asker = Asker(ask=self.ask, ids_max=ids_max, pace=self.pace)

    async def ask(self, ids):
        self.asked.append((round(asyncio.get_running_loop().time(), 3), list(ids)))
        await self.may_answer.wait()
        if self.spoilers.intersection(ids):
            return dict.fromkeys(ids, Unreachable(reason="HTTP 500"))
        return {each: Render(ticket=each, status=RenderStatus.PROCESSING) for each in ids}

    async def about(self, *ids):
        return [render.ticket for render in await asyncio.gather(*map(self.asker.about, ids))]

    @property
    def sizes(self):
        return [len(ids) for _, ids in self.asked]

    @property
    def times(self):
        return [at_s for at_s, _ in self.asked]


def names(count):
    return [f"t{number}" for number in range(count)]


@in_jumping_time
async def test_twenty_share_a_query_that_leaves_at_once():
    desk = Desk()
    assert await desk.about(*names(20)) == names(20)
    assert desk.asked == [(0.0, names(20))]


@in_jumping_time
async def test_fewer_wait_a_moment_for_company():
    desk = Desk()
    early = asyncio.create_task(desk.about("a"))
    await asyncio.sleep(LINGER_S / 2)
    await asyncio.gather(early, desk.about("b"))
    assert desk.asked == [(LINGER_S, ["a", "b"])]


@in_jumping_time
async def test_more_than_twenty_are_parted_in_the_order_of_asking():
    desk = Desk()
    await desk.about(*names(45))
    assert [each for _, ids in desk.asked for each in ids] == names(45)
    assert desk.sizes == [20, 20, 5]


@in_jumping_time
async def test_the_same_id_is_asked_once_and_answers_everybody():
    desk = Desk()
    assert await desk.about("a", "a", "a") == ["a", "a", "a"]
    assert desk.asked == [(LINGER_S, ["a"])]


@in_jumping_time
async def test_who_asks_while_the_query_is_away_gets_a_newer_answer():
    """Its question may come of news that the running query was too early for."""
    desk = Desk()
    desk.may_answer.clear()
    first = asyncio.create_task(desk.about("a"))
    await asyncio.sleep(1)
    second = asyncio.create_task(desk.about("a"))
    await asyncio.sleep(1)
    desk.may_answer.set()
    await asyncio.gather(first, second)
    assert desk.sizes == [1, 1]


@in_jumping_time
async def test_queries_leave_at_the_operators_pace():
    desk = Desk(ids_max=1, per_s=4)
    await desk.about(*names(9))
    assert desk.times == [number / 4 for number in range(9)]


@in_jumping_time
async def test_two_kinds_of_questions_share_one_pace():
    desk = Desk(ids_max=1, per_s=4)
    other = Asker(ask=desk.ask, ids_max=1, pace=desk.pace)
    await asyncio.gather(desk.about(*names(4)), *map(other.about, names(4)))
    assert desk.times == [number / 4 for number in range(8)]


@in_jumping_time
async def test_pace_is_not_saved_up_while_nobody_asks():
    desk = Desk(ids_max=1, per_s=4)
    await desk.about("a")
    await asyncio.sleep(100)
    await desk.about("b", "c")
    assert desk.times == [0.0, 100.0, 100.25]


@in_jumping_time
async def test_told_to_slow_down_it_asks_nothing_for_as_long():
    desk = Desk(ids_max=1)
    await desk.about("a")
    desk.pace.slow_down(30)
    desk.pace.slow_down(5)
    await desk.about("b", "c")
    assert desk.times == [0.0, 30.0, 30.1]


@in_jumping_time
async def test_being_told_while_it_waits_for_its_turn_counts_too():
    desk = Desk(ids_max=1, per_s=1)
    await desk.about("a")
    waiting = asyncio.create_task(desk.about("b"))
    await asyncio.sleep(0.5)
    desk.pace.slow_down(10)
    await waiting
    assert desk.times == [0.0, 10.5]


@in_jumping_time
async def test_a_silent_upstream_has_only_so_many_queries_to_be_silent_about():
    desk = Desk(ids_max=1, per_s=1_000)
    desk.may_answer.clear()
    asking = asyncio.create_task(desk.about(*names(3 * AT_ONCE_MAX)))
    await asyncio.sleep(60)
    assert len(desk.asked) == AT_ONCE_MAX
    desk.may_answer.set()
    await asking
    assert len(desk.asked) == 3 * AT_ONCE_MAX


@in_jumping_time
async def test_one_who_gives_up_takes_no_answer_from_the_others():
    desk = Desk()
    impatient = asyncio.create_task(desk.asker.about("a"))
    others = asyncio.create_task(desk.about("a", "b"))
    await asyncio.sleep(0)
    impatient.cancel()
    assert await others == ["a", "b"]
    assert impatient.cancelled()


@in_jumping_time
async def test_an_ask_that_raises_answers_everybody_and_stops_nobody():
    desk = Desk()
    asker = Asker(ask=desk.ask, ids_max=20, pace=desk.pace)
    desk.may_answer = None  # A defect of ours: awaiting it raises.
    answers = await asyncio.gather(*map(asker.about, names(25)))
    assert all(isinstance(answer, Unreachable) for answer in answers)

    desk.may_answer = asyncio.Event()
    desk.may_answer.set()
    assert await asker.about("a") == Render(ticket="a", status=RenderStatus.PROCESSING)


@in_jumping_time
async def test_an_id_that_the_answer_leaves_out_has_no_news():
    async def forgetful(ids):
        return {}

    asker = Asker(ask=forgetful, ids_max=20, pace=Pace(per_s=10))
    assert isinstance(await asker.about("a"), Unreachable)


@pytest.mark.parametrize("ids_max", [1, 2, 20])
@pytest.mark.parametrize("pause_s", [0.0, LINGER_S, LINGER_S / 3, 0.1, 0.05, 0.7])
def test_no_question_is_overlooked_whenever_it_comes(ids_max, pause_s):
    """The one who feeds may be just about to stop when the next question comes."""

    @in_jumping_time
    async def ask_in_turn():
        desk = Desk(ids_max=ids_max)

        async def ask(name):
            answer = await desk.about(name)
            await asyncio.sleep(pause_s)
            return answer + await desk.about(name)

        async with asyncio.timeout(3_600):
            answers = await asyncio.gather(*map(ask, names(7)))
        assert answers == [[name, name] for name in names(7)]

    ask_in_turn()


@in_jumping_time
async def test_closing_answers_whoever_waits_on_either_side_of_the_query():
    desk = Desk(per_s=1)
    desk.may_answer.clear()
    sent = asyncio.create_task(desk.asker.about("a"))
    await asyncio.sleep(0.5)
    unsent = asyncio.create_task(desk.asker.about("b"))
    await asyncio.sleep(0)
    await desk.asker.close()
    assert isinstance(await sent, Unreachable)
    assert isinstance(await unsent, Unreachable)
    assert desk.asked == [(LINGER_S, ["a"])]


@in_jumping_time
async def test_closing_what_was_never_asked_is_fine():
    await Desk().asker.close()


@in_jumping_time
async def test_one_that_spoils_its_query_is_asked_alone_from_then_on():
    """Nineteen others would wait for ever for news that is there."""
    desk = Desk()
    desk.spoilers.add("t3")
    ask = desk.asker.about

    first = await asyncio.gather(*map(ask, names(5)))
    second = await asyncio.gather(*map(ask, names(5)))
    third = await asyncio.gather(*map(ask, names(5)))

    assert all(isinstance(each, Unreachable) for each in first)
    assert [isinstance(each, Unreachable) for each in second] == [False] * 3 + [True, False]
    assert [isinstance(each, Unreachable) for each in third] == [False] * 3 + [True, False]
    assert desk.sizes == [5, 1, 1, 1, 1, 1, 4, 1]


@in_jumping_time
async def test_upstream_in_trouble_is_not_asked_for_each_alone_once_it_is_well():
    desk = Desk()
    desk.spoilers.update(names(60))
    await asyncio.gather(*map(desk.asker.about, names(60)))
    desk.spoilers.clear()
    desk.asked.clear()

    await asyncio.gather(*map(desk.asker.about, names(60)))
    await asyncio.gather(*map(desk.asker.about, names(60)))

    # The first query that was lost could not know; its twenty are asked alone once.
    assert desk.sizes == [1] * 20 + [20] * 2 + [20] * 3
