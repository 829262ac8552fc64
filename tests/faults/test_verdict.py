"""The count of a crash run can fail: each loss is seen when it is there."""

from collections import Counter
from dataclasses import replace
from random import Random

import pytest

from faults import verdict
from faults.clients import Book, Promise
from faults.receiver import CALLBACK, HOOKS, Receiver
from faults.verdict import LOSSES, Figures

PROMISE = Promise(
    mark="1-1", key="key-1-1", task_id="task_1", body_sha256="aa", status=200, has_callback=True
)
TASK = verdict._Task(
    id="task_1", ticket="77", status="succeeded", body_sha256="aa", upstream="vendor", mark="1-1"
)
CLEAN = Figures(
    **dict.fromkeys(
        set(Figures.__dataclass_fields__)
        - {"commit", "http_statuses", "statuses", "crash_points", "examples"},
        0,
    ),
    commit="",
)


@pytest.fixture
def receiver(tmp_path):
    return Receiver(tmp_path / "told.jsonl", Random(1))


def test_clean_run_has_no_losses():
    assert CLEAN.losses == {}
    assert "must be 0" not in CLEAN.table()


@pytest.mark.parametrize("name", LOSSES)
def test_any_loss_is_shown_and_marked(name):
    found = replace(CLEAN, **{name: 1})
    assert found.losses == {name: 1}
    assert f"{name:24} 1  <-- must be 0" in found.table()


@pytest.mark.parametrize(
    "tasks",
    [
        {},
        {"task_1": replace(TASK, status="refused")},
        {"task_1": replace(TASK, body_sha256="bb")},
    ],
    ids=["gone", "refused after all", "other bytes"],
)
def test_acknowledged_task_is_lost_when_it_is(tasks):
    assert verdict._is_lost(PROMISE, tasks)
    assert not verdict._is_lost(PROMISE, {"task_1": TASK})


@pytest.mark.parametrize(
    ("told", "missing"),
    [
        ({HOOKS: {"77"}, CALLBACK: {"77"}}, []),
        ({HOOKS: {"task_1"}, CALLBACK: {"77"}}, []),
        ({HOOKS: {"77"}, CALLBACK: set()}, ["1-1 at /callback"]),
        ({HOOKS: set(), CALLBACK: {"77"}}, ["1-1 at /hooks"]),
    ],
)
def test_receiver_that_was_not_told_is_missed(receiver, told, missing):
    receiver.told = told
    assert list(verdict._untold([PROMISE], {"task_1": TASK}, receiver)) == missing


def test_order_that_was_made_twice_is_seen():
    assert verdict._repeated(Counter({"1-1": 2, "1-2": 1}).elements()) == ["1-1"]


def test_repeat_that_names_another_task_is_seen(tmp_path):
    book = Book(tmp_path / "promises.jsonl")
    for task_id in ("task_1", "task_1", "task_2"):
        book.keep(replace(PROMISE, task_id=task_id))
    assert book.changed == ["1-1"]
    assert len(book.journal.read_text().splitlines()) == 1
