"""How much of a budget is used, as a bar draws it."""

from typing import Any

from framegate.domain.money import micros_from_decimal

NEARLY_PERCENT = 80


def of_budget(key: dict[str, Any]) -> dict[str, Any]:
    """A key as `desk.keys` shows it, with `percent` of its budget spent; null without a budget."""
    budget = key["limits"]["budget"]
    if budget is None:
        return key | {"percent": None, "is_nearly_spent": False}
    # Rounded down: a bar is full only when nothing is left.
    percent = min(100, micros_from_decimal(key["spent"]) * 100 // micros_from_decimal(budget))
    return key | {"percent": percent, "is_nearly_spent": percent >= NEARLY_PERCENT}
