"""Limits of keys and accounts, what a key has spent, and the rank of a job."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

NUMBERS = {
    "accounts": ("requests_per_minute", "in_flight_max", "in_flight"),
    "keys": (
        "requests_per_minute",
        "in_flight_max",
        "budget_micros",
        "in_flight",
        "spent_micros",
        "last_used_ms",
    ),
    "jobs": ("rank",),
}
WORDS = {"keys": "name", "holds": "key_id", "jobs": "owner"}

# What the new columns would be, had they always been kept: the tasks and holds know it all.
KEYS_OF_HOLDS = "UPDATE holds SET key_id = (SELECT key_id FROM tasks WHERE id = holds.task_id)"
OWNERS_OF_RENDERS = """UPDATE jobs
    SET owner = COALESCE((SELECT account_id FROM renders WHERE id = jobs.subject), '')
    WHERE queue = 'render'"""
IN_FLIGHT = """SELECT account_id, COUNT(*) AS in_flight
    FROM holds WHERE state = 'open' GROUP BY account_id"""
SPENT = """SELECT key_id, SUM(amount_micros) AS spent_micros,
    SUM(CASE WHEN state = 'open' THEN 1 ELSE 0 END) AS in_flight
    FROM holds WHERE state IN ('open', 'settled') GROUP BY key_id"""


def upgrade() -> None:
    """Add the columns, then count what there is already."""
    for table, names in NUMBERS.items():
        for name in names:
            number = sa.Column(name, sa.BigInteger(), server_default="0", nullable=False)
            op.add_column(table, number)
    for table, name in WORDS.items():
        op.add_column(table, sa.Column(name, sa.String(), server_default="", nullable=False))
    where = sa.text("owner <> ''")
    for name, columns in (
        ("ix_jobs_rank", ["queue", "rank"]),
        ("ix_jobs_owner_rank", ["queue", "owner", "rank"]),
    ):
        op.create_index(name, "jobs", columns, sqlite_where=where, postgresql_where=where)
    op.execute(KEYS_OF_HOLDS)
    op.execute(OWNERS_OF_RENDERS)
    _count()


def _count() -> None:
    # One pass over the holds: no index leads from a key to its own.
    bind = op.get_bind()
    for row in bind.execute(sa.text(IN_FLIGHT)).all():
        statement = "UPDATE accounts SET in_flight = :in_flight WHERE id = :account_id"
        bind.execute(sa.text(statement), row._asdict())
    for row in bind.execute(sa.text(SPENT)).all():
        statement = """UPDATE keys SET in_flight = :in_flight, spent_micros = :spent_micros
            WHERE id = :key_id"""
        # PostgreSQL's sum of whole numbers is a decimal.
        sums = {
            name: int(value) if name != "key_id" else value for name, value in row._asdict().items()
        }
        bind.execute(sa.text(statement), sums)
