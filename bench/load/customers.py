"""The accounts of a big installation, with the keys and webhooks that they have.

`half` has half of all tasks and as many keys as an account may have; the others are customers.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from framegate import ids
from framegate.domain.ledger import Scope
from framegate.flows.issue import KEYS_MAX
from framegate.gateway import new_key
from framegate.store import accounts, keys
from framegate.store.database import Database, Transaction
from load.cells import Rows

CUSTOMERS = 500
KEYS = 2_000
HOOKS_OF_HALF = 10
KEYS_IN_USE = 20
"""Keys of `half` that its tasks are spread over: the others are old, as most keys are."""


@dataclass(frozen=True)
class Customer:
    """An account as its tasks know it: the keys that made them, and the webhooks they told."""

    id: str
    keys: tuple[str, ...]
    hooks: tuple[str, ...]


def made_half(path: Path) -> tuple[str, str]:
    """The account `half`, with a key to ask with: (the key, the account's id)."""
    key = new_key()

    def make(tx: Transaction) -> str:
        account = accounts.create_account(tx, name="half", is_unlimited=True, now_ms=1)
        keys.create(tx, account_id=account.id, key=key, scope=Scope.FULL, expires_ms=0, now_ms=1)
        return account.id

    database = Database.open(f"sqlite:///{path}")
    try:
        return key, database.write_now(make)
    finally:
        database.close_now()


def customers_of(rows: Rows, half_id: str, began_ms: int) -> tuple[Customer, list[Customer]]:
    # One key of half's is there already.
    keys = [_key(rows, half_id, began_ms + number) for number in range(KEYS_MAX - 1)]
    hooks = [_hook(rows, half_id, began_ms) for _ in range(HOOKS_OF_HALF)]
    half = Customer(half_id, tuple(keys[:KEYS_IN_USE]), tuple(hooks))
    others = []
    for number in range(CUSTOMERS - 2):
        account_id = ids.new("acc")
        rows.add(
            "accounts",
            id=account_id,
            name=f"customer-{number:03}",
            is_unlimited=1,
            webhook_generation=1,
            created_ms=began_ms + number,
        )
        some = [_key(rows, account_id, began_ms) for _ in range((KEYS - KEYS_MAX) // CUSTOMERS)]
        others.append(Customer(account_id, tuple(some), (_hook(rows, account_id, began_ms),)))
    return half, others


def _key(rows: Rows, account_id: str, at_ms: int) -> str:
    key_id = ids.new("key")
    rows.add(
        "keys",
        id=key_id,
        account_id=account_id,
        sha256=hashlib.sha256(key_id.encode()).hexdigest(),
        scope="full",
        hint=key_id[-4:],
        name=f"service {key_id[-6:]}",
        created_ms=at_ms,
        budget_micros=1_000_000_000_000,
    )
    return key_id


def _hook(rows: Rows, account_id: str, at_ms: int) -> str:
    hook_id = ids.new("hook")
    rows.add(
        "endpoints",
        id=hook_id,
        account_id=account_id,
        url=f"https://hooks.example.com/{hook_id}",
        events="task.submitted,task.processing,task.succeeded,task.failed",
        generation=1,
        created_ms=at_ms,
    )
    return hook_id
