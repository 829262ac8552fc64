"""What a new key shall be, read from whoever asks for it.

The web and the command line read wishes with it. Whether the caller may have such a key is decided
in `flows/issue`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from framegate.domain.fields import Findings, judge_unknown
from framegate.domain.ledger import Scope
from framegate.domain.limits import KEY_FIELDS, NO_LIMITS, Limits, judge_limits
from framegate.domain.strict_json import got, parse_object

NAME_CHARACTERS_MAX = 100

FIELDS = ("name", "account", "scope", *KEY_FIELDS, "expires_at")

EXPIRES_MS_MAX = 253_402_300_799_000
"""The last second of the year 9999: beyond it no calendar writes a date."""


@dataclass(frozen=True, kw_only=True)
class KeyWish:
    """A key as it is wished for."""

    name: str
    account: str = ""  # By id or name; "": the caller's own.
    scope: Scope = Scope.FULL
    limits: Limits = NO_LIMITS
    expires_ms: int = 0  # 0: never.


def parse_key_wish(body: bytes, *, now_ms: int) -> KeyWish:
    """Read the body of `POST /api/keys`. Raises as `judge_key_wish`, and BodyMalformed."""
    return judge_key_wish(parse_object(body), now_ms=now_ms)


def judge_key_wish(root: Mapping[str, Any], *, now_ms: int) -> KeyWish:
    """A closed object of `name` and, perhaps, the account, scope, limits and end of the key.

    raises   FieldsInvalid with every violation
    """
    findings = Findings()
    name = judge_name(root, findings)
    account = root.get("account", "")
    if "account" in root and (not isinstance(account, str) or not account):
        findings.add(f"account must be an account's id or name; got {got(account)}", "account")
    scope = root.get("scope", Scope.FULL.value)
    if scope not in list(Scope):
        findings.add(f"scope must be one of {', '.join(Scope)}; got {got(scope)}", "scope")
    limits = judge_limits(root, KEY_FIELDS, findings)
    expires_ms = _judge_expiry(root.get("expires_at"), findings, now_ms=now_ms)
    judge_unknown(root, FIELDS, owner="request body", takes="it takes", findings=findings)
    findings.raise_any()
    return KeyWish(
        name=name,
        account=account,
        scope=Scope(scope),
        limits=Limits(**limits),
        expires_ms=expires_ms,
    )


def judge_name(root: Mapping[str, Any], findings: Findings) -> str:
    """What a person calls a key or an account: 1 to 100 visible characters."""
    if "name" not in root:
        findings.add("name is required", "name")
        return ""
    name = root["name"]
    if not isinstance(name, str):
        findings.add(f"name must be a string; got {got(name)}", "name")
        return ""
    name = name.strip()
    if not 1 <= len(name) <= NAME_CHARACTERS_MAX or not name.isprintable():
        findings.add(f"name must be 1 to {NAME_CHARACTERS_MAX} visible characters", "name")
    return name


def _judge_expiry(value: Any, findings: Findings, *, now_ms: int) -> int:
    if value is None:
        return 0
    if type(value) is not int or not now_ms < value <= EXPIRES_MS_MAX:
        findings.add(
            f"expires_at must be a time to come, in Unix milliseconds, or null; got {got(value)}",
            "expires_at",
        )
        return 0
    return value
