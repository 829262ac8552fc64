"""An upstream can be paused, and its tasks and renders are listed by time without a scan."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add when an upstream was paused, and the two indexes that an operator's lists walk along."""
    op.add_column(
        "upstreams",
        sa.Column("paused_ms", sa.BigInteger(), server_default="0", nullable=False),
    )
    op.create_index(
        op.f("ix_tasks_upstream_created_ms_status"),
        "tasks",
        ["upstream", "created_ms", "status"],
        unique=False,
    )
    op.create_index(op.f("ix_renders_created_ms"), "renders", ["created_ms"], unique=False)
