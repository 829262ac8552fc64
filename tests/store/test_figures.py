"""The questions of `/metrics` read an index, or only what is new."""

import pytest
from sqlalchemy.dialects import sqlite

from framegate.store import figures

PLANS = [
    (figures.TASKS, {}, "USING COVERING INDEX ix_tasks_status_created_ms"),
    (figures.JOBS, {"now_ms": 1}, "USING COVERING INDEX ix_jobs_queue_due_ms"),
    (figures.SETTLED, {"seen": 5}, "USING INDEX ix_entries_ledger (ledger=? AND rowid>?)"),
    (figures.ATTEMPTS, {"seen": 5}, "USING INTEGER PRIMARY KEY (rowid>?)"),
    (figures.PENDING, {}, "USING INDEX ix_deliveries_open"),
]


def plan(tx, statement, values):
    written = statement.params(**values).compile(
        dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}
    )
    return [row[3] for row in tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {written}")]


@pytest.mark.parametrize(("statement", "values", "how"), PLANS)
def test_question_is_answered_by_an_index(tx, statement, values, how):
    assert how in " ".join(plan(tx, statement, values))


def test_empty_database_has_figures(tx):
    read = figures.Reader().read(tx, now_ms=1)
    assert (read.tasks, read.queues, read.settled_micros, read.attempts) == ({}, {}, 0, {})
