"""Bring a database to the shape that this version reads and writes.

Run once at start, before the doors open. A database from a newer framegate is refused: an older
program must not write what it does not understand. Alembic is loaded only when a step is missing:
every start after a crash would wait for it, and it is an eighth of what a start takes.
"""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, Connection, create_engine, inspect, text
from sqlalchemy.exc import DatabaseError

from framegate import crash
from framegate.errors import SettingsInvalid, StoreError
from framegate.store.database import Database

MIGRATIONS = Path(__file__).with_name("migrations")


def upgrade(database: Database) -> None:
    """Apply every missing step, each in its own transaction.

    raises   SettingsInvalid when the database was written by a newer version
    """
    known = steps()
    with database.engine.connect() as connection:
        with connection.begin():
            current = _current(connection)
        if current == known[-1]:
            return
        if current not in {"", *known}:
            raise SettingsInvalid(
                f"the database was written by a newer framegate (its tables are at {current}); "
                "start that version, or another data folder"
            )
        crash.at("migration.before")
        _upgrade(connection)
        connection.commit()
        crash.at("migration.after")


def steps() -> list[str]:
    """Every step's name, oldest first: the number that its file begins with."""
    files = MIGRATIONS.joinpath("versions").glob("[0-9]*_*.py")
    return sorted(file.name.partition("_")[0] for file in files)


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
    # The folder's name may hold what means something in a URI; a read-only connection needs one.
    file = path.absolute().as_uri()
    url = URL.create("sqlite", database=file, query={"mode": "ro", "uri": "true"})
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            current = _current(connection)
    except DatabaseError as error:
        raise StoreError(f"{path} is not readable as a database: {error.orig}") from error
    finally:
        engine.dispose()
    known = steps()
    return Standing(current, known[-1], current in {"", *known})


def _current(connection: Connection) -> str:
    """The step that a database is at; "" before the first."""
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or ""


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 - seldom needed, and slow to load
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
