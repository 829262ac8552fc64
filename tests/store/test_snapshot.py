"""A snapshot is one moment of a database, taken while others write."""

import threading

import pytest

from framegate.errors import StoreDown
from framegate.store import accounts
from framegate.store.database import Database
from framegate.store.snapshot import snapshot

PAIRS = 200


def two_accounts(tx, number):
    """A transaction whose half nobody may ever see."""
    for half in ("left", "right"):
        accounts.create_account(tx, name=f"{half}-{number}", is_unlimited=False, now_ms=1)


def names(path):
    copy = Database.open(f"sqlite:///{path}")
    try:
        return [account.name for account in copy.read_now(accounts.all_accounts)]
    finally:
        copy.close_now()


def test_copy_has_what_was_committed(database, tmp_path):
    database.write_now(two_accounts, 1)
    snapshot(database, tmp_path / "copy.db")
    assert sorted(names(tmp_path / "copy.db")) == ["left-1", "right-1"]


def test_copy_is_of_one_moment_while_others_write(database, tmp_path):
    begun = threading.Event()

    def write():
        for number in range(PAIRS):
            database.write_now(two_accounts, number)
            begun.set()

    writer = threading.Thread(target=write)
    writer.start()
    begun.wait()
    for number in range(5):
        snapshot(database, tmp_path / f"{number}.db")
    writer.join()
    for number in range(5):
        found = names(tmp_path / f"{number}.db")
        lefts = {name.removeprefix("left-") for name in found if name.startswith("left")}
        rights = {name.removeprefix("right-") for name in found if name.startswith("right")}
        assert lefts == rights
        assert lefts == {str(each) for each in range(len(lefts))}


def test_copy_is_one_file(database, tmp_path):
    (tmp_path / "to").mkdir()
    snapshot(database, tmp_path / "to" / "copy.db")
    assert [path.name for path in (tmp_path / "to").iterdir()] == ["copy.db"]


def test_nothing_is_written_over(database, tmp_path):
    (tmp_path / "mine").write_bytes(b"mine")
    with pytest.raises(FileExistsError):
        snapshot(database, tmp_path / "mine")
    assert (tmp_path / "mine").read_bytes() == b"mine"


def test_place_that_cannot_be_written_is_said(database, tmp_path):
    with pytest.raises(StoreDown):
        snapshot(database, tmp_path / "nowhere" / "copy.db")
