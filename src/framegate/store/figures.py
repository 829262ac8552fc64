"""How much of everything there is, for `/metrics`: small questions that an index answers.

Rows that are only ever added are counted on from where the last count ended, so that a scrape
costs what happened since the one before it, not all that ever happened.
"""

from collections import Counter
from dataclasses import dataclass, field

from sqlalchemy import BigInteger, bindparam, case, column, func, select, text

from framegate.domain.ledger import REVENUE
from framegate.store import schema
from framegate.store.database import Transaction

_tasks, _jobs, _entries = schema.tasks, schema.jobs, schema.entries
_attempts, _deliveries = schema.attempts, schema.deliveries

# A scan of ix_tasks_status_created_ms alone: a word and a number a task, never its body.
TASKS = select(_tasks.c.status, func.count()).group_by(_tasks.c.status)
# A scan of ix_jobs_queue_due_ms alone.
JOBS = select(
    _jobs.c.queue,
    func.count(),
    func.sum(case((_jobs.c.due_ms <= bindparam("now_ms"), 1), else_=0)),
    func.min(_jobs.c.due_ms),
).group_by(_jobs.c.queue)
# A range of ix_entries_ledger, which ends in the row's number.
SETTLED = select(
    func.coalesce(func.sum(_entries.c.amount_micros), 0), func.max(_entries.c.id)
).where(_entries.c.ledger == REVENUE, _entries.c.id > bindparam("seen"))
# A range of the table's own order.
_row = column("rowid", BigInteger, is_literal=True)
ATTEMPTS = (
    select(_attempts.c.http_status, func.count(), func.max(_row))
    .where(_row > bindparam("seen", type_=BigInteger))
    .group_by(_attempts.c.http_status)
)
PENDING = select(func.count()).where(text("ended_ms = 0")).select_from(_deliveries)

GONE = 410


@dataclass(frozen=True)
class QueueFigures:
    """One queue: how many jobs, how many of them due, and when the oldest was."""

    jobs: int
    due: int
    oldest_due_ms: int


@dataclass(frozen=True, kw_only=True)
class Figures:
    """One reading."""

    tasks: dict[str, int]
    queues: dict[str, QueueFigures]
    pending_deliveries: int
    settled_micros: int
    attempts: dict[str, int]  # "2xx", "3xx", "4xx", "5xx", "410" or "none" -> how many.


@dataclass
class Reader:
    """Reads figures, and remembers how far the growing tables were counted."""

    _settled_micros: int = 0
    _entries_seen: int = 0
    _attempts_seen: int = 0
    _attempts: Counter[str] = field(default_factory=Counter)

    def read(self, tx: Transaction, *, now_ms: int) -> Figures:
        """One reading; two at once are not for one Reader."""
        self._count_on(tx)
        queues = {row[0]: QueueFigures(*row[1:]) for row in tx.execute(JOBS, {"now_ms": now_ms})}
        return Figures(
            tasks={row[0]: row[1] for row in tx.execute(TASKS)},
            queues=queues,
            pending_deliveries=tx.execute(PENDING).scalar_one(),
            settled_micros=self._settled_micros,
            attempts=dict(self._attempts),
        )

    def _count_on(self, tx: Transaction) -> None:
        micros, last = tx.execute(SETTLED, {"seen": self._entries_seen}).one()
        self._settled_micros += micros
        self._entries_seen = last or self._entries_seen
        seen = self._attempts_seen
        for http_status, count, last in tx.execute(ATTEMPTS, {"seen": seen}):
            self._attempts[_outcome(http_status)] += count
            self._attempts_seen = max(self._attempts_seen, last)


def _outcome(http_status: int) -> str:
    if http_status == GONE:
        return str(GONE)
    return f"{http_status // 100}xx" if http_status else "none"
