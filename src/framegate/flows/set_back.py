"""The clock was set back: what waits goes on waiting as long as it was to wait, and no longer.

The engine notices and calls it in one transaction. Looks, attempts and wake-ups are waits and are
brought forward; a deadline, a link's end and a signature's time are dates and stay what they are.
"""

from framegate.engine import embedded as engine
from framegate.store import deliveries, tasks
from framegate.store.database import Transaction


def bring_forward(tx: Transaction, *, by_ms: int, now_ms: int) -> None:
    """Bring everything that is to happen after `now_ms` forward by so many milliseconds."""
    tasks.bring_forward(tx, by_ms=by_ms, now_ms=now_ms)
    deliveries.bring_forward(tx, by_ms=by_ms, now_ms=now_ms)
    engine.bring_forward(tx, by_ms=by_ms, now_ms=now_ms)
