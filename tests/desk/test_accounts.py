import pytest

from framegate.desk.accounts import AccountDesk
from framegate.errors import FieldsInvalid, NotFound, RightMissing


@pytest.fixture
def desk(desks):
    return AccountDesk(desks.gateway)


async def test_operator_walks_all_accounts_page_by_page(desks, desk, member, operator):
    for name in ("a", "b", "c"):
        desks.caller(name)
    names, cursor = [], ""
    while True:
        page = await desk.page(operator, cursor=cursor, limit="2")
        names += [each["name"] for each in page["result"]]
        assert page["count"] <= 2
        assert page["has_more"] == bool(page["next_cursor"])
        if not (cursor := page["next_cursor"]):
            break
    assert {member.account.name, "a", "b", "c"} <= set(names)
    assert len(names) == len(set(names))


async def test_one_account_is_found_by_name_and_by_id(desk, member, operator):
    by_name = await desk.one(operator, member.account.name)
    assert by_name == await desk.one(operator, member.account.id)
    assert (by_name["available"], by_name["held"]) == ("10", "0")


async def test_account_that_is_none_is_not_found(desk, operator):
    with pytest.raises(NotFound):
        await desk.one(operator, "nobody")


async def test_every_complaint_about_a_page_is_said(desk, operator):
    with pytest.raises(FieldsInvalid) as refused:
        await desk.page(operator, cursor="x", limit="501")
    assert len(refused.value.errors) == 2


async def test_accounts_are_an_operators(desk, member):
    with pytest.raises(RightMissing):
        await desk.page(member)
    with pytest.raises(RightMissing):
        await desk.one(member, member.account.id)
