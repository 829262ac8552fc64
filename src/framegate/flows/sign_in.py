"""Sign a person in to the console, and say later who that was.

By a link that `framegate serve` or `framegate console` prints and that works once, or by a key. A
session is as good as its key: revoked or expired, it is over at the next request.
"""

import secrets

from framegate.domain.ledger import Caller, Key, Scope
from framegate.domain.session import LINK_GOOD_FOR_MS, TOKEN_BYTES, fingerprint
from framegate.errors import NotFound, SessionOver, SignInLinkSpent
from framegate.store import accounts, keys, sessions
from framegate.store.database import Transaction

# Of several good keys a link stands for the one that may do most.
_BY_RIGHTS = (Scope.ADMIN, Scope.FULL, Scope.READ)


def new_token() -> str:
    """The secret of a link or a session: 256 random bits, good in a path and in a cookie."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def make_link(tx: Transaction, *, account: str | None, token: str, now_ms: int) -> Caller:
    """Make a one-time link, good for LINK_GOOD_FOR_MS.

    account  its name or id; None for the account that has an admin key
    returns  whose session it will open
    raises   NotFound when there is no such account, or no good key that the link could stand for
    """
    caller = _named(tx, account, now_ms) if account else _admin(tx, now_ms)
    sessions.keep_link(
        tx,
        token_sha256=fingerprint(token),
        key_id=caller.key.id,
        expires_ms=now_ms + LINK_GOOD_FOR_MS,
        now_ms=now_ms,
    )
    return caller


def link_is_good(tx: Transaction, link: str, *, now_ms: int) -> bool:
    """Whether a link would open a session now. Asking uses nothing up."""
    return sessions.link_is_good(tx, fingerprint(link), now_ms=now_ms)


def open_by_link(tx: Transaction, *, link: str, token: str, now_ms: int) -> None:
    """Use a link up and open the session of `token` for its key.

    raises   SignInLinkSpent when it was used, is too old, never was, or its key is gone
    """
    key_id = sessions.use_link(tx, fingerprint(link), now_ms=now_ms)
    caller = keys.caller_of_key(tx, key_id) if key_id else None
    if caller is None or not _is_good(caller.key, now_ms):
        raise SignInLinkSpent
    sessions.begin(tx, token_sha256=fingerprint(token), key_id=caller.key.id, now_ms=now_ms)


def open_by_key(tx: Transaction, *, caller: Caller, token: str, now_ms: int) -> None:
    """Open the session of `token` for a key that was shown and found good."""
    sessions.begin(tx, token_sha256=fingerprint(token), key_id=caller.key.id, now_ms=now_ms)


def caller_of(tx: Transaction, token: str, *, now_ms: int) -> tuple[Caller, bool]:
    """Whose session this is, and whether its use should be noted.

    raises   SessionOver when it is signed out, idle for too long, or its key no longer good
    """
    session = sessions.by_token(tx, fingerprint(token))
    if session is None or session.is_over(now_ms=now_ms):
        raise SessionOver
    caller = keys.caller_of_key(tx, session.key_id)
    if caller is None or not _is_good(caller.key, now_ms):
        raise SessionOver
    return caller, session.is_to_be_noted(now_ms=now_ms)


def note_use(tx: Transaction, token: str, *, now_ms: int) -> None:
    """Write down that a session was used, so that it lives on."""
    sessions.note_use(tx, fingerprint(token), now_ms=now_ms)


def sign_out(tx: Transaction, token: str, *, now_ms: int) -> None:
    """End a session; one that is over stays over."""
    sessions.end(tx, fingerprint(token), now_ms=now_ms)


# --- inside -----------------------------------------------------------------------------------


def _named(tx: Transaction, name: str, now_ms: int) -> Caller:
    account = accounts.account_named(tx, name)
    if account is None:
        raise NotFound(f"account not found: {name}")
    good = [key for key in keys.of_account(tx, account.id) if _is_good(key, now_ms)]
    if not good:
        raise NotFound(
            f"account {account.name} has no good key; make one with: "
            f"framegate keys create --account {account.name}"
        )
    best = min(good, key=lambda key: (_BY_RIGHTS.index(key.scope), -key.created_ms))
    return Caller(key=best, account=account)


def _admin(tx: Transaction, now_ms: int) -> Caller:
    for account in accounts.all_accounts(tx):
        for key in keys.of_account(tx, account.id):
            if key.scope is Scope.ADMIN and _is_good(key, now_ms):
                return Caller(key=key, account=account)
    raise NotFound("no account has a good admin key; name one with --account")


def _is_good(key: Key, now_ms: int) -> bool:
    return not key.revoked_ms and not (key.expires_ms and key.expires_ms <= now_ms)
