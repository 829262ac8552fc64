"""Long lists of deliveries and accounts walk one index, and a delivery says who sent it again."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add who sent a delivery again; put indexes that answer alone in the place of three others."""
    op.add_column(
        "deliveries",
        sa.Column("resent_ms", sa.BigInteger(), server_default="0", nullable=False),
    )
    op.add_column(
        "deliveries", sa.Column("resent_by", sa.String(), server_default="", nullable=False)
    )
    for owner in ("account_id", "endpoint_id"):
        op.create_index(
            op.f(f"ix_deliveries_{owner}_status_created_ms"),
            "deliveries",
            [owner, "status", "created_ms"],
            unique=False,
        )
    op.create_index(
        op.f("ix_accounts_created_ms_id"), "accounts", ["created_ms", "id"], unique=False
    )
    op.create_index(
        "ix_usage_day_sums",
        "usage",
        ["day", "tasks", "seconds", "spent_micros", "cost_micros", "costs_known"],
        unique=False,
    )
    op.drop_index(op.f("ix_usage_day"), table_name="usage")
    op.drop_index("ix_deliveries_undelivered", table_name="deliveries")
    # How many an upstream has is counted by status: this one led to every row, beside its body.
    op.drop_index("ix_tasks_upstream_open", table_name="tasks")
