import pytest

from framegate.desk.viewer import account_seen, check_operator, one_account
from framegate.errors import NotFound, RightMissing


def seen(desks, caller, named=""):
    return desks.gateway.database.read_now(account_seen, caller, named)


def test_member_sees_its_own_account_however_it_is_named(desks, member):
    for named in ("", member.account.id, member.account.name):
        assert seen(desks, member, named) == member.account.id


def test_member_hears_the_same_of_an_account_that_is_and_of_one_that_is_not(desks, member):
    desks.caller("other")
    said = set()
    for named in ("other", "nobody"):
        with pytest.raises(RightMissing) as refused:
            seen(desks, member, named)
        said.add(refused.value.message)
    assert len(said) == 1


def test_operator_sees_all_or_the_one_that_it_names(desks, member, operator):
    assert seen(desks, operator) is None
    assert seen(desks, operator, member.account.name) == member.account.id
    with pytest.raises(NotFound):
        seen(desks, operator, "nobody")


def test_one_account_is_the_viewers_own_unless_one_is_named(desks, member, operator):
    read = desks.gateway.database.read_now
    assert read(one_account, operator, "").id == operator.account.id
    assert read(one_account, operator, member.account.id).id == member.account.id


def test_operators_question_is_refused_to_a_member(member, operator):
    check_operator(operator, "this")
    with pytest.raises(RightMissing, match="upstream is for an operator"):
        check_operator(member, "upstream")
