import sqlite3
import subprocess
import sys

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect
from sqlalchemy.exc import OperationalError

from framegate.domain.delivery import DeliveryStatus
from framegate.domain.health import Breaker
from framegate.errors import SettingsInvalid, StoreError
from framegate.store import deliveries, migrate, schema, upstreams
from framegate.store.database import Database

TABLES = sorted(schema.metadata.tables)


@pytest.fixture
def declared():
    """The same tables, made straight from the declarations."""
    engine = create_engine("sqlite://")
    schema.metadata.create_all(engine)
    yield inspect(engine)
    engine.dispose()


@pytest.fixture
def built(database):
    return inspect(database.engine)


QUESTIONS = (
    "get_columns",
    "get_pk_constraint",
    "get_check_constraints",
    "get_unique_constraints",
    "get_indexes",
    "get_foreign_keys",
)


def answers(inspector, table):
    """Everything that can be asked of a table, as text: types and WHEREs are objects."""
    return {
        question: sorted(map(str, plain(getattr(inspector, question)(table))))
        for question in QUESTIONS
    }


def plain(answer):
    if isinstance(answer, dict):
        return {name: plain(value) for name, value in answer.items()}.items()
    if isinstance(answer, list):
        return [plain(each) for each in answer]
    return str(answer)


def test_alembic_sees_no_difference(database):
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, schema.metadata) == []


def test_tables_are_those_that_are_declared(built):
    assert sorted(built.get_table_names()) == sorted([*TABLES, "alembic_version"])


@pytest.mark.parametrize("table", TABLES)
def test_every_column_constraint_and_index_is_there(built, declared, table):
    """Alembic's own comparison looks at no CHECK, no default and no WHERE of an index."""
    assert answers(built, table) == answers(declared, table)


def test_partial_indexes_are_partial(database):
    rows = database.read_now(
        lambda tx: tx.exec_driver_sql(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql LIKE '%WHERE%'"
        ).all()
    )

    wheres = {row.name: row.sql.partition("WHERE ")[2] for row in rows}
    assert wheres == {
        "ix_tasks_open": "ended_ms = 0",
        "ix_tasks_uncertain": "status = 'uncertain'",
        "uq_tasks_external": "external_task_id <> '' AND status <> 'refused'",
        "ix_holds_open": "state = 'open'",
        "ix_deliveries_open": "ended_ms = 0",
        "ix_renders_running": "status = 'processing'",
        "ix_jobs_rank": "owner <> ''",
        "ix_jobs_owner_rank": "owner <> ''",
    }


def test_the_ledger_has_its_four_triggers(database):
    names = database.read_now(
        lambda tx: (
            tx.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            .scalars()
            .all()
        )
    )

    assert sorted(names) == [
        "entries_no_delete",
        "entries_no_update",
        "transfers_no_delete",
        "transfers_no_update",
    ]


def test_steps_are_those_that_alembic_finds_and_in_its_order():
    config = Config()
    config.set_main_option("script_location", str(migrate.MIGRATIONS))
    newest_first = ScriptDirectory.from_config(config).walk_revisions()

    assert migrate.steps() == [step.revision for step in newest_first][::-1]


def test_a_start_with_nothing_to_do_does_not_load_alembic(tmp_path):
    program = (
        "import sys; from framegate.store import migrate; from framegate.store.database import "
        "Database; migrate.upgrade(Database.open(sys.argv[1])); print('alembic' in sys.modules)"
    )

    def loads_alembic():
        command = [sys.executable, "-c", program, f"sqlite:///{tmp_path / 'framegate.db'}"]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    assert [loads_alembic(), loads_alembic()] == ["True", "False"]


def test_upgrading_twice_changes_nothing(database):
    def dump():
        return database.read_now(
            lambda tx: tx.exec_driver_sql("SELECT name, sql FROM sqlite_master").all()
        )

    before = dump()
    migrate.upgrade(database)

    assert dump() == before


def test_database_of_a_newer_version_is_refused_and_left_as_it_is(database, path):
    with sqlite3.connect(path) as other:
        other.execute("UPDATE alembic_version SET version_num = '9999'")
    other.close()

    with pytest.raises(SettingsInvalid, match=r"newer framegate .*at 9999"):
        migrate.upgrade(database)

    rows = database.read_now(
        lambda tx: tx.exec_driver_sql("SELECT version_num FROM alembic_version").scalars().all()
    )
    assert rows == ["9999"]


def test_upgrade_that_fails_half_way_leaves_nothing_of_it(tmp_path):
    """The next start finds the database as it was and can try again."""
    path = tmp_path / "framegate.db"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE videos (id TEXT)")
    other.close()
    database = Database.open(f"sqlite:///{path}")

    with pytest.raises(OperationalError, match="table videos already exists"):
        migrate.upgrade(database)

    assert inspect(database.engine).get_table_names() == ["videos"]
    database.close_now()


def test_standing_is_seen_without_changing_the_file(tmp_path):
    path = tmp_path / "a folder? with #marks" / "framegate.db"
    path.parent.mkdir()
    sqlite3.connect(path).close()
    assert migrate.standing(path).current == ""
    assert path.read_bytes() == b""
    database = Database.open(f"sqlite:///{path}")
    migrate.upgrade(database)
    database.close_now()
    seen = migrate.standing(path)
    assert (seen.current, seen.is_known) == (seen.newest, True)


def test_standing_of_what_is_no_database_is_a_sentence(tmp_path):
    path = tmp_path / "framegate.db"
    path.write_bytes(b"no database" * 1_000)
    with pytest.raises(StoreError, match="not readable as a database"):
        migrate.standing(path)


def test_counters_of_the_second_step_are_those_that_the_holds_say(tmp_path):
    """A limit that is set after the upgrade counts what ran and was paid before it."""
    database = Database.open(f"sqlite:///{tmp_path / 'framegate.db'}")
    config = Config()
    config.set_main_option("script_location", str(migrate.MIGRATIONS))
    with database.engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        for statement in (
            "INSERT INTO accounts (id, name) VALUES ('acc_a', 'a'), ('acc_idle', 'idle')",
            (
                "INSERT INTO keys (id, account_id, sha256) VALUES ('key_1', 'acc_a', 'x'), "
                "('key_idle', 'acc_idle', 'y')"
            ),
            *(
                f"INSERT INTO tasks (id, account_id, key_id, body) VALUES "
                f"('{state}', 'acc_a', 'key_1', x'')"
                for state in ("open", "settled", "released")
            ),
            (
                "INSERT INTO holds (task_id, account_id, amount_micros, state) VALUES "
                "('open', 'acc_a', 1, 'open'), ('settled', 'acc_a', 10, 'settled'), "
                "('released', 'acc_a', 100, 'released')"
            ),
            "INSERT INTO renders (id, task_id, account_id) VALUES ('1', 'open', 'acc_a')",
            "INSERT INTO jobs (queue, subject) VALUES ('render', '1'), ('track', 'open')",
        ):
            connection.exec_driver_sql(statement)
        connection.commit()

    migrate.upgrade(database)

    def rows(query):
        return database.read_now(lambda tx: tx.exec_driver_sql(query).all())

    assert rows("SELECT id, in_flight FROM accounts") == [("acc_a", 1), ("acc_idle", 0)]
    assert rows("SELECT id, in_flight, spent_micros FROM keys") == [
        ("key_1", 1, 11),
        ("key_idle", 0, 0),
    ]
    assert rows("SELECT DISTINCT key_id FROM holds") == [("key_1",)]
    assert rows("SELECT queue, owner FROM jobs ORDER BY queue") == [
        ("render", "acc_a"),
        ("track", ""),
    ]
    database.close_now()


def test_an_older_database_keeps_what_it_knows_and_gains_what_is_new(tmp_path):
    database = Database.open(f"sqlite:///{tmp_path / 'framegate.db'}")
    config = Config()
    config.set_main_option("script_location", str(migrate.MIGRATIONS))
    with database.engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.exec_driver_sql(
            "INSERT INTO upstreams (name, breaker, failures) VALUES ('kling', 'open', 3)"
        )
        connection.commit()
    migrate.upgrade(database)
    health = database.read_now(upstreams.health_of, ["kling"])["kling"]
    assert (health.breaker, health.failures, health.paused_ms) == (Breaker.OPEN, 3, 0)
    database.close_now()


def test_delivery_of_before_was_sent_again_by_nobody(tmp_path):
    database = Database.open(f"sqlite:///{tmp_path / 'framegate.db'}")
    config = Config()
    config.set_main_option("script_location", str(migrate.MIGRATIONS))
    with database.engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0005")
        connection.exec_driver_sql("INSERT INTO accounts (id, name) VALUES ('acc_1', 'a')")
        connection.exec_driver_sql(
            "INSERT INTO tasks (id, account_id, body) VALUES ('task_1', 'acc_1', x'7b7d')"
        )
        connection.exec_driver_sql(
            "INSERT INTO deliveries (id, account_id, task_id, event, status)"
            " VALUES ('msg_1', 'acc_1', 'task_1', 'task.failed', 'failed')"
        )
        connection.commit()
    migrate.upgrade(database)
    (told,) = database.read_now(deliveries.page, "acc_1", status=DeliveryStatus.FAILED, rows_max=9)
    assert (told.delivery.resent_ms, told.delivery.resent_by) == (0, "")
    database.close_now()
