"""Rows of deliveries and their attempts: the outbox of what callers are owed.

A delivery is written in the transaction that changes its task, so that a change always has one for
each that is to be told (promise 14). Whatever a caller asks for goes through `of_caller` and
`page`, which carry the account (promise 19).
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    and_,
    insert,
    or_,
    select,
    update,
)

from framegate import ids
from framegate.domain.delivery import (
    ATTEMPTS_EVER_MAX,
    Attempt,
    Delivery,
    DeliveryStatus,
    Resender,
)
from framegate.domain.event import EventType
from framegate.domain.task import Task
from framegate.store import schema
from framegate.store.database import Transaction

_deliveries, _attempts = schema.deliveries, schema.attempts

# A delivery beside its newest attempt; a WHERE says whose.
_WITH_LAST = select(
    _deliveries, *(column for column in _attempts.c if column.name != "delivery_id")
).join_from(
    _deliveries,
    _attempts,
    and_(_attempts.c.delivery_id == _deliveries.c.id, _attempts.c.number == _deliveries.c.attempts),
    isouter=True,
)


@dataclass(frozen=True, kw_only=True)
class Told:
    """A delivery with what came of its newest attempt; None before the first."""

    delivery: Delivery
    last: Attempt | None


def owe(
    tx: Transaction, task: Task, *, event: EventType, url: str, now_ms: int, endpoint_id: str = ""
) -> Delivery:
    """Owe one telling of one event to one address.

    endpoint_id  the account's endpoint; "" for the task's own callback_url
    """
    delivery = Delivery(
        id=ids.new("msg"),
        account_id=task.account_id,
        task_id=task.id,
        event=event,
        url=url,
        status=DeliveryStatus.PENDING,
        attempts=0,
        created_ms=now_ms,
        endpoint_id=endpoint_id,
        next_ms=now_ms,
    )
    tx.execute(
        insert(_deliveries).values(
            id=delivery.id,
            account_id=delivery.account_id,
            task_id=delivery.task_id,
            event=event,
            endpoint_id=endpoint_id,
            url=url,
            status=delivery.status.value,
            created_ms=now_ms,
            next_ms=now_ms,
        )
    )
    return delivery


def by_id(tx: Transaction, delivery_id: str) -> Delivery | None:
    """One delivery, for the flow that tries it."""
    row = tx.execute(select(_deliveries).where(_deliveries.c.id == delivery_id)).one_or_none()
    return _delivery(row) if row else None


def of_task(tx: Transaction, task_id: str) -> list[Delivery]:
    """A task's deliveries, oldest first."""
    rows = tx.execute(
        select(_deliveries)
        .where(_deliveries.c.task_id == task_id)
        .order_by(_deliveries.c.created_ms, _deliveries.c.id)
    )
    return [_delivery(row) for row in rows]


def record(
    tx: Transaction,
    delivery: Delivery,
    attempt: Attempt,
    *,
    status: DeliveryStatus,
    next_ms: int,
) -> bool:
    """Write down one attempt and what follows from it; False when another worker wrote it first."""
    number = delivery.attempts + 1
    ended_ms = 0 if status is DeliveryStatus.PENDING else attempt.at_ms + attempt.took_ms
    changed = tx.execute(
        update(_deliveries)
        .where(
            _deliveries.c.id == delivery.id,
            _deliveries.c.attempts == delivery.attempts,
            _is(DeliveryStatus.PENDING),
        )
        .values(status=status.value, attempts=number, next_ms=next_ms, ended_ms=ended_ms)
    )
    if changed.rowcount != 1:
        return False
    tx.execute(
        insert(_attempts).values(
            delivery_id=delivery.id,
            number=number,
            at_ms=attempt.at_ms,
            took_ms=attempt.took_ms,
            http_status=attempt.http_status,
            error=attempt.error,
            answer=attempt.answer,
        )
    )
    return True


def bring_forward(tx: Transaction, *, by_ms: int, now_ms: int) -> None:
    """Bring every attempt that is to come forward."""
    tx.execute(
        update(_deliveries)
        .where(_deliveries.c.ended_ms == 0, _deliveries.c.next_ms > now_ms)
        .values(next_ms=_deliveries.c.next_ms - by_ms)
    )


def postpone(tx: Transaction, delivery: Delivery, *, next_ms: int) -> None:
    """Try it later without counting an attempt; nothing happens to one that was tried or ended."""
    tx.execute(
        update(_deliveries)
        .where(
            _deliveries.c.id == delivery.id,
            _deliveries.c.attempts == delivery.attempts,
            _is(DeliveryStatus.PENDING),
        )
        .values(next_ms=next_ms)
    )


def give_up_of_endpoint(tx: Transaction, endpoint_id: str, *, now_ms: int) -> int:
    """End everything that is pending for an endpoint that is told nothing more; say how many.

    An attempt that is on its way right now is not written down any more, whatever it brings.
    """
    ended = tx.execute(
        update(_deliveries)
        .where(_deliveries.c.endpoint_id == endpoint_id, _is(DeliveryStatus.PENDING))
        .values(status=DeliveryStatus.FAILED.value, next_ms=0, ended_ms=now_ms)
    )
    return ended.rowcount


# --- sent again by hand -----------------------------------------------------------------------


def requeue(tx: Transaction, delivery: Delivery, *, by: Resender, now_ms: int) -> None:
    """Begin a new schedule now, under the same webhook-id; the attempts so far stay."""
    tx.execute(
        update(_deliveries)
        .where(_deliveries.c.id == delivery.id)
        .values(
            status=DeliveryStatus.PENDING.value,
            attempts_before=_deliveries.c.attempts,
            next_ms=now_ms,
            ended_ms=0,
            resent_ms=now_ms,
            resent_by=by.value,
        )
    )


def failed_of_endpoint(tx: Transaction, endpoint_id: str, *, rows_max: int) -> list[Delivery]:
    """What was given up for an endpoint and may be sent again, oldest event first."""
    rows = tx.execute(
        select(_deliveries)
        .where(
            _deliveries.c.endpoint_id == endpoint_id,
            _is(DeliveryStatus.FAILED),
            _deliveries.c.attempts < ATTEMPTS_EVER_MAX,
        )
        .order_by(_deliveries.c.created_ms, _deliveries.c.id)
        .limit(rows_max)
    )
    return [_delivery(row) for row in rows]


# --- for callers ------------------------------------------------------------------------------


def of_caller(tx: Transaction, account_id: str, delivery_id: str) -> Told | None:
    """One delivery of this account; another account's is as unknown as one that never was."""
    told = of_anybody(tx, delivery_id)
    return told if told and told.delivery.account_id == account_id else None


def of_anybody(tx: Transaction, delivery_id: str) -> Told | None:
    """One delivery, whoever's it is: for an operator."""
    row = tx.execute(_WITH_LAST.where(_deliveries.c.id == delivery_id)).one_or_none()
    return _told(row) if row else None


def page(
    tx: Transaction,
    account_id: str,
    *,
    rows_max: int,
    endpoint_id: str | None = None,
    status: DeliveryStatus | None = None,
    after: tuple[int, str] | None = None,
) -> list[Told]:
    """Some of an account's deliveries, newest first.

    endpoint_id  of this endpoint alone; None: of all, the tasks' own callbacks among them
    after        created_ms and id of the last one that was seen
    """
    is_theirs = _deliveries.c.account_id == account_id
    if endpoint_id is not None:
        # The account is judged on what the endpoint has: by its index, all of it would be walked.
        is_theirs = _deliveries.c.account_id.concat("") == account_id
    query = _WITH_LAST.where(is_theirs)
    if endpoint_id is not None:
        query = query.where(_deliveries.c.endpoint_id == endpoint_id)
    if status is not None:
        query = query.where(_is(status))
    if after is not None:
        created_ms, delivery_id = after
        query = query.where(
            # The index bounds the time; those of one millisecond are told apart by their ids.
            _deliveries.c.created_ms <= created_ms,
            or_(_deliveries.c.created_ms < created_ms, _deliveries.c.id < delivery_id),
        )
    rows = tx.execute(
        query.order_by(_deliveries.c.created_ms.desc(), _deliveries.c.id.desc()).limit(rows_max)
    )
    return [_told(row) for row in rows]


def newest(tx: Transaction, endpoint_id: str, *, rows_max: int) -> list[tuple[DeliveryStatus, int]]:
    """What became of an endpoint's newest deliveries: the status and the attempts of each."""
    rows = tx.execute(
        select(_deliveries.c.status, _deliveries.c.attempts)
        .where(_deliveries.c.endpoint_id == endpoint_id)
        .order_by(_deliveries.c.created_ms.desc())
        .limit(rows_max)
    )
    return [(DeliveryStatus(row.status), row.attempts) for row in rows]


def attempts_of(tx: Transaction, delivery_id: str) -> list[Attempt]:
    """Every try of a delivery, in order; at most ATTEMPTS_EVER_MAX and one last schedule."""
    rows = tx.execute(
        select(_attempts).where(_attempts.c.delivery_id == delivery_id).order_by(_attempts.c.number)
    )
    return [_attempt(row) for row in rows]


# --- for the sweeper --------------------------------------------------------------------------


def open_overdue(tx: Transaction, *, before_ms: int, rows_max: int) -> list[str]:
    """Ids of pending deliveries whose next attempt is overdue: the sweeper's work."""
    rows = tx.execute(
        select(_deliveries.c.id)
        .where(_deliveries.c.ended_ms == 0, _deliveries.c.next_ms < before_ms)
        .limit(rows_max)
    )
    return list(rows.scalars())


# --- inside -----------------------------------------------------------------------------------


def _is(status: DeliveryStatus) -> ColumnElement[bool]:
    return _deliveries.c.status == status.value


def _told(row: Row[Any]) -> Told:
    return Told(delivery=_delivery(row), last=None if row.number is None else _attempt(row))


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(
        id=row.id,
        account_id=row.account_id,
        task_id=row.task_id,
        event=row.event,
        url=row.url,
        status=DeliveryStatus(row.status),
        attempts=row.attempts,
        created_ms=row.created_ms,
        endpoint_id=row.endpoint_id,
        attempts_before=row.attempts_before,
        next_ms=row.next_ms,
        ended_ms=row.ended_ms,
        resent_ms=row.resent_ms,
        resent_by=row.resent_by,
    )


def _attempt(row: Row[Any]) -> Attempt:
    return Attempt(
        at_ms=row.at_ms,
        took_ms=row.took_ms,
        http_status=row.http_status,
        error=row.error,
        answer=row.answer,
    )
