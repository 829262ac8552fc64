"""Real disks of a few megabytes that are full, and a real render that has to wait for one."""

import shutil
import subprocess
from contextlib import ExitStack, contextmanager

import pytest

from fakes.drawn import picture
from faults.conftest import skip_loudly
from faults.trial import until
from processes import Framegate

DISK_MB = 8
LOCAL = """
[upstreams.local]
kind = "local"
"""


@contextmanager
def small_disk(folder):
    """A tmpfs that takes DISK_MB, mounted on a new folder."""
    if shutil.which("mount") is None:
        skip_loudly("there is no mount command")
    folder.mkdir()
    what = ["-t", "tmpfs", "-o", f"size={DISK_MB}m,mode=700", "framegate-test"]
    mounted = subprocess.run(["mount", *what, folder], capture_output=True, text=True, check=False)
    if mounted.returncode:
        skip_loudly(f"a small disk cannot be mounted: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@contextmanager
def filled(folder):
    """Not a byte is free while the block runs."""
    ballast = folder / "ballast"
    try:
        with ballast.open("wb", buffering=0) as file:
            for size in (1 << 16, 1 << 12, 1):
                fill(file, bytes(size))
        yield
    finally:
        ballast.unlink()


def fill(file, piece):
    try:
        while file.write(piece):
            pass
    except OSError:
        return


@pytest.fixture
def disks(tmp_path):
    with ExitStack() as mounted:
        yield [mounted.enter_context(small_disk(tmp_path / name)) for name in ("files", "rows")]


@pytest.fixture
def gate(disks):
    """Its files and its log are on one disk, its database is on the other."""
    files, rows = disks
    database = f"sqlite:///{rows / 'framegate.db'}"
    with Framegate(files, config=LOCAL, FRAMEGATE_DATA_DATABASE=database) as gate:
        gate.database = rows / "framegate.db"
        yield gate


def order(link):
    return {"contents": [{"type": "first_frame", "url": link}], "settings": {"duration": 3}}


def test_full_disks_refuse_what_they_cannot_keep_and_everything_goes_on_when_there_is_room(
    gate, disks
):
    files, rows = disks
    link, pid = gate.upload(picture(300, 300)), gate.pid
    with filled(files):
        waiting = gate.created(order(link))
        # The render has begun, and again: its picture cannot be copied, its video not be written.
        gate.until(lambda: gate.rows("SELECT 1 FROM jobs WHERE failures > 1"), len)
        answer = gate.http.post("/api/images", content=picture(300, 300))
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
        assert gate.http.get(link).status_code == 200
        with filled(rows):
            gate.until(lambda: gate.create(order(link)).status_code, lambda status: status == 503)
            assert gate.http.get("/readyz").status_code == 503
        until(lambda: gate.http.get("/readyz").status_code == 200)

    assert gate.ended(waiting)["status"] == "succeed"
    assert gate.ended(gate.created(order(link)))["status"] == "succeed"
    assert {row[0] for row in gate.rows("SELECT tries FROM renders")} == {1}
    assert (gate.audit(), gate.pid) == ([], pid)


def test_start_on_a_read_only_disk_is_refused_with_its_name_and_goes_well_once_it_is_writable(
    tmp_path,
):
    with small_disk(tmp_path / "disk") as disk:
        gate = Framegate(tmp_path, FRAMEGATE_DATA_DIR=str(disk / "data"))
        gate.data = disk / "data"
        try:
            gate.start().stop()
            remounted(disk, "ro")
            with pytest.raises(AssertionError, match=r"data\.dir: .*/data is not writable"):
                gate.start()
            remounted(disk, "rw")
            assert gate.start().http.get("/readyz").status_code == 200
        finally:
            gate.__exit__()


def remounted(disk, how):
    subprocess.run(["mount", "-o", f"remount,{how}", disk], check=True)
