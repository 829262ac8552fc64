"""Whole micro-units of a currency, and how they are read and written.

Every amount inside framegate is an integer of 10^-6 currency units; decimal strings exist at the
wire, in settings and on a command line only. No float ever holds money.
"""

from decimal import Decimal, InvalidOperation

MICROS_PER_UNIT = 1_000_000
# A quarter of a signed 64-bit integer: the sum of any few amounts still fits the database's type.
AMOUNT_MICROS_MAX = 2**61


def micros_from_decimal(text: str) -> int:
    """Read `12`, `0.56` or `-3.5` exactly.

    raises   ValueError when it is no plain decimal number, finer than a micro or beyond the limit
    """
    try:
        scaled = Decimal(text) * MICROS_PER_UNIT
    except InvalidOperation:
        raise ValueError(f"{text!r} is not a decimal number") from None
    if not scaled.is_finite():
        raise ValueError(f"{text!r} is not a decimal number")
    if scaled != scaled.to_integral_value():
        raise ValueError(f"{text!r} has more than 6 decimals")
    if abs(scaled) > AMOUNT_MICROS_MAX:
        raise ValueError(f"{text!r} is beyond {decimal_from_micros(AMOUNT_MICROS_MAX)}")
    return int(scaled)


def decimal_from_micros(micros: int) -> str:
    """Write an amount as CONTRACT rule 45 does: at most 6 decimals, no trailing zeros."""
    sign = "-" if micros < 0 else ""
    whole, rest = divmod(abs(micros), MICROS_PER_UNIT)
    decimals = f"{rest:06d}".rstrip("0")
    return f"{sign}{whole}.{decimals}" if decimals else f"{sign}{whole}"
