"""How values look on a page: money, counts, sizes and times, each with its exact form at hand."""

from collections.abc import Iterable
from datetime import UTC, datetime

from babel.dates import format_datetime
from babel.numbers import format_decimal, get_currency_symbol

from framegate.domain.money import decimal_from_micros, micros_from_decimal

DECIMALS_MIN = 2
PLACES_MAX = 4
BYTES_PER_MB = 1_000_000
MOMENTS = {"en": "d MMM y HH:mm", "zh": "y年M月d日 HH:mm"}


def money(micros: int, currency: str, places: int = DECIMALS_MIN) -> str:
    """`$48.20`; never rounded: a finer amount shows all of its decimals, as in `$0.112`.

    places   at least so many decimals: those of the finest in its column, so that points line up
    """
    whole, _, decimals = decimal_from_micros(abs(micros)).partition(".")
    sign = "-" if micros < 0 else ""
    amount = f"{int(whole):,}.{decimals.ljust(places, '0')}"
    return f"{sign}{symbol(currency)}{amount}"


def symbol(currency: str) -> str:
    """`$` for USD, in every language of ours: the amount must not change its look with it."""
    found = get_currency_symbol(currency, locale="en")
    return found if len(found) == 1 else f"{found} "


def money_of(decimal: str, currency: str, places: int = DECIMALS_MIN) -> str:
    """As `money`, of the API's decimal string."""
    return money(micros_from_decimal(decimal), currency, places)


def places(decimals: Iterable[str | None]) -> int:
    """How many decimals a column's amounts are written with, so that their points line up.

    decimals  the column's amounts; None is a gap in it
    returns   those of the finest; one with more than PLACES_MAX stands out and is not followed
    """
    found = [len(each.partition(".")[2]) for each in decimals if each is not None]
    return max([DECIMALS_MIN, *(each for each in found if each <= PLACES_MAX)])


def count(number: int) -> str:
    """`12,345`; both languages write it so."""
    return str(format_decimal(number, locale="en"))


def size(bytes_count: int) -> str:
    """`1.2 MB`, in millions of bytes as players and shops say it."""
    return f"{bytes_count / BYTES_PER_MB:.1f} MB"


def moment(at_ms: int, language: str) -> str:
    """A time for who has no script: UTC, to the minute."""
    when = datetime.fromtimestamp(at_ms / 1_000, UTC)
    return f"{format_datetime(when, MOMENTS[language], locale=language)} UTC"


def iso(at_ms: int) -> str:
    """`2026-11-24T09:40:51.123Z`, for machines and for the title."""
    when = datetime.fromtimestamp(at_ms / 1_000, UTC)
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")
