"""Lives of tasks, their prompts, usage by day, what the audit found, and the lists' indexes.

Tasks that exist get the lines that their columns still tell: a change between two of them was
never written down. Their usage is counted from what the ledger took for them.
"""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

ROWS_AT_ONCE = 500
PROMPT_CHARACTERS_MAX = 3_072
PICTURE_URL_CHARACTERS_MAX = 2_048

# Each time that a task's row tells of, with what the task became then.
LIFE_SO_FAR = """
INSERT INTO life (task_id, account_id, at_ms, status, note, operator_note)
SELECT task_id, account_id, at_ms, status, note, operator_note FROM (
  SELECT id AS task_id, account_id, created_ms AS at_ms, 1 AS step, 'sending' AS status,
         '' AS note, '' AS operator_note FROM tasks
  UNION ALL
  SELECT id, account_id, CASE WHEN sent_ms <> 0 THEN sent_ms ELSE updated_ms END, 2,
         'submitted', '', '' FROM tasks
   WHERE (sent_ms <> 0 AND ticket <> '') OR status = 'submitted'
  UNION ALL
  SELECT id, account_id, updated_ms, 3, status, '', operator_note FROM tasks
   WHERE status IN ('uncertain', 'processing')
  UNION ALL
  SELECT id, account_id, ended_ms, 4, status, message, operator_note FROM tasks
   WHERE ended_ms <> 0
) AS lines ORDER BY at_ms, step, task_id
"""
ENDED = """
SELECT t.account_id, t.ended_ms, t.key_id, t.upstream, t.model, t.resolution, t.status,
       t.duration_s, t.cost_micros, COALESCE(e.amount_micros, 0) AS taken_micros
FROM tasks t
LEFT JOIN transfers s ON s.task_id = t.id AND s.kind = 'settle'
LEFT JOIN entries e ON e.transfer_id = s.id AND e.ledger = t.account_id
WHERE t.ended_ms <> 0 AND t.status <> 'refused'
"""
USAGE_KEY = ("account_id", "day", "key_id", "upstream", "model", "resolution", "status")
USAGE_SUMS = ("tasks", "seconds", "spent_micros", "cost_micros", "costs_known")


def upgrade() -> None:
    """Make the tables and indexes, then fill them from what is there."""
    _life()
    _prompts()
    _usage()
    _findings()
    op.drop_index("ix_tasks_status", table_name="tasks")
    for lead in ([], ["account_id"], ["key_id"], ["upstream"]):
        columns = [*lead, "status", "created_ms"]
        op.create_index(op.f(f"ix_tasks_{'_'.join(columns)}"), "tasks", columns, unique=False)
    running = sa.text("status = 'processing'")
    op.create_index(
        "ix_renders_running", "renders", ["id"], sqlite_where=running, postgresql_where=running
    )
    op.execute(LIFE_SO_FAR)
    _fill_prompts()
    _fill_usage()


def _life() -> None:
    op.create_table(
        "life",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("task_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("status", sa.String(), server_default="", nullable=False),
        sa.Column("note", sa.String(), server_default="", nullable=False),
        sa.Column("operator_note", sa.String(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.id"], name=op.f("fk_life_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_life")),
    )
    op.create_index(op.f("ix_life_task_id"), "life", ["task_id"], unique=False)
    op.create_index(op.f("ix_life_account_id_id"), "life", ["account_id", "id"], unique=False)


def _prompts() -> None:
    op.create_table(
        "prompts",
        sa.Column("task_id", sa.String(), nullable=False),
        sa.Column("text", sa.String(), server_default="", nullable=False),
        sa.Column("picture_url", sa.String(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.id"], name=op.f("fk_prompts_task_id")),
        sa.PrimaryKeyConstraint("task_id", name=op.f("pk_prompts")),
        sqlite_with_rowid=False,
    )


def _usage() -> None:
    op.create_table(
        "usage",
        *(sa.Column(name, sa.String(), nullable=False) for name in USAGE_KEY),
        *(
            sa.Column(name, sa.BigInteger(), server_default="0", nullable=False)
            for name in USAGE_SUMS
        ),
        sa.PrimaryKeyConstraint(*USAGE_KEY, name=op.f("pk_usage")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_usage_day"), "usage", ["day"], unique=False)


def _findings() -> None:
    op.create_table(
        "findings",
        sa.Column("promise", sa.Integer(), nullable=False),
        sa.Column("says", sa.String(), nullable=False),
        sa.Column("broken", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("ids", sa.String(), server_default="", nullable=False),
        sa.Column("checked_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("took_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("promise", "says", name=op.f("pk_findings")),
    )


def _fill_prompts() -> None:
    """Read every body once; one that cannot be read has no words to be found by."""
    bind = op.get_bind()
    write = sa.text("INSERT INTO prompts (task_id, text, picture_url) VALUES (:id, :text, :url)")
    for rows in _some_at_once("SELECT id, body FROM tasks WHERE id > :after ORDER BY id LIMIT :n"):
        read = [(row.id, *_asked_for(bytes(row.body))) for row in rows]
        bind.execute(write, [{"id": each, "text": text, "url": url} for each, text, url in read])


def _some_at_once(query: str) -> Iterator[list[Any]]:
    after = ""
    while rows := list(op.get_bind().execute(sa.text(query), {"after": after, "n": ROWS_AT_ONCE})):
        yield rows
        after = rows[-1].id


def _asked_for(body: bytes) -> tuple[str, str]:
    try:
        order = json.loads(body)
        items = order.get("contents") or []
        prompts = [item["text"] for item in items if item["type"] == "prompt"]
        pictures = [item["url"] for item in items if item["type"] == "first_frame"]
        text = order.get("prompt") or (prompts[0] if prompts else "")
        url = pictures[0] if pictures else ""
        text, url = str(text)[:PROMPT_CHARACTERS_MAX], str(url)
    except (ValueError, TypeError, KeyError, AttributeError):
        return "", ""
    return text, url if len(url) <= PICTURE_URL_CHARACTERS_MAX else ""


def _fill_usage() -> None:
    sums: dict[tuple[str, ...], Counter[str]] = {}
    for row in op.get_bind().execute(sa.text(ENDED)):
        day = datetime.fromtimestamp(row.ended_ms // 1_000, UTC).date().isoformat()
        key = (row.account_id, day, row.key_id, row.upstream, row.model, row.resolution, row.status)
        is_known = row.cost_micros >= 0
        sums.setdefault(key, Counter()).update(
            tasks=1,
            seconds=row.duration_s if row.status == "succeeded" else 0,
            spent_micros=-row.taken_micros,
            cost_micros=row.cost_micros if is_known else 0,
            costs_known=int(is_known),
        )
    table = sa.table("usage", *(sa.column(name) for name in (*USAGE_KEY, *USAGE_SUMS)))
    for whose, sum_of in sums.items():
        cells = dict(zip(USAGE_KEY, whose, strict=True)) | {
            name: sum_of[name] for name in USAGE_SUMS
        }
        op.execute(table.insert().values(**cells))
