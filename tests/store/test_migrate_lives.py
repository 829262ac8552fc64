"""Step 0004 on a database that has lived: what its rows tell becomes lines, words and usage."""

import json

import pytest
from alembic import command
from alembic.config import Config

from framegate.store import audit, migrate
from framegate.store.database import Database

DAY_MS = 86_400_000
NOW_MS = 20_000 * DAY_MS
BODY = json.dumps(
    {
        "contents": [
            {"type": "prompt", "text": "a cat, \u732b"},
            {"type": "first_frame", "url": "https://cdn.example.com/a.jpg"},
        ]
    }
).encode()


@pytest.fixture
def before(tmp_path):
    """A database at 0001."""
    database = Database.open(f"sqlite:///{tmp_path / 'framegate.db'}")
    config = Config()
    config.set_main_option("script_location", str(migrate.MIGRATIONS))
    with database.engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.commit()
    yield database
    database.close_now()


def add(database, task_id, **changes):
    cells = {
        "id": task_id,
        "account_id": "acc_1",
        "key_id": "key_1",
        "model": "m",
        "resolution": "720p",
        "upstream": "local",
        "body": BODY,
        "duration_s": 5,
        "created_ms": NOW_MS,
        "updated_ms": NOW_MS,
    } | changes
    names, marks = ", ".join(cells), ", ".join("?" * len(cells))
    values = tuple(cells.values())
    database.write_now(
        lambda tx: tx.exec_driver_sql(f"INSERT INTO tasks ({names}) VALUES ({marks})", values)
    )


@pytest.fixture
def upgraded(before):
    def live(tx):
        tx.exec_driver_sql("INSERT INTO accounts (id, name) VALUES ('acc_1', 'a')")

    before.write_now(live)
    add(before, "task_new", status="sending")
    add(
        before, "task_odd", status="uncertain", updated_ms=NOW_MS + 5, body=b"[1", operator_note="?"
    )
    add(before, "task_at_work", status="processing", ticket="7", sent_ms=NOW_MS)
    ends = {"sent_ms": NOW_MS + 1, "ended_ms": NOW_MS + 9, "updated_ms": NOW_MS + 9}
    add(before, "task_paid", status="succeeded", ticket="8", cost_micros=7, **ends)
    add(before, "task_failed", status="failed", ticket="9", message="no face", **ends)
    add(before, "task_refused", status="refused", ended_ms=NOW_MS + 2, operator_note="busy")

    def settle(tx):
        tx.exec_driver_sql(
            "INSERT INTO transfers (id, kind, task_id) VALUES ('trf_1', 'settle', 'task_paid')"
        )
        for ledger, micros in (("acc_1", -560_000), ("house:revenue", 560_000)):
            tx.exec_driver_sql(
                "INSERT INTO entries (transfer_id, ledger, amount_micros) VALUES ('trf_1', ?, ?)",
                (ledger, micros),
            )

    before.write_now(settle)
    migrate.upgrade(before)
    return before


def rows(database, query):
    return database.read_now(lambda tx: [tuple(row) for row in tx.exec_driver_sql(query)])


@pytest.mark.parametrize(
    ("task_id", "lines"),
    [
        ("task_new", [("sending", 0, "", "")]),
        ("task_odd", [("sending", 0, "", ""), ("uncertain", 5, "", "?")]),
        (
            "task_failed",
            [("sending", 0, "", ""), ("submitted", 1, "", ""), ("failed", 9, "no face", "")],
        ),
        ("task_refused", [("sending", 0, "", ""), ("refused", 2, "", "busy")]),
    ],
)
def test_life_is_told_as_far_as_the_columns_tell_it(upgraded, task_id, lines):
    query = f"SELECT status, at_ms - {NOW_MS}, note, operator_note FROM life"
    assert rows(upgraded, f"{query} WHERE task_id = '{task_id}' ORDER BY id") == lines


def test_every_task_is_what_the_last_line_says(upgraded):
    found = upgraded.read_now(audit.run, video_files={})
    assert [each.says for each in found if each.broken and each.promise == 11] == []


def test_words_and_picture_are_read_from_the_bytes(upgraded):
    kept = rows(upgraded, "SELECT text, picture_url FROM prompts WHERE task_id = 'task_new'")
    assert kept == [("a cat, \u732b", "https://cdn.example.com/a.jpg")]


def test_bytes_that_cannot_be_read_have_no_words(upgraded):
    assert rows(upgraded, "SELECT text FROM prompts WHERE task_id = 'task_odd'") == [("",)]


def test_usage_is_what_the_ledger_took(upgraded):
    query = "SELECT day, status, tasks, seconds, spent_micros, cost_micros, costs_known FROM usage"
    assert rows(upgraded, f"{query} ORDER BY status") == [
        ("2024-10-04", "failed", 1, 0, 0, 0, 0),
        ("2024-10-04", "succeeded", 1, 5, 560_000, 7, 1),
    ]
