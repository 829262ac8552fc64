"""A consistent copy of a database that may be in use meanwhile.

`cli backup` calls it. SQLite's own way of copying a live file: what is copied is one moment of it,
and neither readers nor the writer wait for long.
"""

import contextlib
import sqlite3
from pathlib import Path
from typing import Any

from framegate.errors import StoreDown
from framegate.store.database import Database

PAGES_A_STEP = 1_000


def snapshot(database: Database, to: Path) -> None:
    """Write the database as it is at one moment to a new file, and flush it to the disk.

    to      a path that does not exist yet
    raises  FileExistsError; StoreDown when the database cannot be read or the file written
    """
    if to.exists():
        raise FileExistsError(f"{to} exists already")
    source = database.engine.raw_connection()
    try:
        live: Any = source.driver_connection
        with contextlib.closing(sqlite3.connect(to)) as copy:
            live.backup(copy, pages=PAGES_A_STEP)
            # Of one file: a log beside it would have to travel with it.
            copy.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.Error as error:
        raise StoreDown from error
    finally:
        source.close()
