"""Rows of one-time links and of the sessions that they open. Tokens are kept as hashes alone.

Whose key a row names, and whether that key is still good, the flows ask of `accounts`.
"""

from sqlalchemy import delete, insert, or_, select, update

from framegate.domain.session import SESSION_IDLE_MS, Session
from framegate.store import schema
from framegate.store.database import Transaction

_links, _sessions = schema.sign_in_links, schema.sessions


def keep_link(
    tx: Transaction, *, token_sha256: str, key_id: str, expires_ms: int, now_ms: int
) -> None:
    """Note a link that will open one session of a key; forget those whose time is over."""
    tx.execute(delete(_links).where(_links.c.expires_ms <= now_ms))
    tx.execute(
        insert(_links).values(
            token_sha256=token_sha256, key_id=key_id, created_ms=now_ms, expires_ms=expires_ms
        )
    )


def link_is_good(tx: Transaction, token_sha256: str, *, now_ms: int) -> bool:
    """Whether a link could be used now. Asking uses nothing up."""
    found = tx.execute(
        select(_links.c.key_id).where(
            _links.c.token_sha256 == token_sha256,
            _links.c.used_ms == 0,
            _links.c.expires_ms > now_ms,
        )
    )
    return found.one_or_none() is not None


def use_link(tx: Transaction, token_sha256: str, *, now_ms: int) -> str | None:
    """Use a link up, and say whose key it is for; None when it is used, old or unknown.

    The test and the mark are one statement: of two who come at once, one gets in.
    """
    changed = tx.execute(
        update(_links)
        .where(
            _links.c.token_sha256 == token_sha256,
            _links.c.used_ms == 0,
            _links.c.expires_ms > now_ms,
        )
        .values(used_ms=now_ms)
    )
    if changed.rowcount != 1:
        return None
    found = tx.execute(select(_links.c.key_id).where(_links.c.token_sha256 == token_sha256))
    return str(found.scalar_one())


def begin(tx: Transaction, *, token_sha256: str, key_id: str, now_ms: int) -> None:
    """Open a session; forget those that ended or were not used for so long."""
    tx.execute(
        delete(_sessions).where(
            or_(_sessions.c.ended_ms > 0, _sessions.c.seen_ms <= now_ms - SESSION_IDLE_MS)
        )
    )
    tx.execute(
        insert(_sessions).values(
            token_sha256=token_sha256, key_id=key_id, created_ms=now_ms, seen_ms=now_ms
        )
    )


def by_token(tx: Transaction, token_sha256: str) -> Session | None:
    """The session of a token."""
    columns = [_sessions.c[name] for name in Session.__dataclass_fields__]
    row = tx.execute(select(*columns).where(_sessions.c.token_sha256 == token_sha256)).one_or_none()
    return Session(**row._mapping) if row else None  # noqa: SLF001 - documented row access


def note_use(tx: Transaction, token_sha256: str, *, now_ms: int) -> None:
    """Write down that a session was used; one that has ended stays ended."""
    tx.execute(
        update(_sessions)
        .where(_sessions.c.token_sha256 == token_sha256, _sessions.c.ended_ms == 0)
        .values(seen_ms=now_ms)
    )


def end(tx: Transaction, token_sha256: str, *, now_ms: int) -> None:
    """Sign a session out, for ever."""
    tx.execute(
        update(_sessions)
        .where(_sessions.c.token_sha256 == token_sha256, _sessions.c.ended_ms == 0)
        .values(ended_ms=now_ms)
    )
