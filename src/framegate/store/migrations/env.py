"""What Alembic runs a migration in: the connection that `store.migrate` hands over."""

from alembic import context

from framegate import crash
from framegate.store.schema import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
    crash.at("migration.inside")
