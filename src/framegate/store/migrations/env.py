"""What Alembic runs a migration in: the connection that `store.migrate` hands over."""

from typing import Any

from alembic import context

from framegate import crash
from framegate.store.schema import metadata


def _on_version_apply(*_: Any, **__: Any) -> None:
    # Called when a step and its number are written, in the transaction that will commit both.
    crash.at("migration.inside")


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=True,
    on_version_apply=_on_version_apply,
)
with context.begin_transaction():
    context.run_migrations()
