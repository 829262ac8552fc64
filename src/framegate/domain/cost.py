"""What an upstream's bill comes to in the gateway's own currency, where that can be told.

The vendor bills in units of a package or in cash, as decimal strings, possibly in several entries
(its page on queries). Tracking computes it once, at the end of a task; only the operator sees it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from framegate.domain.money import AMOUNT_MICROS_MAX, MICROS_PER_UNIT, micros_from_decimal

NOT_KNOWN = -1


def cost_micros(
    billing: Sequence[Mapping[str, Any]], *, currency: str, unit_price_micros: int
) -> int:
    """The bill in whole micros of `currency`.

    unit_price_micros  what the operator pays for one unit of the package; 0: not said
    returns            NOT_KNOWN for an empty bill, for another currency, for units without a
                       price, and for anything that cannot be read or cannot be a bill (less
                       than nothing, or beyond AMOUNT_MICROS_MAX): a margin is never guessed
    """
    costs = [_of(entry, currency, unit_price_micros) for entry in billing]
    if not costs or NOT_KNOWN in costs:
        return NOT_KNOWN
    # What the database cannot hold would keep a task from ending: the bill is not ours to trust.
    return total if 0 <= (total := sum(costs)) <= AMOUNT_MICROS_MAX else NOT_KNOWN


def _of(entry: Mapping[str, Any], currency: str, unit_price_micros: int) -> int:
    try:
        amount_micros = micros_from_decimal(entry["amount"])
    except (KeyError, TypeError, ValueError):
        return NOT_KNOWN
    if entry.get("charge_type") == "cash" and entry.get("currency") == currency:
        return amount_micros
    if entry.get("charge_type") == "unit" and unit_price_micros:
        # Half up, as every price is rounded: units come with one decimal, so this is exact.
        return (amount_micros * unit_price_micros + MICROS_PER_UNIT // 2) // MICROS_PER_UNIT
    return NOT_KNOWN
