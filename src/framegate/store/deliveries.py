"""Rows of deliveries and their attempts: the outbox of what callers are owed.

A delivery is written in the transaction that ends its task, so that an ended task always has one
if somebody is to be told (SAFETY promise 14).
"""

from typing import Any

from sqlalchemy import Row, insert, select, update

from framegate import ids
from framegate.domain.delivery import Attempt, Delivery, DeliveryStatus, EventType
from framegate.domain.task import Task
from framegate.store import schema
from framegate.store.database import Transaction

_deliveries, _attempts = schema.deliveries, schema.attempts


def owe(tx: Transaction, task: Task, *, event: EventType, url: str, now_ms: int) -> Delivery:
    """Owe one telling of one event to one address."""
    delivery = Delivery(
        id=ids.new("msg"),
        account_id=task.account_id,
        task_id=task.id,
        event=event,
        url=url,
        status=DeliveryStatus.PENDING,
        attempts=0,
        created_ms=now_ms,
    )
    tx.execute(
        insert(_deliveries).values(
            id=delivery.id,
            account_id=delivery.account_id,
            task_id=delivery.task_id,
            event=event,
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
            _deliveries.c.status == DeliveryStatus.PENDING.value,
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


def attempts_of(tx: Transaction, delivery_id: str) -> list[Attempt]:
    """Every try of a delivery, in order."""
    rows = tx.execute(
        select(_attempts).where(_attempts.c.delivery_id == delivery_id).order_by(_attempts.c.number)
    )
    return [
        Attempt(
            at_ms=row.at_ms,
            took_ms=row.took_ms,
            http_status=row.http_status,
            error=row.error,
            answer=row.answer,
        )
        for row in rows
    ]


def open_overdue(tx: Transaction, *, before_ms: int, rows_max: int) -> list[str]:
    """Ids of pending deliveries whose next attempt is overdue: the sweeper's work."""
    rows = tx.execute(
        select(_deliveries.c.id)
        .where(_deliveries.c.ended_ms == 0, _deliveries.c.next_ms < before_ms)
        .limit(rows_max)
    )
    return list(rows.scalars())


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
    )
