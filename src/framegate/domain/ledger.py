"""Accounts, keys, holds and the double-entry ledger: their words and invariants.

`available = posted - held`, never below zero unless the account is unlimited. Every movement of
posted money is a transfer whose entries sum to zero; a hold only sets credit aside. The store
enforces each rule again by constraints and triggers.
"""

from dataclasses import dataclass
from enum import StrEnum

from framegate.domain.limits import NO_LIMITS, Limits


class TransferKind(StrEnum):
    """Why posted money moved. One task has at most one transfer of a kind."""

    TOPUP = "topup"
    SETTLE = "settle"


class HoldState(StrEnum):
    """A hold is open until its one end."""

    OPEN = "open"
    SETTLED = "settled"
    RELEASED = "released"


class Scope(StrEnum):
    """What a key may do."""

    FULL = "full"  # Create, upload, change webhooks and read.
    READ = "read"  # Query only.
    ADMIN = "admin"  # Everything, for every account.

    @property
    def may_create(self) -> bool:
        """A read key may neither spend nor say where news go."""
        return self is not Scope.READ

    @property
    def is_admin(self) -> bool:
        """An operator's key sees every account and every upstream."""
        return self is Scope.ADMIN


# The other side of every transfer: money comes from TOPUPS and goes to REVENUE.
TOPUPS = "house:topups"
REVENUE = "house:revenue"


@dataclass(frozen=True, kw_only=True)
class Account:
    """Who pays. Amounts are whole micros."""

    id: str
    name: str
    is_unlimited: bool
    posted_micros: int
    held_micros: int
    webhook_generation: int  # 0: this account has no webhook secret.
    created_ms: int
    limits: Limits = NO_LIMITS
    in_flight: int = 0  # Tasks that have not ended.

    @property
    def available_micros(self) -> int:
        """What may still be held."""
        return self.posted_micros - self.held_micros


@dataclass(frozen=True, kw_only=True)
class Key:
    """The record of an API key. The key itself is shown once and never kept."""

    id: str
    account_id: str
    scope: Scope
    hint: str  # Its last four characters, to tell keys apart.
    created_ms: int
    expires_ms: int  # 0: never.
    revoked_ms: int  # 0: still good.
    name: str = ""  # What its owner calls it.
    limits: Limits = NO_LIMITS
    spent_micros: int = 0  # Open and settled holds of its tasks.
    in_flight: int = 0  # Its tasks that have not ended.
    last_used_ms: int = 0  # To the minute; 0: never.

    @property
    def left_micros(self) -> int:
        """What is left of its budget, where it has one; never below zero."""
        return max(0, self.limits.budget_micros - self.spent_micros)


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Who sent a request: a key and the account it spends from."""

    key: Key
    account: Account
