"""Keys as they are shown: by the API, on their page, on the command line; never a key itself."""

from dataclasses import dataclass
from typing import Any

from framegate.domain.ledger import Account, Caller, Key
from framegate.domain.limits import KEY_FIELDS
from framegate.domain.money import decimal_from_micros
from framegate.flows import issue
from framegate.gateway import Gateway, now_ms
from framegate.store import keys
from framegate.store.database import Transaction


@dataclass(frozen=True)
class KeyDesk:
    """The questions about keys, with the gateway that they are asked of."""

    gateway: Gateway

    async def page(self, caller: Caller, named: str) -> dict[str, Any]:
        """`{account, result, count}`: all keys of an account, oldest first.

        named    an account's id or name; "" is the caller's own
        raises   RightMissing for a key that may not manage any, NotFound for the account
        """
        issue.check_manager(caller)
        account, found = await self.gateway.database.read(_keys_of, caller, named)
        return {
            "account": account.id,
            "result": [key_shown(each, now_ms=now_ms()) for each in found],
            "count": len(found),
        }


def key_shown(key: Key, *, now_ms: int) -> dict[str, Any]:
    """A key without the key.

    Amounts are decimal strings, times Unix milliseconds with 0 for never; a limit that there is not
    is null, and so is what is `left` of no budget.
    """
    budget = key.limits.budget_micros
    return {
        "id": key.id,
        "account": key.account_id,
        "name": key.name,
        "hint": f"fg_...{key.hint}",
        "scope": key.scope.value,
        "state": state_of(key, now_ms=now_ms),
        "limits": key.limits.shown(KEY_FIELDS),
        "in_flight": key.in_flight,
        "spent": decimal_from_micros(key.spent_micros),
        "left": decimal_from_micros(key.left_micros) if budget else None,
        "last_used_at": key.last_used_ms,
        "created_at": key.created_ms,
        "expires_at": key.expires_ms,
        "revoked_at": key.revoked_ms,
    }


def state_of(key: Key, *, now_ms: int) -> str:
    """In a word: good, expired or revoked."""
    if key.revoked_ms:
        return "revoked"
    return "expired" if key.expires_ms and key.expires_ms <= now_ms else "good"


def _keys_of(tx: Transaction, caller: Caller, named: str) -> tuple[Account, list[Key]]:
    account = issue.account_for(tx, caller, named)
    return account, keys.of_account(tx, account.id)
