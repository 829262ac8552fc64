"""What one process counts."""

import pytest

from fakes.house import House
from fakes.scripted_upstream import ScriptedUpstream, ticket
from framegate.domain.upstream import Refused, Relay, Uncertain, Unreachable
from framegate.errors import KeyMissing, NotFound
from framegate.flows.tally import Spread, Tally

NO = Relay(http_status=400, code=1201, message="no", request_id="r", data={})


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (ticket(), "taken"),
        (Refused(relay=NO), "refused"),
        (Unreachable(reason="no route"), "unreachable"),
        (Uncertain(reason="silence"), "uncertain"),
    ],
)
def test_every_answer_has_one_outcome(answer, outcome):
    tally = Tally()
    tally.note_create("kling", answer, 7)
    assert tally.creates == {("kling", outcome): 1}


def test_refusals_are_counted_by_their_names():
    tally = Tally()
    for refusal in (NotFound("no"), NotFound("nor this"), KeyMissing()):
        tally.note_refusal(refusal)
    assert tally.refusals == {"not-found": 2, "key-missing": 1}


def test_bound_holds_what_took_exactly_so_long():
    spread = Spread((10, 20))
    for took_ms in (10, 11, 20, 21, -1):
        spread.note(took_ms)
    assert (spread.counts, spread.total_ms) == ([2, 2, 1], 62)


async def test_each_send_of_a_create_is_counted_with_its_time(tmp_path):
    first, second = ScriptedUpstream("first"), ScriptedUpstream("second")
    house = House(tmp_path, first, second)

    async def take_a_second():
        house.clock.pass_s(1)

    first.answer, first.before_answering = Unreachable(reason="no route"), take_a_second
    await house.create(house.caller())
    assert house.submit.tally.creates == {("first", "unreachable"): 1, ("second", "taken"): 1}
    assert house.submit.tally.create_times["first"].total_ms == 1_000
    house.database.close_now()
