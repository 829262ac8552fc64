"""An upstream's news of a task: a hint that brings the next look forward, and nothing more.

The web calls it once the address has proved to be ours. The state is always read again before
anything changes, so that news may be early, late, doubled, out of order or untrue.
"""

from framegate.domain.task import TaskStatus
from framegate.engine import embedded as engine
from framegate.store import tasks
from framegate.store.database import Transaction


def hear(tx: Transaction, task_id: str, *, now_ms: int) -> bool:
    """Wake the tracking of a task that may have news; False where nobody waits for any."""
    task = tasks.by_id(tx, task_id)
    if task is None or (task.status.is_terminal and task.status is not TaskStatus.EXPIRED):
        return False
    engine.enqueue(tx, "track", task_id, at_ms=now_ms)
    return True
