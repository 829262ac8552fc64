"""Who is told of a change, written in the transaction that makes it.

Submit, track and finish call it with the task as it now is. A row a delivery, a request later: the
deliver flow tells. An account without endpoints costs one look at an index.
"""

from framegate.domain.event import event_of
from framegate.domain.task import Task
from framegate.engine import embedded as engine
from framegate.store import deliveries, endpoints
from framegate.store.database import Transaction


def endpoints_of(tx: Transaction, task: Task, *, now_ms: int) -> None:
    """Owe the task's new status to each endpoint of its account that wants to hear of it.

    For every upstream alike: whether one calls the caller's own callback_url by itself has nothing
    to do with endpoints (contract rule 63).
    """
    event = event_of(task.status)
    if event is None:
        return
    for endpoint in endpoints.listening(tx, task.account_id, event):
        delivery = deliveries.owe(
            tx, task, event=event, url=endpoint.url, now_ms=now_ms, endpoint_id=endpoint.id
        )
        engine.enqueue(tx, "deliver", delivery.id, at_ms=now_ms)


def callback_of(tx: Transaction, task: Task, *, now_ms: int) -> None:
    """Owe an ended task to its own callback_url, when it has one (rule 60)."""
    event = event_of(task.status)
    if event is None or not task.callback_url:
        return
    delivery = deliveries.owe(tx, task, event=event, url=task.callback_url, now_ms=now_ms)
    engine.enqueue(tx, "deliver", delivery.id, at_ms=now_ms)
