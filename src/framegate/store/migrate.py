"""Bring a database to the shape that this version reads and writes.

Run once at start, before the doors open. A database from a newer framegate is refused: an older
program must not write what it does not understand.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from framegate import crash
from framegate.errors import SettingsInvalid
from framegate.store.database import Database

MIGRATIONS = Path(__file__).with_name("migrations")


def upgrade(database: Database) -> None:
    """Apply every missing step, each in its own transaction.

    raises   SettingsInvalid when the database was written by a newer version
    """
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    script = ScriptDirectory.from_config(config)
    with database.engine.connect() as connection:
        with connection.begin():
            current = MigrationContext.configure(connection).get_current_revision()
        if current == script.get_current_head():
            return
        if current is not None and current not in {
            step.revision for step in script.walk_revisions()
        }:
            raise SettingsInvalid(
                f"the database was written by a newer framegate (its tables are at {current}); "
                "start that version, or another data folder"
            )
        config.attributes["connection"] = connection
        crash.at("migration.before")
        command.upgrade(config, "head")
        connection.commit()
        crash.at("migration.after")
