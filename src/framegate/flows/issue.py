"""Keys made, limited and revoked: who may do it to which, each function one transaction.

The web and the command line call it. A key of an account manages that account's keys, an admin key
everybody's; on the gateway's own machine the operator needs no key, which is `caller=None`. A key
of another account is refused in the words for one that never was.
"""

from collections.abc import Mapping

from framegate.domain.key_wish import KeyWish
from framegate.domain.ledger import Account, Caller, Key
from framegate.errors import FieldError, FieldsInvalid, NotFound, RightMissing
from framegate.store import accounts, keys
from framegate.store.database import Transaction

KEYS_MAX = 1_000
"""Keys of one account altogether: a revoked one is kept, and listed, with what it spent."""

TOO_NARROW = "this key may not make or change keys"
LIMITED = "this key has limits or an end of its own, and may not make or change keys"
ADMINS_ONLY = "only an admin key may make or change an admin key"


def check_manager(caller: Caller) -> None:
    """Refuse a key that may not touch any key.

    A key that was limited on purpose could otherwise make itself a wider one.

    raises   RightMissing
    """
    key = caller.key
    if not key.scope.may_create:
        raise RightMissing(TOO_NARROW)
    if not key.scope.is_admin and (key.limits.is_any or key.expires_ms):
        raise RightMissing(LIMITED)


def account_for(tx: Transaction, caller: Caller | None, named: str) -> Account:
    """The account that a caller names, by id or name; "" is its own.

    raises   NotFound, for another's account too
    """
    if not named and caller is not None:
        return caller.account
    found = accounts.account_named(tx, named)
    is_reached = caller is None or caller.key.scope.is_admin
    if found is None or not (is_reached or (caller and found.id == caller.account.id)):
        raise NotFound("account not found")
    return found


def key_for(tx: Transaction, caller: Caller | None, key_id: str) -> Key:
    """One key that a caller may see. Raises NotFound."""
    key = keys.by_id(tx, key_id)
    is_reached = caller is None or caller.key.scope.is_admin
    if key is None or not (is_reached or (caller and key.account_id == caller.account.id)):
        raise NotFound("key not found")
    return key


def issue(tx: Transaction, caller: Caller | None, wish: KeyWish, *, key: str, now_ms: int) -> Key:
    """Make a key.

    key      the key itself, which is not kept
    raises   RightMissing, NotFound for the account, FieldsInvalid when it has as many as it may
    """
    _check_scope(caller, is_admin=wish.scope.is_admin)
    account = account_for(tx, caller, wish.account)
    if keys.count_of(tx, account.id) >= KEYS_MAX:
        message = f"an account has at most {KEYS_MAX} keys, revoked ones included"
        raise FieldsInvalid((FieldError(path="", message=message),))
    return keys.create(
        tx,
        account_id=account.id,
        key=key,
        scope=wish.scope,
        expires_ms=wish.expires_ms,
        name=wish.name,
        limits=wish.limits,
        now_ms=now_ms,
    )


def limit(tx: Transaction, caller: Caller | None, key_id: str, changes: Mapping[str, int]) -> Key:
    """Change what a key may use, at once; what runs goes on. Raises NotFound, RightMissing."""
    _check_scope(caller, is_admin=key_for(tx, caller, key_id).scope.is_admin)
    keys.limit(tx, key_id, changes)
    return key_for(tx, caller, key_id)


def revoke(tx: Transaction, caller: Caller | None, key_id: str, *, now_ms: int) -> Key:
    """End a key for ever; one that is revoked stays so. Raises NotFound, RightMissing."""
    _check_scope(caller, is_admin=key_for(tx, caller, key_id).scope.is_admin)
    keys.revoke(tx, key_id, now_ms=now_ms)
    return key_for(tx, caller, key_id)


def _check_scope(caller: Caller | None, *, is_admin: bool) -> None:
    if is_admin and caller is not None and not caller.key.scope.is_admin:
        raise RightMissing(ADMINS_ONLY)
