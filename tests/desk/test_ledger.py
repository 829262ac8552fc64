import pytest

from framegate.desk.ledger import LedgerDesk
from framegate.errors import FieldsInvalid, RightMissing


@pytest.fixture
def desk(desks):
    return LedgerDesk(desks.gateway)


async def test_each_line_has_the_balance_after_it_and_what_it_is_for(desks, desk, member):
    task = desks.paid(member)
    page = await desk.page(member, {})
    assert [(each["kind"], each["amount"], each["balance"]) for each in page["result"]] == [
        ("settle", "-0.56", "9.44"),
        ("topup", "10", "10"),
    ]
    paid, topup = (each["for"] for each in page["result"])
    assert (paid["id"], paid["resolution"], paid["duration"]) == (task.public_id, "720p", 5)
    assert topup is None
    assert page["account"]["posted"] == "9.44"


async def test_balance_goes_on_over_the_pages(desks, desk, member):
    for _ in range(4):
        desks.paid(member)
    balances, cursor = [], ""
    for _ in range(3):
        page = await desk.page(member, {"limit": ["2"], "cursor": [cursor]})
        balances += [each["balance"] for each in page["result"]]
        cursor = page["next_cursor"]
        desks.paid(member)  # What is new changes no line behind it.
    assert balances == ["7.76", "8.32", "8.88", "9.44", "10"]
    assert not page["has_more"]


async def test_operator_reads_any_ledger_and_a_member_its_own(desks, desk, member, operator):
    page = await desk.page(operator, {"account": ["acme"]})
    assert page["account"]["id"] == member.account.id
    assert (await desk.page(operator, {}))["account"]["id"] == operator.account.id
    with pytest.raises(RightMissing):
        await desk.page(member, {"account": ["default"]})


@pytest.mark.parametrize("query", [{"cursor": "x"}, {"limit": "0"}, {"kind": "settle"}])
async def test_question_that_makes_no_sense_is_refused(desk, member, query):
    with pytest.raises(FieldsInvalid):
        await desk.page(member, {name: [value] for name, value in query.items()})
