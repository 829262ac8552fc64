"""Bring a database to the shape that this version reads and writes.

Run once at start, before the doors open. A database from a newer framegate is refused: an older
program must not write what it does not understand.
"""

from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, create_engine
from sqlalchemy.exc import DatabaseError

from framegate import crash
from framegate.errors import SettingsInvalid, StoreError
from framegate.store.database import Database

MIGRATIONS = Path(__file__).with_name("migrations")


def upgrade(database: Database) -> None:
    """Apply every missing step, each in its own transaction.

    raises   SettingsInvalid when the database was written by a newer version
    """
    config = _config()
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


@dataclass(frozen=True)
class Standing:
    """At which step a database is: "" before the first; `is_known` where this version has it."""

    current: str
    newest: str
    is_known: bool


def standing(path: Path) -> Standing:
    """Look at a database file, and change nothing of it.

    raises   StoreError when it is not readable as one
    """
    script = ScriptDirectory.from_config(_config())
    # The folder's name may hold what means something in a URI; a read-only connection needs one.
    file = path.absolute().as_uri()
    url = URL.create("sqlite", database=file, query={"mode": "ro", "uri": "true"})
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            current = MigrationContext.configure(connection).get_current_revision() or ""
    except DatabaseError as error:
        raise StoreError(f"{path} is not readable as a database: {error.orig}") from error
    finally:
        engine.dispose()
    known = {step.revision for step in script.walk_revisions()} | {""}
    return Standing(current, script.get_current_head() or "", current in known)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config
