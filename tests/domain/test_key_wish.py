"""What a new key shall be, and every way to wish wrongly."""

import json

import pytest

from framegate.domain.key_wish import EXPIRES_MS_MAX, KeyWish, parse_key_wish
from framegate.domain.ledger import Scope
from framegate.domain.limits import NO_LIMITS, Limits
from framegate.errors import FieldsInvalid

NOW_MS = 1_783_065_388_949


def parsed(**wish):
    return parse_key_wish(json.dumps({"name": "nightly", **wish}).encode(), now_ms=NOW_MS)


def complaint(field, **wish):
    with pytest.raises(FieldsInvalid) as refused:
        parsed(**wish)
    (error,) = refused.value.errors
    assert error.path == f"/{field}"
    return error.message


def test_name_alone_is_a_full_key_of_the_callers_without_limits():
    assert parsed() == KeyWish(
        name="nightly", account="", scope=Scope.FULL, limits=NO_LIMITS, expires_ms=0
    )


def test_whole_wish_is_read():
    assert parsed(
        account="acme", scope="read", rate=60, in_flight=2, budget="5", expires_at=NOW_MS + 1
    ) == KeyWish(
        name="nightly",
        account="acme",
        scope=Scope.READ,
        limits=Limits(requests_per_minute=60, in_flight_max=2, budget_micros=5_000_000),
        expires_ms=NOW_MS + 1,
    )


def test_name_is_required():
    with pytest.raises(FieldsInvalid, match=r"^name is required$"):
        parse_key_wish(b"{}", now_ms=NOW_MS)


@pytest.mark.parametrize("name", ["", "   ", "x" * 101, "a\nb", "a\u202eb"])
def test_name_that_is_not_visible_or_too_long_is_refused(name):
    assert complaint("name", name=name) == "name must be 1 to 100 visible characters"


def test_name_is_trimmed_and_may_be_a_hundred_long():
    assert parsed(name=" " + "x" * 100 + " ").name == "x" * 100


def test_name_of_another_type_is_refused():
    assert complaint("name", name=7) == "name must be a string; got integer 7"


def test_scope_is_one_of_three_words():
    assert complaint("scope", scope="root") == (
        'scope must be one of full, read, admin; got string "root"'
    )


@pytest.mark.parametrize("account", ["", 7, None])
def test_account_is_named_by_a_word(account):
    assert complaint("account", account=account).startswith(
        "account must be an account's id or name; got "
    )


@pytest.mark.parametrize("at", [NOW_MS, 0, -1, EXPIRES_MS_MAX + 1, 1.5, True, "2027-01-31"])
def test_end_that_is_no_time_to_come_is_refused(at):
    assert complaint("expires_at", expires_at=at).startswith(
        "expires_at must be a time to come, in Unix milliseconds, or null; got "
    )


def test_null_is_no_end():
    assert parsed(expires_at=None).expires_ms == 0


def test_unknown_field_is_refused_with_those_that_there_are():
    assert complaint("limit", limit=5) == (
        'request body has an unknown field "limit"; it takes name, account, scope, rate, '
        "in_flight, budget, expires_at"
    )
