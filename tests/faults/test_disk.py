"""The disk fails under a running gateway, and works again: nobody restarts anything."""

import errno

import pytest

from faults.shim import Call
from faults.trial import IS_LONG, STORE_DOWN, Trial, until

WHOLE_DISK = Call.WRITE | Call.SYNC | Call.RENAME | Call.OPEN | Call.UNLINK
DATABASE = "framegate.db"

DATABASE_FAULTS = {
    "EIO on write": (Call.WRITE, errno.EIO),
    "EIO on fsync": (Call.SYNC, errno.EIO),
    "ENOSPC on write": (Call.WRITE, errno.ENOSPC),
    "EDQUOT on write": (Call.WRITE, errno.EDQUOT),
    "EIO on read": (Call.READ, errno.EIO),
}
BLOB_FAULTS = {
    "ENOSPC on write": (Call.WRITE, errno.ENOSPC),
    "EIO on fsync": (Call.SYNC, errno.EIO),
}
if IS_LONG:
    BLOB_FAULTS |= {
        "EIO on write": (Call.WRITE, errno.EIO),
        "EIO on rename": (Call.RENAME, errno.EIO),
        "ENOSPC on open": (Call.OPEN, errno.ENOSPC),
    }


@pytest.fixture(scope="module")
def trial(tmp_path_factory, selling_vendor, shim):
    """One process for all of these: it outlives every fault."""
    with Trial.begun(tmp_path_factory.mktemp("disk"), selling_vendor, **shim.environment) as trial:
        yield trial


def test_database_whose_disk_fails_refuses_and_goes_on_when_it_works_again(trial, shim):
    for name, (calls, number) in DATABASE_FAULTS.items():
        trial.create()
        with shim.failing(calls, number=number, path=DATABASE):
            if calls != Call.READ:  # What is read often is in memory.
                trial.is_refused()
                assert trial.gate.http.get("/readyz").status_code == 503, name
            until(lambda: shim.hits or trial.create())
        trial.is_taken_again()
    trial.is_well_again()


def test_files_whose_disk_fails_refuse_uploads_and_keep_videos_waiting(trial, shim):
    for calls, number in BLOB_FAULTS.values():
        with shim.failing(calls, number=number, path="/incoming/"):
            answer = trial.upload()
            assert (answer.status_code, answer.json()["code"]) == STORE_DOWN
            assert int(answer.headers["Retry-After"]) >= 1
            met = shim.hits
            assert trial.create() == (200, 0)
            until(lambda met=met: shim.hits > met)
        trial.is_taken_again()
    trial.is_well_again()
    assert list((trial.gate.data / "incoming").iterdir()) == []


def test_folder_that_becomes_read_only_refuses_and_goes_on_when_it_is_writable(trial, shim):
    """As a file system does that remounts itself after an error."""
    trial.create()
    with shim.failing(WHOLE_DISK, number=errno.EROFS, path=str(trial.gate.data)):
        trial.is_refused()
        assert trial.upload().status_code == 503
        assert shim.hits
    trial.is_well_again()
