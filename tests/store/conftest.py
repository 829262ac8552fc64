"""A real SQLite database for every test: migrated once, then copied."""

import shutil

import pytest

from framegate.store import migrate
from framegate.store.database import Database


@pytest.fixture(scope="session")
def migrated(tmp_path_factory):
    path = tmp_path_factory.mktemp("migrated") / "framegate.db"
    database = Database.open(f"sqlite:///{path}")
    migrate.upgrade(database)
    database.close_now()
    return path


@pytest.fixture
def path(migrated, tmp_path):
    return shutil.copy(migrated, tmp_path / "framegate.db")


@pytest.fixture
def database(path):
    opened = Database.open(f"sqlite:///{path}")
    yield opened
    opened.close_now()


@pytest.fixture
def tx(database):
    """One transaction that is never committed, for tests of what is written inside one."""
    with database.engine.connect() as connection, connection.begin() as transaction:
        yield connection
        transaction.rollback()
