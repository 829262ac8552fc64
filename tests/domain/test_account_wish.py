"""What a new account shall be, and how much is added to one."""

import json

import pytest

from framegate.domain.account_wish import AccountWish, parse_account_wish, parse_topup
from framegate.domain.limits import NO_LIMITS, Limits
from framegate.errors import FieldsInvalid


def parsed(**wish):
    return parse_account_wish(json.dumps(wish).encode())


def topped_up(**wish):
    return parse_topup(json.dumps(wish).encode())


def complaints(parse, **wish):
    with pytest.raises(FieldsInvalid) as refused:
        parse(**wish)
    return {error.path: error.message for error in refused.value.errors}


def test_name_alone_is_an_account_without_credit_or_limits():
    assert parsed(name="acme") == AccountWish(
        name="acme", credit_micros=0, is_unlimited=False, limits=NO_LIMITS
    )


def test_whole_wish_is_read():
    assert parsed(name="acme", credit="12.5", unlimited=True, rate=60, in_flight=5) == AccountWish(
        name="acme",
        credit_micros=12_500_000,
        is_unlimited=True,
        limits=Limits(requests_per_minute=60, in_flight_max=5),
    )


def test_everything_that_is_wrong_is_said_at_once():
    found = complaints(parsed, credit=-1, unlimited="yes", rate=0, budget="5")
    assert found == {
        "/name": "name is required",
        "/credit": 'credit must be a decimal string, such as "12.5"; got integer -1',
        "/unlimited": 'unlimited must be true or false; got string "yes"',
        "/rate": "rate must be an integer from 1 to 1000000, or null; got integer 0",
        "/budget": 'request body has an unknown field "budget"; '
        "it takes name, credit, unlimited, rate, in_flight",
    }


@pytest.mark.parametrize("credit", ["0", "-5"])
def test_first_credit_is_more_than_nothing(credit):
    assert "/credit" in complaints(parsed, name="acme", credit=credit)


@pytest.mark.parametrize(("amount", "micros"), [("50", 50_000_000), ("-0.5", -500_000)])
def test_amount_is_read_exactly_with_its_sign(amount, micros):
    assert topped_up(amount=amount) == micros


def test_amount_is_required_and_alone():
    assert complaints(topped_up) == {"/amount": "amount is required"}
    assert "/credit" in complaints(topped_up, amount="1", credit="1")
    assert complaints(topped_up, amount="0")["/amount"] == 'amount must not be 0; got string "0"'
