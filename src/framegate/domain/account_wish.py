"""What a new account shall be, and how much an operator adds to one, read from the operator."""

from dataclasses import dataclass

from framegate.domain.fields import Findings, judge_unknown
from framegate.domain.key_wish import judge_name
from framegate.domain.limits import ACCOUNT_FIELDS, Limits, judge_amount, judge_limits
from framegate.domain.strict_json import got, parse_object

FIELDS = ("name", "credit", "unlimited", *ACCOUNT_FIELDS)


@dataclass(frozen=True, kw_only=True)
class AccountWish:
    """An account as it is wished for."""

    name: str
    credit_micros: int
    is_unlimited: bool
    limits: Limits


def parse_account_wish(body: bytes) -> AccountWish:
    """Read the body of `POST /api/accounts`: `name` and, perhaps, credit, unlimited and limits.

    raises   BodyMalformed, FieldsInvalid with every violation
    """
    root = parse_object(body)
    findings = Findings()
    name = judge_name(root, findings)
    credit_micros = judge_amount(root["credit"], "credit", findings) if "credit" in root else 0
    is_unlimited = root.get("unlimited", False)
    if not isinstance(is_unlimited, bool):
        findings.add(f"unlimited must be true or false; got {got(is_unlimited)}", "unlimited")
    limits = judge_limits(root, ACCOUNT_FIELDS, findings)
    judge_unknown(root, FIELDS, owner="request body", takes="it takes", findings=findings)
    findings.raise_any()
    return AccountWish(
        name=name,
        credit_micros=credit_micros,
        is_unlimited=bool(is_unlimited),
        limits=Limits(**limits),
    )


def parse_topup(body: bytes) -> int:
    """Read the body of a top-up: `amount`, a decimal string; a negative one takes back.

    returns  micros, not 0
    raises   BodyMalformed, FieldsInvalid with every violation
    """
    root = parse_object(body)
    findings = Findings()
    if "amount" not in root:
        findings.add("amount is required", "amount")
    micros = judge_amount(root.get("amount", "1"), "amount", findings, may_be_negative=True)
    judge_unknown(root, ("amount",), owner="request body", takes="it takes", findings=findings)
    findings.raise_any()
    return micros
