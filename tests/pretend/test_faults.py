"""Which fault happens: a plan, the next answers, the rates, the usual."""

from collections import Counter

import pytest

from framegate.pretend import quirks, says
from framegate.pretend.faults import NAMED, Faults, UnknownFault, named


def chosen(faults, number=0, *external_ids):
    return faults.choose("create", external_ids=external_ids, number=number)


def test_next_answers_are_used_up_front_first():
    faults = Faults(seed=0)
    faults.next.add("create", ["internal", "reset"])
    assert [chosen(faults) for _ in range(3)] == [says.INTERNAL, says.RESET, says.ACCEPTS]


def test_plan_of_an_order_comes_before_the_next_answers_and_for_it_alone():
    faults = Faults(seed=0)
    faults.next.add("create", ["internal"])
    faults.plan("biz-1").add("create", ["reset"])
    assert chosen(faults, 0, "biz-1") == says.RESET
    assert chosen(faults, 1, "biz-1") == says.INTERNAL


def test_rates_are_shares_of_the_requests_and_repeat_with_the_seed():
    faults, again, other = Faults(seed=1), Faults(seed=1), Faults(seed=2)
    for each in (faults, again, other):
        each.set_rates({"create": {"internal": 0.1, "reset": 0.2}})
    drawn = [chosen(faults, number) for number in range(2_000)]
    counts = Counter(drawn)
    assert 150 < counts[says.INTERNAL] < 250
    assert 330 < counts[says.RESET] < 470
    assert drawn == [chosen(again, number) for number in range(2_000)]
    assert drawn != [chosen(other, number) for number in range(2_000)]


def test_rates_do_not_depend_on_the_order_of_the_requests():
    faults = Faults(seed=1)
    faults.set_rates({"create": {"internal": 0.5}})
    forwards = {number: chosen(faults, number) for number in range(50)}
    backwards = {number: chosen(faults, number) for number in reversed(range(50))}
    assert forwards == backwards


@pytest.mark.parametrize(
    "rates",
    [
        {"create": {"nothing": 0.1}},
        {"nowhere": {"reset": 0.1}},
        {"create": {"reset": 1.1}},
        {"create": {"reset": -0.1}},
        {"create": {"reset": 0.6, "half": 0.6}},
    ],
)
def test_rate_table_that_makes_no_sense_is_refused(rates):
    faults = Faults(seed=0)
    with pytest.raises(UnknownFault):
        faults.set_rates(rates)
    assert faults.rates == {}


def test_unknown_fault_is_refused_with_the_names_that_there_are():
    with pytest.raises(UnknownFault, match="accepts, names-task-id"):
        named("create", "acepts")


def test_unbought_twin_of_every_uncertain_answer_buys_nothing():
    for each in says.UNCERTAIN:
        assert named("create", each.name).buys
        assert not named("create", f"{each.name}-unbought").buys


def test_every_429_of_the_contract_and_every_other_code_has_a_name():
    codes = {each.code for each in NAMED["create"].values()} - {None}
    assert codes >= {
        *(0, 1002, 1100, 1101, 1102, 1103, 1201, 1300, 1301, 1302, 1303, 1304, 5000, 5001, 5002)
    }
    assert all(each.status == 429 for each in NAMED["create"].values() if each.code in {1100, 1304})


def test_only_a_reset_before_reading_is_decided_before_reading():
    faults = Faults(seed=0)
    faults.next.add("create", ["reset", "reset-unread"])
    assert faults.unread(0) is None
    assert chosen(faults, 0) == says.RESET
    assert faults.unread(1) == says.RESET_UNREAD
    assert chosen(faults, 2) == says.ACCEPTS


def test_quirk_is_of_one_order_and_a_whole_answer_of_all():
    faults = Faults(seed=0)
    faults.plan("a").add("query", ["absent", "not-found"])
    faults.plan("b").add("query", ["nulls"])
    assert faults.spoil(["a", "c"], number=0) == {"a": quirks.ABSENT}
    assert faults.spoil(["a", "b"], number=1) == says.QUERY_NOT_FOUND
    assert faults.spoil(["a", "b"], number=2) == {"b": quirks.NULLS}
    assert faults.spoil(["a", "b"], number=3) == {}


def test_next_answer_of_a_query_is_for_everybody_in_it():
    faults = Faults(seed=0)
    faults.next.add("query", ["absent", "reset"])
    assert faults.spoil(["a", ""], number=0) == {"a": quirks.ABSENT, "": quirks.ABSENT}
    assert faults.spoil(["a"], number=1).name == "reset"
