import pytest

from framegate.desk.keys import KeyDesk, key_shown, state_of
from framegate.domain.ledger import Key, Scope
from framegate.domain.limits import Limits
from framegate.errors import NotFound, RightMissing

NOW_MS = 1_000_000


def key(**facts):
    usual = {"hint": "abcd", "created_ms": 1, "expires_ms": 0, "revoked_ms": 0}
    return Key(id="key_1", account_id="acc_1", scope=Scope.FULL, **{**usual, **facts})


@pytest.fixture
def desk(desks):
    return KeyDesk(desks.gateway)


async def test_member_sees_its_accounts_keys_oldest_first(desk, member):
    page = await desk.page(member, "")
    assert page["account"] == member.account.id
    assert page["count"] == len(page["result"]) > 0
    assert member.key.id in [each["id"] for each in page["result"]]


async def test_operator_sees_the_keys_of_any_account(desk, member, operator):
    page = await desk.page(operator, member.account.name)
    assert page["account"] == member.account.id


async def test_member_hears_nothing_of_another_accounts_keys(desks, desk, member):
    other = desks.caller("other")
    with pytest.raises(NotFound):
        await desk.page(member, other.account.name)


async def test_key_that_only_reads_sees_no_keys(desks, desk):
    with pytest.raises(RightMissing):
        await desk.page(desks.caller(scope=Scope.READ), "")


def test_budget_shows_what_is_left_and_none_shows_none():
    limited = key(limits=Limits(budget_micros=5_000_000), spent_micros=2_000_000)
    shown = key_shown(limited, now_ms=NOW_MS)
    assert (shown["hint"], shown["spent"], shown["left"]) == ("fg_...abcd", "2", "3")
    assert key_shown(key(), now_ms=NOW_MS)["left"] is None


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        ({}, "good"),
        ({"expires_ms": NOW_MS + 1}, "good"),
        ({"expires_ms": NOW_MS}, "expired"),
        ({"expires_ms": NOW_MS, "revoked_ms": 5}, "revoked"),
    ],
)
def test_state_of_a_key_is_one_word(facts, state):
    assert state_of(key(**facts), now_ms=NOW_MS) == state
