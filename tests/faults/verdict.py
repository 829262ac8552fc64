"""What became of every promise of a run, as figures: from journals, the vendor's log and the rows.

No figure is taken from one place alone: what was acknowledged is the customers' word, what was
bought the vendor's, who was told the receiver's; the gateway's own rows are compared with them.
"""

import base64
import json
import sqlite3
import statistics
import subprocess
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from faults.clients import Book, Promise
from faults.house import House
from faults.orders import mark_of
from faults.receiver import CALLBACK, HOOKS, Receiver
from framegate.pretend.log import Log
from processes import COMMAND, PATIENCE_S

DUE_MARGIN_S = 5
TOLD = frozenset({"succeeded", "failed", "cancelled", "expired"})


@dataclass(kw_only=True)
class Figures:
    """One run. The fields named in LOSSES must be 0."""

    seed: int
    commit: str
    kills: int
    acknowledged: int
    parked: int
    lost: int
    double_charged: int
    bought_twice: int
    charged_unbought: int
    answers_changed: int
    stuck_past_deadline: int
    orphan_holds: int
    ledger_imbalance_micros: int
    webhooks_missing: int
    audit_broken: int
    recovery_p50_s: float
    recovery_p99_s: float
    refused: int
    http_answers: int
    share_5xx: float
    answers_lost: int
    webhooks_taken: int
    rss_peak_mb: int
    wall_s: float
    http_statuses: dict[str, int] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)
    crash_points: dict[str, int] = field(default_factory=dict)
    examples: dict[str, list[str]] = field(default_factory=dict)

    @property
    def losses(self) -> dict[str, int]:
        """The columns that must be 0 and are not."""
        return {name: getattr(self, name) for name in LOSSES if getattr(self, name)}

    def table(self) -> str:
        """Two columns for a person; a loss is marked."""
        shown = {
            name: value
            for name, value in asdict(self).items()
            if name not in {"crash_points", "examples"}
        }
        lines = [f"{name:24} {value}{self._mark(name)}" for name, value in shown.items()]
        lines += [f"  {name}: {', '.join(ids)}" for name, ids in self.examples.items() if ids]
        return "\n".join(lines)

    def json(self) -> str:
        return json.dumps(asdict(self))

    def _mark(self, name: str) -> str:
        return "  <-- must be 0" if name in self.losses else ""


LOSSES = (
    "lost",
    "double_charged",
    "bought_twice",
    "charged_unbought",
    "answers_changed",
    "stuck_past_deadline",
    "orphan_holds",
    "ledger_imbalance_micros",
    "webhooks_missing",
    "audit_broken",
)
EXAMPLES_MAX = 5


@dataclass
class Rows:
    """The gateway's database, read beside it."""

    house: House

    def __call__(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        path = self.house.data / "framegate.db"
        database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        try:
            return database.execute(query, values).fetchall()
        finally:
            database.close()


OPEN_TASKS = "SELECT id FROM tasks WHERE ended_ms = 0"
OPEN_DELIVERIES = "SELECT id FROM deliveries WHERE ended_ms = 0"
SETTLED_TWICE = """
    SELECT task_id FROM transfers WHERE kind = 'settle' GROUP BY task_id HAVING COUNT(*) > 1"""
ORPHAN_HOLDS = """
    SELECT h.task_id FROM holds h LEFT JOIN tasks t ON t.id = h.task_id
    WHERE t.id IS NULL OR (h.state = 'open') <> (t.ended_ms = 0)"""
IMBALANCE = "SELECT COALESCE(SUM(ABS(total)), 0) FROM (SELECT SUM(amount_micros) AS total FROM {})"
BY_TRANSFER = "entries GROUP BY transfer_id"
POSTED = "SELECT COALESCE(SUM(posted_micros), 0) FROM accounts"
PRICES = "SELECT COALESCE(SUM(price_micros), 0) FROM tasks WHERE status = 'succeeded'"
TASKS = "SELECT id, ticket, status, body_sha256, upstream, body FROM tasks"


@dataclass(frozen=True)
class _Task:
    id: str
    ticket: str
    status: str
    body_sha256: str
    upstream: str
    mark: str


def figures(  # One number a promise: a list, and not a tangle.
    *, house: House, book: Book, receiver: Receiver, log: Log, run: dict[str, Any]
) -> Figures:
    """Everything that a run promised, counted."""
    rows = Rows(house)
    tasks = {row[0]: _Task(*row[:5], mark=mark_of(row[5])) for row in rows(TASKS)}
    promises = list(book.promises.values())
    bought = Counter(_marks_bought(log))
    rendered = Counter(tasks[task_id].mark for (task_id,) in rows("SELECT task_id FROM renders"))
    succeeded = [task for task in tasks.values() if task.status == "succeeded"]
    found = {
        "lost": [each.mark for each in promises if _is_lost(each, tasks)],
        "double_charged": [
            *(row[0] for row in rows(SETTLED_TWICE)),
            *_repeated(task.mark for task in succeeded),
        ],
        "bought_twice": _repeated((bought + rendered).elements()),
        "charged_unbought": [task.mark for task in succeeded if not (bought + rendered)[task.mark]],
        "answers_changed": list(book.changed),
        "stuck_past_deadline": [row[0] for row in rows(OPEN_TASKS)],
        "orphan_holds": [row[0] for row in rows(ORPHAN_HOLDS)],
        "webhooks_missing": list(_untold(promises, tasks, receiver)),
        "audit_broken": _audit(house),
    }
    (((imbalance,),), ((posted,),), ((prices,),)) = (
        rows(IMBALANCE.format(BY_TRANSFER)),
        rows(POSTED),
        rows(PRICES),
    )
    answers = sum(book.statuses.values())
    recoveries = sorted(house.recoveries_s) or [0.0]
    return Figures(
        **run,
        acknowledged=sum(each.status == 200 for each in promises),
        parked=sum(each.status != 200 for each in promises),
        **{name: len(ids) for name, ids in found.items()},
        # The default account began with nothing: it owes what its videos cost, to the micro.
        ledger_imbalance_micros=imbalance + abs(posted + prices),
        recovery_p50_s=round(statistics.median(recoveries), 2),
        recovery_p99_s=round(recoveries[min(len(recoveries) - 1, len(recoveries) * 99 // 100)], 2),
        refused=book.refused,
        http_answers=answers,
        share_5xx=round(
            sum(n for status, n in book.statuses.items() if status >= 500) / max(1, answers), 4
        ),
        answers_lost=book.lost_answers,
        webhooks_taken=receiver.taken,
        rss_peak_mb=house.peak_kb // 1_024,
        http_statuses={str(each): book.statuses[each] for each in sorted(book.statuses)},
        statuses=dict(sorted(Counter(f"{t.upstream} {t.status}" for t in tasks.values()).items())),
        examples={name: ids[:EXAMPLES_MAX] for name, ids in found.items() if ids},
    )


def _marks_bought(log: Log) -> Iterable[str]:
    """The mark of every order that the vendor made, once for each time."""

    bodies = {record["sha256"]: base64.b64decode(record["body"]) for record in log.records("sent")}
    return [mark_of(bodies[record["sha256"]]) for record in log.bought()]


def _is_lost(promise: Promise, tasks: dict[str, _Task]) -> bool:
    task = tasks.get(promise.task_id)
    return task is None or task.status == "refused" or task.body_sha256 != promise.body_sha256


def _repeated(marks: Iterable[str]) -> list[str]:
    return [mark for mark, count in Counter(marks).items() if count > 1]


def _untold(
    promises: Iterable[Promise], tasks: dict[str, _Task], receiver: Receiver
) -> Iterable[str]:
    for promise in promises:
        task = tasks.get(promise.task_id)
        if task is None or task.status not in TOLD:
            continue
        names = {task.id, task.ticket}
        if not names & receiver.told[HOOKS]:
            yield f"{promise.mark} at {HOOKS}"
        if promise.has_callback and not names & receiver.told[CALLBACK]:
            yield f"{promise.mark} at {CALLBACK}"


def _audit(house: House) -> list[str]:
    done = subprocess.run(
        [*COMMAND, "audit", "--data", str(house.data), "--json"],
        cwd=house.folder,
        env=house.environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    if not done.stdout:
        return [done.stderr[-200:]]
    return [each["says"] for each in json.loads(done.stdout)["promises"] if each["broken"]]
