"""What an upstream's bill comes to, and when that is not said."""

import pytest

from framegate.domain.cost import NOT_KNOWN, cost_micros
from framegate.domain.money import AMOUNT_MICROS_MAX, MICROS_PER_UNIT

CASH = {"charge_type": "cash", "cash_type": "balance", "amount": "0.56", "currency": "USD"}
UNITS = {"charge_type": "unit", "amount": "2.4", "package_type": "video"}
HUGE = str(AMOUNT_MICROS_MAX // MICROS_PER_UNIT)


def cost(*billing, unit_price_micros=140_000):
    return cost_micros(billing, currency="USD", unit_price_micros=unit_price_micros)


def test_cash_in_our_currency_is_taken_as_it_stands():
    assert cost(CASH) == 560_000


def test_units_are_counted_at_what_the_operator_pays_for_one():
    assert cost(UNITS) == 336_000


def test_several_entries_are_added():
    assert cost(CASH, UNITS) == 560_000 + 336_000


def test_half_a_micro_is_rounded_up():
    assert cost(UNITS | {"amount": "0.5"}, unit_price_micros=1) == 1


def test_units_without_a_price_are_not_known():
    assert cost(UNITS, unit_price_micros=0) == NOT_KNOWN


def test_nothing_billed_is_not_known_to_be_free():
    assert cost() == NOT_KNOWN


def test_one_entry_that_is_not_known_spoils_the_sum():
    assert cost(CASH, CASH | {"currency": "CNY"}) == NOT_KNOWN


@pytest.mark.parametrize("amount", ["", "four", "1e3", "0.0000001", 4, 4.0, None, ["4"], "9" * 40])
def test_an_amount_that_cannot_be_read_is_not_guessed(amount):
    assert cost(CASH | {"amount": amount}) == NOT_KNOWN


@pytest.mark.parametrize("kind", ["", "gift", None, 1])
def test_a_way_of_billing_that_is_new_to_us_is_not_guessed(kind):
    assert cost(CASH | {"charge_type": kind}) == NOT_KNOWN


def test_an_entry_without_an_amount_is_not_known():
    assert cost({"charge_type": "cash", "currency": "USD"}) == NOT_KNOWN


def test_a_rebate_lowers_the_bill():
    assert cost(CASH, CASH | {"amount": "-0.06"}) == 500_000


def test_a_bill_below_nothing_is_not_known():
    assert cost(CASH | {"amount": "-0.56"}) == NOT_KNOWN


@pytest.mark.parametrize("billing", [[UNITS | {"amount": HUGE}], [CASH | {"amount": HUGE}] * 2])
def test_a_bill_beyond_64_bits_is_not_known(billing):
    """It may not keep the task that it is for from ending."""
    assert cost(*billing, unit_price_micros=5 * MICROS_PER_UNIT) == NOT_KNOWN
