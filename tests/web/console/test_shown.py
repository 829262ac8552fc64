import pytest

from framegate.web.console import shown


@pytest.mark.parametrize(
    ("micros", "text"),
    [
        (0, "$0.00"),
        (560_000, "$0.56"),
        (48_200_000, "$48.20"),
        (112_000, "$0.112"),
        (1, "$0.000001"),
        (-1_500_000, "-$1.50"),
        (1_234_567_890_000, "$1,234,567.89"),
    ],
)
def test_money_has_two_decimals_or_all_of_them(micros, text):
    assert shown.money(micros, "USD") == text


def test_money_of_the_api_looks_the_same():
    assert shown.money_of("0.112", "USD") == "$0.112"


def test_currency_without_a_sign_is_named():
    assert shown.money(500_000, "CHF") == "CHF 0.50"
    assert shown.money(500_000, "CNY") in {"¥0.50", "CN¥ 0.50"}


def test_time_is_exact_for_machines_and_short_for_people():
    at_ms = 1_783_065_388_949
    assert shown.iso(at_ms) == "2026-07-03T07:56:28.949Z"
    assert shown.moment(at_ms, "en") == "3 Jul 2026 07:56 UTC"
    assert shown.moment(at_ms, "zh") == "2026年7月3日 07:56 UTC"


def test_counts_and_sizes_are_short():
    assert shown.count(12_345) == "12,345"
    assert shown.size(1_234_567) == "1.2 MB"


@pytest.mark.parametrize(
    ("decimals", "places"),
    [([], 2), (["5"], 2), (["-0.336", "2.5"], 3), (["1", None, "0.000001"], 2)],
)
def test_column_has_the_decimals_of_its_finest_amount(decimals, places):
    assert shown.places(decimals) == places
    assert shown.money_of("1.68", "USD", places).partition(".")[2].startswith("68")


def test_amounts_of_a_column_line_up_at_the_point():
    column = [shown.money_of(each, "USD", 3) for each in ("-2.016", "-1.68", "3")]
    assert column == ["-$2.016", "-$1.680", "$3.000"]
