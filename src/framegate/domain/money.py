"""Whole micro-units of a currency, and how they are read and written.

Every amount inside framegate is an integer of 10^-6 currency units; decimal strings exist at the
wire, in settings and on a command line only. No float ever holds money.
"""

import re

MICROS_PER_UNIT = 1_000_000
DECIMALS_MAX = 6
# A quarter of a signed 64-bit integer: the sum of any few amounts still fits the database's type.
AMOUNT_MICROS_MAX = 2**61


# The digits are taken as text: `decimal.Decimal` rounds to 28 of them in silence, and also reads
# exponents, underscores and the digits of other scripts.
_PLAIN = re.compile(r"(-?)([0-9]+)(?:\.([0-9]+))?")


def micros_from_decimal(text: str) -> int:
    """Read `12`, `0.56` or `-3.5` exactly.

    raises   ValueError when it is no plain decimal number, finer than a micro or beyond the limit
    """
    number = _PLAIN.fullmatch(text)
    if number is None:
        raise ValueError(f"{text!r} is not a decimal number")
    sign, whole, decimals = number[1], number[2].lstrip("0"), (number[3] or "").rstrip("0")
    if len(decimals) > DECIMALS_MAX:
        raise ValueError(f"{text!r} has more than {DECIMALS_MAX} decimals")
    is_short = len(whole) <= len(str(AMOUNT_MICROS_MAX // MICROS_PER_UNIT))
    micros = int(whole + decimals.ljust(DECIMALS_MAX, "0")) if is_short else AMOUNT_MICROS_MAX + 1
    if micros > AMOUNT_MICROS_MAX:
        raise ValueError(f"{text!r} is beyond {decimal_from_micros(AMOUNT_MICROS_MAX)}")
    return -micros if sign else micros


def decimal_from_micros(micros: int) -> str:
    """Write an amount as contract rule 45 does: at most 6 decimals, no trailing zeros."""
    sign = "-" if micros < 0 else ""
    whole, rest = divmod(abs(micros), MICROS_PER_UNIT)
    decimals = f"{rest:06d}".rstrip("0")
    return f"{sign}{whole}.{decimals}" if decimals else f"{sign}{whole}"
