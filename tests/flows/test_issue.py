"""Who may make, see, limit and revoke which key."""

import pytest

from fakes.house import TOPUP_MICROS
from framegate.domain.key_wish import KeyWish
from framegate.domain.ledger import Caller, Scope
from framegate.domain.limits import Limits
from framegate.errors import FieldsInvalid, NotFound, RightMissing
from framegate.flows import issue
from framegate.store import keys

WISH = KeyWish(name="nightly")


@pytest.fixture
def other(house):
    return house.caller("other")


def with_key(house, caller, text="fg_special", *, scope=Scope.FULL, expires_ms=0, **limits):
    """The same account under another key."""
    key = house.database.write_now(
        keys.create,
        account_id=caller.account.id,
        key=text,
        scope=scope,
        expires_ms=expires_ms,
        limits=Limits(**limits),
        now_ms=house.clock(),
    )
    return Caller(key=key, account=caller.account)


@pytest.fixture
def admin(house, other):
    return with_key(house, other, "fg_admin", scope=Scope.ADMIN)


def issued(house, caller, wish=WISH, key="fg_new"):
    return house.database.write_now(issue.issue, caller, wish, key=key, now_ms=house.clock())


async def test_member_makes_a_key_of_its_own_account_that_works(house, caller):
    made = issued(house, caller)

    found = house.database.read_now(keys.caller_of, "fg_new")
    assert (found.key, found.account.id) == (made, caller.account.id)
    assert (await house.create(found)).task_id
    assert house.balance(caller) == (TOPUP_MICROS, 560_000)


def test_member_names_its_own_account_and_no_other(house, caller, other):
    assert issued(house, caller, KeyWish(name="a", account=caller.account.name))
    for named in (other.account.id, other.account.name, "nobody"):
        with pytest.raises(NotFound, match=r"^account not found$"):
            issued(house, caller, KeyWish(name="a", account=named), key="fg_b")


def test_admin_makes_a_key_of_any_account(house, caller, admin):
    made = issued(house, admin, KeyWish(name="a", account="acme", scope=Scope.ADMIN))
    assert made.account_id == caller.account.id


def test_member_makes_no_admin_key(house, caller):
    with pytest.raises(RightMissing, match=r"only an admin key"):
        issued(house, caller, KeyWish(name="a", scope=Scope.ADMIN))


@pytest.mark.parametrize(
    "narrow",
    [
        {"scope": Scope.READ},
        {"requests_per_minute": 60},
        {"in_flight_max": 1},
        {"budget_micros": 1},
        {"expires_ms": 10**15},
    ],
)
def test_narrow_key_may_not_make_itself_a_wider_one(house, caller, narrow):
    with pytest.raises(RightMissing, match=r"may not make or change keys"):
        issue.check_manager(with_key(house, caller, **narrow))


def test_wide_keys_may(house, caller, admin):
    issue.check_manager(caller)
    issue.check_manager(with_key(house, admin, scope=Scope.ADMIN, in_flight_max=1))


def test_key_of_another_account_was_never_there(house, caller, other):
    for work in (
        lambda tx: issue.key_for(tx, caller, other.key.id),
        lambda tx: issue.limit(tx, caller, other.key.id, {"in_flight_max": 1}),
        lambda tx: issue.revoke(tx, caller, other.key.id, now_ms=1),
        lambda tx: issue.key_for(tx, caller, "key_nobody"),
    ):
        with pytest.raises(NotFound, match=r"^key not found$"):
            house.database.write_now(work)


def test_admin_reaches_every_key(house, caller, admin):
    changed = house.database.write_now(issue.limit, admin, caller.key.id, {"in_flight_max": 3})
    assert changed.limits == Limits(in_flight_max=3)


def test_member_touches_no_admin_key_of_its_account(house, other, admin):
    for work in (
        lambda tx: issue.limit(tx, other, admin.key.id, {"in_flight_max": 1}),
        lambda tx: issue.revoke(tx, other, admin.key.id, now_ms=1),
    ):
        with pytest.raises(RightMissing, match=r"only an admin key"):
            house.database.write_now(work)


def test_key_is_revoked_once_and_keeps_its_time(house, caller):
    def revoke(now_ms):
        return house.database.write_now(issue.revoke, caller, caller.key.id, now_ms=now_ms)

    assert [revoke(7).revoked_ms, revoke(9).revoked_ms] == [7, 7]


def test_account_has_so_many_keys_and_no_more(house, caller):
    def fill(tx):
        for number in range(issue.KEYS_MAX - 2):
            issue.issue(tx, None, KeyWish(name="a", account="acme"), key=f"{number}", now_ms=1)

    house.database.write_now(fill)
    issued(house, caller)
    with pytest.raises(FieldsInvalid, match=r"^an account has at most 1000 keys"):
        issued(house, caller, key="fg_more")


def test_operator_on_the_machine_needs_no_key(house, caller):
    made = house.database.write_now(
        issue.issue,
        None,
        KeyWish(name="a", account="acme", scope=Scope.ADMIN),
        key="fg_new",
        now_ms=1,
    )
    assert house.database.read_now(issue.key_for, None, made.id) == made
