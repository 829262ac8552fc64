"""Limits of a key and of an account: what they are, and how a wish for them is read.

The web and the command line read wishes with it, the store keeps the value, and whoever enforces a
limit says it in its words. It knows no key and no account. There is none by default (rule 86).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from framegate.domain.fields import Findings, judge_unknown
from framegate.domain.money import decimal_from_micros, micros_from_decimal
from framegate.domain.strict_json import got, parse_object

RATE_MAX = 1_000_000
"""Requests a minute that a limit may allow; more is no limit."""

IN_FLIGHT_MAX = 1_000_000
"""Tasks in flight that a limit may allow."""

ACCOUNT_FIELDS = ("rate", "in_flight")
"""What an account may be limited in; how much it spends is its credit."""

KEY_FIELDS = (*ACCOUNT_FIELDS, "budget")

S_PER_MINUTE = 60

_NAMES = {"rate": "requests_per_minute", "in_flight": "in_flight_max", "budget": "budget_micros"}
_COUNTS_MAX = {"rate": RATE_MAX, "in_flight": IN_FLIGHT_MAX}


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much a key or an account may use; 0 is no limit."""

    requests_per_minute: int = 0
    in_flight_max: int = 0
    budget_micros: int = 0  # Of a key alone: what its tasks may hold and cost together, ever.

    @property
    def is_any(self) -> bool:
        """Whether there is a limit at all."""
        return any(asdict(self).values())

    def shown(self, fields: tuple[str, ...]) -> dict[str, int | str | None]:
        """The limits as a wish names them, None for no limit; the budget is a decimal string."""
        values = {"rate": self.requests_per_minute or None, "in_flight": self.in_flight_max or None}
        budget = decimal_from_micros(self.budget_micros) if self.budget_micros else None
        return {name: budget if name == "budget" else values[name] for name in fields}


NO_LIMITS = Limits()


def parse_limits(body: bytes, fields: tuple[str, ...]) -> dict[str, int]:
    """Read the body of `POST .../limits`: a closed object of at least one of `fields`.

    returns  fields of Limits and their new values; what the body does not name stays as it is
    raises   BodyMalformed, FieldsInvalid with every violation
    """
    return judge_changes(parse_object(body), fields)


def judge_changes(root: Mapping[str, Any], fields: tuple[str, ...]) -> dict[str, int]:
    """As `parse_limits`, of an object. Raises FieldsInvalid with every violation."""
    findings = Findings()
    changes = judge_limits(root, fields, findings)
    judge_unknown(root, fields, owner="request body", takes="it takes", findings=findings)
    if not root:
        findings.add(f"request body must name at least one of {', '.join(fields)}")
    findings.raise_any()
    return changes


def judge_limits(
    root: Mapping[str, Any], fields: tuple[str, ...], findings: Findings
) -> dict[str, int]:
    """The fields of Limits that an object names: a number, or null for no limit."""
    changes: dict[str, int] = {}
    for name in fields:
        if name not in root:
            continue
        value = root[name]
        if value is None:
            changes[_NAMES[name]] = 0
        elif name == "budget":
            changes[_NAMES[name]] = judge_amount(value, name, findings)
        else:
            changes[_NAMES[name]] = _judge_count(value, name, findings)
    return changes


def judge_amount(
    value: Any, name: str, findings: Findings, *, may_be_negative: bool = False
) -> int:
    """A sum of money as a decimal string; 0 of a sum that is refused."""
    if not isinstance(value, str):
        findings.add(f'{name} must be a decimal string, such as "12.5"; got {got(value)}', name)
        return 0
    try:
        micros = micros_from_decimal(value)
    except ValueError:
        findings.add(f'{name} must be a decimal string, such as "12.5"; got {got(value)}', name)
        return 0
    if micros == 0 or (micros < 0 and not may_be_negative):
        least = "must not be 0" if may_be_negative else "must be more than 0"
        findings.add(f"{name} {least}; got {got(value)}", name)
        return 0
    return micros


def in_words(requests_per_minute: int) -> str:
    """A rate as a refusal says it: by the second where that is a whole number."""
    per_second, rest = divmod(requests_per_minute, S_PER_MINUTE)
    return f"{requests_per_minute} per minute" if rest else f"{per_second} per second"


def _judge_count(value: Any, name: str, findings: Findings) -> int:
    most = _COUNTS_MAX[name]
    # An integer token only: `5.0` arrives as a LosslessFloat, `true` as a bool.
    if type(value) is int and 1 <= value <= most:
        return value
    findings.add(f"{name} must be an integer from 1 to {most}, or null; got {got(value)}", name)
    return 0
