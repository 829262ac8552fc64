from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framegate.domain.quote import PriceList, quote
from framegate.domain.submission import parse_image_to_video

FRAME = '"contents":[{"type":"first_frame","url":"https://cdn.example.com/a.jpg"}]'


def price_list(per_second=112_000, *, resolution=None, aspect_ratio=None):
    return PriceList(
        model="kling-3.0-turbo",
        currency="USD",
        per_second_micros=per_second,
        resolution_permille={"1080p": 1_500} if resolution is None else resolution,
        aspect_ratio_permille=aspect_ratio or {},
    )


def submission(settings=""):
    body = f"{{{FRAME}{settings}}}".encode()
    return parse_image_to_video(
        body, model="kling-3.0-turbo", denied_fields=frozenset(), allowed_addresses=frozenset()
    )


@pytest.mark.parametrize(
    ("per_second", "duration_s", "factor", "price"),
    [
        (112_000, 5, 1_000, 560_000),
        (112_000, 10, 1_500, 1_680_000),
        (133_333, 7, 1_250, 1_166_664),  # 1,166,663.75
        (1, 3, 1_500, 5),  # 4.5
    ],
)
def test_price_is_that_of_the_contract(per_second, duration_s, factor, price):
    """Contract rule 66, to the micro."""
    prices = price_list(per_second, resolution={"any": factor})

    asked = prices.price_micros(duration_s=duration_s, resolution="any", aspect_ratio="16:9")

    assert asked == price


@given(
    per_second=st.integers(0, 2_000_000_000),
    duration_s=st.integers(3, 15),
    resolution=st.integers(0, 1_000_000),
    aspect_ratio=st.integers(0, 1_000_000),
)
def test_price_is_rounded_once_half_up(per_second, duration_s, resolution, aspect_ratio):
    prices = price_list(per_second, resolution={"r": resolution}, aspect_ratio={"a": aspect_ratio})
    exact = Fraction(per_second * duration_s * resolution * aspect_ratio, 10**6)

    asked = prices.price_micros(duration_s=duration_s, resolution="r", aspect_ratio="a")

    assert asked == floor(exact + Fraction(1, 2))


def test_factor_that_is_not_listed_is_one():
    prices = price_list(resolution={}, aspect_ratio={})

    assert prices.price_micros(duration_s=3, resolution="1080p", aspect_ratio="1:1") == 336_000


def test_absent_settings_are_priced_as_the_documented_defaults():
    """Rule 65: 720p, 5 s, 16:9, and none of it is written into the body."""
    priced = quote(submission(), price_list())

    assert (priced.amount_micros, priced.currency) == (560_000, "USD")
    assert (priced.resolution, priced.duration_s, priced.aspect_ratio) == ("720p", 5, "16:9")


def test_quote_says_what_its_price_is_made_of():
    prices = price_list(aspect_ratio={"9:16": 2_000})

    priced = quote(
        submission(',"settings":{"resolution":"1080p","aspect_ratio":"9:16","duration":10}'), prices
    )

    assert priced.amount_micros == 3_360_000
    assert (priced.per_second_micros, priced.duration_s) == (112_000, 10)
    assert (priced.resolution_permille, priced.aspect_ratio_permille) == (1_500, 2_000)
    assert priced.version == prices.version


@pytest.mark.parametrize(
    "other",
    [
        price_list(112_001),
        price_list(resolution={"1080p": 1_250}),
        price_list(resolution={}),
        price_list(aspect_ratio={"1:1": 900}),
        PriceList(
            model="other",
            currency="USD",
            per_second_micros=112_000,
            resolution_permille={"1080p": 1_500},
        ),
        PriceList(
            model="kling-3.0-turbo",
            currency="CNY",
            per_second_micros=112_000,
            resolution_permille={"1080p": 1_500},
        ),
    ],
)
def test_any_other_number_or_word_is_another_version(other):
    assert other.version != price_list().version


def test_version_does_not_depend_on_the_order_of_the_factors():
    there, back = {"a": 1, "b": 2}, {"b": 2, "a": 1}

    assert price_list(resolution=there).version == price_list(resolution=back).version


def test_terms_bring_the_same_list_back():
    prices = price_list(aspect_ratio={"9:16": 2_000})

    assert PriceList.from_terms(prices.terms()) == prices


@pytest.mark.parametrize("factor", [-1, 1_000_001])
def test_factor_out_of_bounds_is_refused(factor):
    with pytest.raises(ValueError, match="a price factor must be from 0 to 1000"):
        price_list(resolution={"1080p": factor})


@pytest.mark.parametrize("per_second", [-1, 2_305_843_010])
def test_second_out_of_bounds_is_refused(per_second):
    with pytest.raises(ValueError, match="the price of a second is out of bounds"):
        price_list(per_second)


def test_dearest_price_fits_the_database():
    prices = price_list(2_305_843_009, resolution={"r": 1_000_000}, aspect_ratio={"a": 1_000_000})

    assert prices.price_micros(duration_s=15, resolution="r", aspect_ratio="a") < 2**63
