"""Limits as they are wished for, kept and said."""

import json

import pytest

from framegate.domain.fields import Findings
from framegate.domain.limits import (
    ACCOUNT_FIELDS,
    IN_FLIGHT_MAX,
    KEY_FIELDS,
    NO_LIMITS,
    RATE_MAX,
    Limits,
    in_words,
    judge_amount,
    parse_limits,
)
from framegate.domain.money import AMOUNT_MICROS_MAX, decimal_from_micros
from framegate.errors import BodyMalformed, FieldsInvalid


def parsed(fields=KEY_FIELDS, **wish):
    return parse_limits(json.dumps(wish).encode(), fields)


def complaints(fields=KEY_FIELDS, **wish):
    with pytest.raises(FieldsInvalid) as refused:
        parsed(fields, **wish)
    return {error.path: error.message for error in refused.value.errors}


def test_wish_names_what_changes_and_nothing_else():
    assert parsed(rate=60) == {"requests_per_minute": 60}
    assert parsed(rate=1, in_flight=2, budget="0.000001") == {
        "requests_per_minute": 1,
        "in_flight_max": 2,
        "budget_micros": 1,
    }


def test_null_lifts_a_limit():
    assert parsed(rate=None, in_flight=None, budget=None) == {
        "requests_per_minute": 0,
        "in_flight_max": 0,
        "budget_micros": 0,
    }


def test_greatest_limits_are_taken():
    most = decimal_from_micros(AMOUNT_MICROS_MAX)
    assert parsed(rate=RATE_MAX, in_flight=IN_FLIGHT_MAX, budget=most)["budget_micros"] == (
        AMOUNT_MICROS_MAX
    )


@pytest.mark.parametrize("name", ["rate", "in_flight"])
@pytest.mark.parametrize("value", [0, -1, 1_000_001, 5.0, True, "60", [], {}])
def test_count_that_is_none_is_refused_with_the_limit_and_what_came(name, value):
    message = complaints(**{name: value})[f"/{name}"]
    assert message.startswith(f"{name} must be an integer from 1 to 1000000, or null; got ")


@pytest.mark.parametrize("value", [1, 1.5, True, "", "1e3", "1,5", "0.0000001", "9" * 30, "\u0661"])
def test_budget_that_is_no_decimal_string_is_refused(value):
    message = complaints(budget=value)["/budget"]
    assert message.startswith('budget must be a decimal string, such as "12.5"; got ')


@pytest.mark.parametrize("value", ["0", "0.0", "-1"])
def test_budget_of_nothing_is_refused(value):
    assert (
        complaints(budget=value)["/budget"] == f'budget must be more than 0; got string "{value}"'
    )


def test_everything_that_is_wrong_is_said_at_once():
    found = complaints(rate=0, in_flight=0, budget=0, colour="red")
    assert sorted(found) == ["/budget", "/colour", "/in_flight", "/rate"]


def test_account_has_no_budget_since_it_has_credit():
    message = complaints(ACCOUNT_FIELDS, budget="5")["/budget"]
    assert message == 'request body has an unknown field "budget"; it takes rate, in_flight'


def test_empty_wish_is_told_what_it_may_name():
    assert complaints() == {"": "request body must name at least one of rate, in_flight, budget"}


def test_body_that_is_no_object_is_malformed():
    with pytest.raises(BodyMalformed):
        parse_limits(b"[]", KEY_FIELDS)


def test_limits_are_shown_as_they_are_wished_for():
    assert NO_LIMITS.shown(KEY_FIELDS) == {"rate": None, "in_flight": None, "budget": None}
    limits = Limits(requests_per_minute=60, in_flight_max=5, budget_micros=2_500_000)
    assert limits.shown(KEY_FIELDS) == {"rate": 60, "in_flight": 5, "budget": "2.5"}
    assert limits.shown(ACCOUNT_FIELDS) == {"rate": 60, "in_flight": 5}
    assert (limits.is_any, NO_LIMITS.is_any) == (True, False)


@pytest.mark.parametrize(
    ("per_minute", "words"),
    [(1, "1 per minute"), (59, "59 per minute"), (60, "1 per second"), (90, "90 per minute")],
)
def test_rate_is_said_by_the_second_where_that_is_whole(per_minute, words):
    assert in_words(per_minute) == words


def test_amount_may_be_negative_where_it_may_and_never_nothing():
    findings = Findings()
    assert judge_amount("-5", "amount", findings, may_be_negative=True) == -5_000_000
    assert len(findings) == 0
    judge_amount("0", "amount", findings, may_be_negative=True)
    with pytest.raises(FieldsInvalid, match=r'amount must not be 0; got string "0"'):
        findings.raise_any()
