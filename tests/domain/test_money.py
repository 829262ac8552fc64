import pytest
from hypothesis import given
from hypothesis import strategies as st

from framegate.domain.money import AMOUNT_MICROS_MAX, decimal_from_micros, micros_from_decimal

GREATEST = "2305843009213.693952"


@pytest.mark.parametrize(
    ("text", "micros"),
    [
        ("0", 0),
        ("-0", 0),
        ("12", 12_000_000),
        ("0.56", 560_000),
        ("-3.5", -3_500_000),
        ("0.000001", 1),
        ("0.5600000000", 560_000),
        ("007", 7_000_000),
        (GREATEST, AMOUNT_MICROS_MAX),
        (f"-{GREATEST}", -AMOUNT_MICROS_MAX),
    ],
)
def test_plain_decimal_is_read_exactly(text, micros):
    assert micros_from_decimal(text) == micros


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "x",
        "1,5",
        "1_000",
        " 1",
        "1\n",
        "+1",
        "--1",
        ".5",
        "5.",
        "1e3",
        "0x10",
        "nan",
        "sNaN",
        "inf",
        "\u0661\u0662",
        "1e999999999999999999",
    ],
)
def test_what_is_no_plain_decimal_is_refused(text):
    with pytest.raises(ValueError, match="is not a decimal number"):
        micros_from_decimal(text)


@pytest.mark.parametrize("text", ["0.0000001", "1.2345678", "0.56" + "0" * 40 + "1"])
def test_amount_finer_than_a_micro_is_refused_however_long_it_is(text):
    """Decimal rounds to 28 digits in silence: the last case would pass as 0.56."""
    with pytest.raises(ValueError, match="has more than 6 decimals"):
        micros_from_decimal(text)


@pytest.mark.parametrize("text", ["2305843009213.693953", "-2305843009213.693953", "9" * 5_000])
def test_amount_beyond_the_limit_is_refused(text):
    with pytest.raises(ValueError, match=f"is beyond {GREATEST}"):
        micros_from_decimal(text)


@pytest.mark.parametrize(
    ("micros", "text"),
    [
        (0, "0"),
        (1, "0.000001"),
        (560_000, "0.56"),
        (1_680_000, "1.68"),
        (12_000_000, "12"),
        (-3_500_000, "-3.5"),
        (-1, "-0.000001"),
    ],
)
def test_amount_is_written_without_trailing_zeros(micros, text):
    assert decimal_from_micros(micros) == text


@given(st.integers(-AMOUNT_MICROS_MAX, AMOUNT_MICROS_MAX))
def test_amount_that_was_written_is_read_back(micros):
    assert micros_from_decimal(decimal_from_micros(micros)) == micros
