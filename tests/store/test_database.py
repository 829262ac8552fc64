import asyncio
import sqlite3
import threading
from concurrent.futures import Future

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import IntegrityError

from framegate.errors import Overloaded, SettingsInvalid, StoreDown
from framegate.store.database import UNITS_PER_COMMIT_MAX, Database, PlainInsert


def note(tx, queue):
    """Write one row of the smallest table."""
    tx.execute(text("INSERT INTO jobs (queue, subject) VALUES (:queue, 'x')"), {"queue": queue})
    return queue


def note_and_raise(tx, queue):
    note(tx, queue)
    raise ValueError(queue)


def seen_by_another_program(path):
    connection = sqlite3.connect(path)
    try:
        return {row[0] for row in connection.execute("SELECT queue FROM jobs")}
    finally:
        connection.close()


def pragma(tx, name):
    return tx.execute(text(f"PRAGMA {name}")).scalar_one()


async def queued(database, units):
    """Until so many units wait: every task hands its own in at its first step."""
    while database.waiting < units:  # noqa: ASYNC110 - a turn of the loop, not a wait for luck
        await asyncio.sleep(0)


class Writer:
    """Holds the writer's thread inside a unit, so that others gather behind it."""

    def __init__(self, database):
        self.database, self.go, self.is_held = database, threading.Event(), threading.Event()

    async def __aenter__(self):
        self.holding = asyncio.create_task(self.database.write(self._wait))
        await asyncio.to_thread(self.is_held.wait)
        return self

    async def __aexit__(self, *_):
        self.go.set()
        await asyncio.gather(self.holding, return_exceptions=True)

    def _wait(self, tx):
        self.is_held.set()
        self.go.wait()

    async def gather_behind(self, *works):
        """Queue every unit while the writer is held, then let them share what follows."""
        waiting = [asyncio.create_task(self.database.write(*work)) for work in works]
        await queued(self.database, len(works))
        self.go.set()
        return await asyncio.gather(*waiting, return_exceptions=True)


@pytest.fixture
def impatient(database):
    """Does not wait for locks: what happens after the wait is the same."""

    def hurry(connection, _record, _proxy):
        connection.execute("PRAGMA busy_timeout = 0")

    event.listen(database.engine, "checkout", hurry)
    return database


@pytest.fixture
def locked(path):
    """Another program that holds the database's write lock."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield other
    other.close()


# --- durability -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("journal_mode", "wal"),
        ("synchronous", 2),  # FULL
        ("foreign_keys", 1),
        ("busy_timeout", 5_000),
        ("wal_autocheckpoint", 4_000),
    ],
)
async def test_every_connection_is_durable_and_strict(database, name, value):
    assert await database.write(pragma, name) == value
    assert await database.read(pragma, name) == value


async def test_answer_comes_after_the_commit(database, path):
    """Another program sees the row at the moment the writer is answered."""
    assert await database.write(note, "track") == "track"
    assert seen_by_another_program(path) == {"track"}


async def test_what_was_answered_is_there_after_reopening(database, path):
    await database.write(note, "track")
    await database.close()

    again = Database.open(f"sqlite:///{path}")
    assert again.read_now(lambda tx: tx.execute(text("SELECT queue FROM jobs")).scalars().all())
    again.close_now()


# --- group commit -----------------------------------------------------------------------------


async def test_units_that_wait_together_share_one_commit(database):
    commits = []
    async with Writer(database) as writer:
        database.after_commit(lambda: commits.append(1))
        answers = await writer.gather_behind(*[(note, f"q{n}") for n in range(50)])

    await database.close()
    assert answers == [f"q{n}" for n in range(50)]
    assert len(commits) == 2  # The holder's own, and one for the fifty.


async def test_one_commit_carries_a_bounded_number_of_units(database):
    commits = []
    async with Writer(database) as writer:
        database.after_commit(lambda: commits.append(1))
        await writer.gather_behind(*[(note, f"q{n}") for n in range(UNITS_PER_COMMIT_MAX + 1)])

    await database.close()
    assert len(commits) == 3


async def test_unit_that_raises_takes_nobody_with_it(database, path):
    async with Writer(database) as writer:
        one, bad, two = await writer.gather_behind(
            (note, "one"), (note_and_raise, "bad"), (note, "two")
        )

    assert (one, repr(bad), two) == ("one", "ValueError('bad')", "two")
    assert seen_by_another_program(path) == {"one", "two"}


async def test_unit_that_breaks_a_constraint_takes_nobody_with_it(database, path):
    async with Writer(database) as writer:
        one, twin, two = await writer.gather_behind((note, "one"), (note, "one"), (note, "two"))

    assert (one, type(twin), two) == ("one", IntegrityError, "two")
    assert seen_by_another_program(path) == {"one", "two"}


async def test_unit_sees_what_the_units_before_it_wrote(database):
    """Two creates in one commit must not spend the same credit."""

    def count(tx):
        return tx.execute(text("SELECT COUNT(*) FROM jobs")).scalar_one()

    async with Writer(database) as writer:
        answers = await writer.gather_behind((note, "one"), (count,), (note, "two"), (count,))

    assert answers == ["one", 1, "two", 2]


async def test_reader_neither_waits_for_the_writer_nor_sees_its_half(database):
    async with Writer(database) as writer:
        before = await database.read(lambda tx: tx.execute(text("SELECT * FROM jobs")).all())
        await writer.gather_behind((note, "one"))

    assert before == []


async def test_caller_that_goes_away_leaves_its_unit_whole(database, path):
    async with Writer(database):
        leaving = asyncio.create_task(database.write(note, "left"))
        await queued(database, 1)
        leaving.cancel()
        await asyncio.gather(leaving, return_exceptions=True)

    await database.write(note, "after")
    assert seen_by_another_program(path) == {"left", "after"}


# --- trouble ----------------------------------------------------------------------------------


async def test_full_queue_refuses_and_harms_nobody_who_waits(path):
    database = Database.open(f"sqlite:///{path}", write_queue_max=2)
    async with Writer(database) as writer:
        waiting = [asyncio.create_task(database.write(note, name)) for name in ("one", "two")]
        await queued(database, 2)
        with pytest.raises(Overloaded):
            await database.write(note, "three")
        with pytest.raises(Overloaded):
            database.write_now(note, "four")
        writer.go.set()
        assert await asyncio.gather(*waiting) == ["one", "two"]
    await database.close()

    assert seen_by_another_program(path) == {"one", "two"}


async def test_locked_database_is_down_until_the_lock_is_gone(impatient, locked, path):
    with pytest.raises(StoreDown) as refusal:
        await impatient.write(note, "early")
    locked.execute("ROLLBACK")
    await impatient.write(note, "late")

    assert "database is locked" in str(refusal.value.__cause__)
    assert seen_by_another_program(path) == {"late"}


async def test_locked_database_is_still_read(impatient, locked):
    assert await impatient.read(lambda tx: tx.execute(text("SELECT 1")).scalar_one()) == 1


async def test_commit_that_fails_keeps_none_of_its_units(database, path):
    """A deferred foreign key is judged by the COMMIT itself."""

    def owe(tx):
        tx.execute(text("PRAGMA defer_foreign_keys = ON"))
        tx.execute(text("INSERT INTO entries (transfer_id) VALUES ('nobody')"))

    async with Writer(database) as writer:
        answers = await writer.gather_behind((note, "one"), (owe,), (note, "two"))

    assert [type(answer) for answer in answers] == [StoreDown] * 3
    assert seen_by_another_program(path) == set()
    assert await database.write(note, "next") == "next"


async def test_disk_that_fills_up_inside_a_unit_keeps_none_of_the_group(database, path):
    """SQLite then rolls everything back: a later unit would begin a transaction of its own."""

    def fill(tx):
        pages = tx.execute(text("PRAGMA page_count")).scalar_one()
        tx.execute(text(f"PRAGMA max_page_count = {pages}"))
        tx.execute(text("INSERT INTO jobs (queue, subject) VALUES ('big', zeroblob(1000000))"))

    async with Writer(database) as writer:
        answers = await writer.gather_behind((note, "one"), (fill,), (note, "two"))

    assert [type(answer) for answer in answers] == [StoreDown] * 3
    assert seen_by_another_program(path) == set()


async def test_damaged_file_is_told_as_the_store_being_down(path):
    with path.open("r+b") as file:
        file.seek(4_096)
        file.write(b"\xff" * (path.stat().st_size - 4_096))
    database = Database.open(f"sqlite:///{path}")
    for ask in (database.read, database.write):
        with pytest.raises(StoreDown):
            await ask(lambda tx: tx.execute(text("SELECT * FROM jobs")))
    await database.close()


async def test_table_that_is_missing_is_told_as_the_store_being_down(database):
    with pytest.raises(StoreDown):
        await database.write(lambda tx: tx.execute(text("SELECT * FROM nowhere")))
    with pytest.raises(StoreDown):
        await database.read(lambda tx: tx.execute(text("SELECT * FROM nowhere")))


async def test_listener_that_raises_does_not_stop_the_writer(database):
    heard = []
    database.after_commit(heard.pop)
    database.after_commit(lambda: heard.append(1))

    await database.write(note, "one")
    await database.close()

    assert heard == [1]


async def test_answer_that_nobody_can_take_does_not_stop_the_writer(database):
    gone = Future()
    gone.cancel()
    database._hand_in(str, gone)

    assert await database.write(note, "one") == "one"


# --- opening and closing ----------------------------------------------------------------------


async def test_what_waits_is_finished_before_closing(database, path):
    async with Writer(database) as writer:
        waiting = asyncio.create_task(database.write(note, "last"))
        await queued(database, 1)
        closing = asyncio.create_task(database.close())
        writer.go.set()
        await closing

    assert await waiting == "last"
    assert seen_by_another_program(path) == {"last"}


async def test_closed_database_answers_that_it_is_down(database):
    await database.close()
    await database.close()  # Twice is harmless.

    with pytest.raises(StoreDown):
        await database.write(note, "one")
    with pytest.raises(StoreDown):
        database.write_now(note, "one")
    with pytest.raises(StoreDown):
        await database.read(note, "one")


@pytest.mark.parametrize("url", ["postgresql://localhost/x", "sqlite:///", "x", ""])
def test_any_other_kind_of_database_is_refused_by_name(url):
    with pytest.raises(SettingsInvalid, match=r"data\.database"):
        Database.open(url)


def test_folder_of_the_database_is_made(tmp_path):
    database = Database.open(f"sqlite:///{tmp_path}/a/b/framegate.db")

    assert database.write_now(lambda tx: tx.execute(text("SELECT 1")).scalar_one()) == 1
    assert (tmp_path / "a/b/framegate.db").exists()
    database.close_now()


@pytest.mark.parametrize("name", ["what?", "50%", "a b", "%2f", "#1"])
def test_folder_may_have_any_name(tmp_path, name):
    """A question mark begins the options of a database URL."""
    database = Database.open(f"sqlite:///{tmp_path / name / 'framegate.db'}")

    database.write_now(lambda tx: tx.execute(text("SELECT 1")).scalar_one())
    database.close_now()

    assert (tmp_path / name / "framegate.db").exists()


def test_plain_insert_writes_its_columns_in_their_order(database):
    write = PlainInsert("price_lists", "version", "terms")
    database.write_now(write, "v1", "it's {}%s?")

    rows = database.read_now(
        lambda tx: tx.exec_driver_sql("SELECT version, terms, created_ms FROM price_lists").all()
    )
    assert [tuple(row) for row in rows] == [("v1", "it's {}%s?", 0)]
