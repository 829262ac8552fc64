"""Rows of remembered requests: which task an Idempotency-Key of an account stands for, on one path.

`flows/request` looks for a repeat, `flows/submit` remembers a create in its own transaction.
"""

from sqlalchemy import bindparam, delete, insert, select

from framegate.store import schema
from framegate.store.database import Transaction

_idempotency = schema.idempotency

_REMEMBERED = select(_idempotency.c.body_sha256, _idempotency.c.task_id).where(
    _idempotency.c.account_id == bindparam("account_id"),
    _idempotency.c.path == bindparam("path"),
    _idempotency.c.key == bindparam("key"),
)
_REMEMBER = insert(_idempotency)


def remembered(tx: Transaction, *, account_id: str, path: str, key: str) -> tuple[str, str] | None:
    """The body hash and the task behind an Idempotency-Key, when it came before."""
    row = tx.execute(
        _REMEMBERED, {"account_id": account_id, "path": path, "key": key}
    ).one_or_none()
    return (row.body_sha256, row.task_id) if row else None


def remember(
    tx: Transaction,
    *,
    account_id: str,
    path: str,
    key: str,
    body_sha256: str,
    task_id: str,
    now_ms: int,
) -> None:
    """Bind an Idempotency-Key to the task that begins in this transaction."""
    tx.execute(
        _REMEMBER,
        {
            "account_id": account_id,
            "path": path,
            "key": key,
            "body_sha256": body_sha256,
            "task_id": task_id,
            "created_ms": now_ms,
        },
    )


def forget(tx: Transaction, task_id: str) -> None:
    """Free the Idempotency-Key of a refused create (rule 50)."""
    tx.execute(delete(_idempotency).where(_idempotency.c.task_id == task_id))


def forget_older(tx: Transaction, *, before_ms: int) -> None:
    """Drop keys that are older than we promised to keep them."""
    tx.execute(delete(_idempotency).where(_idempotency.c.created_ms < before_ms))
