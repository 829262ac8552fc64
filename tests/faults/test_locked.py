"""Another process holds the database's lock: a backup, a shell that somebody forgot."""

import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from faults.trial import IS_LONG, STORE_DOWN, Trial, until

SHORT_S, LONG_S = 1, 60


@pytest.fixture(scope="module")
def trial(tmp_path_factory, selling_vendor):
    with Trial.begun(tmp_path_factory.mktemp("locked"), selling_vendor) as trial:
        yield trial


@pytest.fixture
def beside():
    """Requests that wait, each on a thread."""
    with ThreadPoolExecutor(8) as threads:
        yield threads


@contextmanager
def locked(gate):
    """Nobody else can write while the block runs."""
    holder = sqlite3.connect(gate.data / "framegate.db", isolation_level=None, timeout=20)
    try:
        holder.execute("BEGIN EXCLUSIVE")
        yield
        holder.execute("ROLLBACK")
    finally:
        holder.close()


def test_short_lock_is_waited_for_and_no_order_hears_of_it(trial, beside):
    with locked(trial.gate):
        said = beside.submit(trial.create)
        time.sleep(SHORT_S)  # The fault itself: a lock that lasts this long.
        assert trial.gate.http.get("/healthz").status_code == 200

    assert said.result() == (200, 0)


def test_long_lock_is_refused_with_a_time_to_come_back_and_ends_by_itself(trial, beside):
    """An order was on its way when it began. Its ticket cannot be written down, and without an
    external id nobody can ask for it again: the process keeps it until it can."""
    bought = len(trial.vendor.log.bought())
    trial.vendor.faults.next.add("create", ["hangs"])
    unrecorded = beside.submit(trial.create, is_lost=True)
    until(lambda: len(trial.vendor.log.bought()) > bought)
    began_s = time.monotonic()
    with locked(trial.gate):
        trial.vendor.hanging.release()
        refused = [beside.submit(trial.create) for _ in range(3)]
        ready = beside.submit(trial.gate.http.get, "/readyz")
        assert trial.gate.http.get("/api/account").status_code == 200
        assert [each.result() for each in refused] == [STORE_DOWN] * 3
        assert ready.result().status_code == 503
        assert unrecorded.result() == (504, 5002)
        while IS_LONG and time.monotonic() - began_s < LONG_S:
            assert trial.create() == STORE_DOWN

    trial.is_well_again()
