"""Whose data a viewer may see: a member its account's, an operator everybody's.

Every desk asks here first, so that the answer is the same at each of them (promise 19).
"""

from framegate.domain.ledger import Account, Caller
from framegate.errors import NotFound, RightMissing
from framegate.store import accounts
from framegate.store.database import Transaction


def account_seen(tx: Transaction, caller: Caller, named: str) -> str | None:
    """The id of the account that a question is about; None: every account, for an operator.

    named    an account's id or name as it was asked for, "" for none: a member's own, or all
    raises   RightMissing for a member who asks for another, NotFound for one that is not there
    """
    own = caller.account
    if not caller.key.scope.is_admin:
        # Of one that exists and one that does not a member hears the same.
        if named not in {"", own.id, own.name}:
            raise RightMissing("account is for an operator's key; a member sees its own")
        return own.id
    return _named(tx, named).id if named else None


def one_account(tx: Transaction, caller: Caller, named: str) -> Account:
    """The one account that a question is about: that which is named, else the viewer's own.

    raises   as `account_seen`
    """
    account_id = account_seen(tx, caller, named or caller.account.id)
    assert account_id is not None  # A name was given.
    return accounts.account_by_id(tx, account_id)


def check_operator(caller: Caller, what: str) -> None:
    """Refuse a member what only an operator may ask.

    raises   RightMissing
    """
    if not caller.key.scope.is_admin:
        raise RightMissing(f"{what} is for an operator; use an admin key")


def _named(tx: Transaction, named: str) -> Account:
    account = accounts.account_named(tx, named)
    if account is None:
        raise NotFound("account not found")
    return account
