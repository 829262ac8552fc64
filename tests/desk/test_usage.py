import csv
import io

import pytest

from framegate.desk.usage import DAYS_MAX, UsageDesk
from framegate.errors import FieldsInvalid, RightMissing
from framegate.store import usage

JULY = {"from": ["2026-07-01"], "to": ["2026-07-31"]}


@pytest.fixture
def desk(desks):
    return UsageDesk(desks.gateway)


async def test_total_is_the_sum_of_the_groups_and_what_the_ledger_took(desks, desk, member):
    for _ in range(2):
        desks.paid(member)
    desks.failed(member)
    page = await desk.page(member, JULY | {"by": ["status"]})
    assert [(each["group"], each["tasks"], each["spent"]) for each in page["result"]] == [
        ("succeeded", 2, "1.12"),
        ("failed", 1, "0"),
    ]
    assert page["total"]["tasks"] == 3
    assert (page["total"]["seconds"], page["total"]["spent"]) == (10, "1.12")


async def test_key_is_called_by_its_hint_and_an_account_by_its_name(desks, desk, member, operator):
    desks.paid(member)
    (key,) = (await desk.page(member, JULY | {"by": ["key"]}))["result"]
    (account,) = (await desk.page(operator, JULY | {"by": ["account"]}))["result"]
    assert (key["group"], key["label"]) == (member.key.id, "...full")
    assert account["label"] == "acme"


async def test_cost_and_margin_are_an_operators(desks, desk, member, operator):
    desks.write(usage.note_cost, desks.paid(member), cost_micros=300_000)
    (day,) = (await desk.page(operator, JULY))["result"]
    assert (day["cost"], day["margin"], day["costs_known"]) == ("0.3", "0.26", 1)
    (day,) = (await desk.page(member, JULY))["result"]
    assert day.keys() == {"group", "label", "tasks", "seconds", "spent"}


@pytest.mark.parametrize("by", ["upstream", "account"])
async def test_what_only_operators_break_down_is_refused_to_a_member(desk, member, by):
    with pytest.raises(RightMissing):
        await desk.page(member, {"by": [by]})


async def test_account_without_usage_has_an_empty_answer(desk, member):
    page = await desk.page(member, {})
    assert (page["result"], page["total"]["tasks"], page["by"]) == ([], 0, "day")


@pytest.mark.parametrize(
    "query",
    [{"by": "colour"}, {"from": "2026-08-01", "to": "2026-07-01"}, {"format": "xml"}, {"x": "1"}],
)
async def test_question_that_makes_no_sense_is_refused(desk, member, query):
    with pytest.raises(FieldsInvalid):
        await desk.page(member, {name: [value] for name, value in query.items()})


@pytest.mark.parametrize(("first", "is_taken"), [("2025-06-27", True), ("2025-06-26", False)])
async def test_span_has_a_limit(desk, member, first, is_taken):
    assert DAYS_MAX == 400
    query = {"from": [first], "to": ["2026-07-31"]}
    if is_taken:
        assert (await desk.page(member, query))["from"] == first
        return
    with pytest.raises(FieldsInvalid, match="400 days"):
        await desk.page(member, query)


@pytest.mark.parametrize("to", ["0001-01-01", "0001-02-01"])
async def test_first_day_of_the_calendar_is_no_fault(desk, member, to):
    assert (await desk.page(member, {"to": [to]}))["from"] == "0001-01-01" or to != "0001-01-01"


@pytest.mark.parametrize("model", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "a,b", 'a"b', "a\nb"])
async def test_no_cell_of_the_table_is_a_formula(desks, desk, operator, model):
    """Whoever names a model is an operator, but a name may have come from anywhere."""
    desks.paid(operator, model=model)
    desks.write(usage.note_cost, desks.paid(operator, model=model), cost_micros=900_000_000)
    table = await desk.table(operator, JULY | {"by": ["model"]})
    head, line = csv.reader(io.StringIO(table, newline=""))
    assert head[0] == "model"
    assert line[0].removeprefix("'") == model
    assert not line[0].startswith(("=", "+", "-", "@", "\t", "\r"))
    assert float(line[head.index("margin")]) < 0  # A number stays a number.
