"""`framegate backup`: a whole folder, from a gateway that works meanwhile, that can be served."""

import sqlite3

from framegate import samples
from processes import Framegate


def film(gate):
    """The id of a finished film of the served gateway."""
    picture = gate.upload(samples.data("dusk"))
    contents = [{"type": "first_frame", "url": picture}]
    settings = {"resolution": "720p", "duration": 3}
    task = gate.created({"contents": contents, "settings": settings})
    assert gate.ended(task)["status"] == "succeed"
    return task


def test_copy_of_a_working_gateway_is_whole_and_can_be_served(shell, tmp_path):
    with Framegate(tmp_path / "live") as gate:
        task = film(gate)
        copy = tmp_path / "copied" / "data"
        done = shell.bare("backup", str(copy), "--data", str(gate.data))
        assert done.exit_code == 0, done.output
        assert "every promise holds" in done.output
    assert {path.name for path in copy.iterdir()} >= {"framegate.db", "videos", "admin.key"}
    assert (copy / "secret.key").read_bytes() == (gate.data / "secret.key").read_bytes()
    assert (copy / "admin.key").stat().st_mode & 0o777 == 0o600
    with Framegate(tmp_path / "copied") as again:
        assert again.audit() == []
        url = again.task(task)["task_result"]["videos"][0]["url"]
        (video,) = (copy / "videos").iterdir()
        assert again.http.get(url).content == video.read_bytes()


def test_folder_that_exists_is_never_written_into(shell, tmp_path):
    shell.json("accounts", "create", "acme")
    (tmp_path / "mine").mkdir()
    done = shell("backup", str(tmp_path / "mine"))
    assert done.exit_code == 2
    assert "exists already" in done.output
    assert list((tmp_path / "mine").iterdir()) == []


def test_copy_that_breaks_a_promise_does_not_get_its_name(shell, tmp_path):
    shell.json("accounts", "create", "acme", "--credit", "5")
    with sqlite3.connect(shell.folder / "framegate.db") as database:
        database.execute("UPDATE accounts SET posted_micros = posted_micros + 1")
    database.close()
    done = shell("backup", str(tmp_path / "copy"))
    assert done.exit_code == 1
    assert "BROKEN" in done.output
    assert not (tmp_path / "copy").exists()
    assert (tmp_path / "copy.partial" / "framegate.db").is_file()


def test_backup_that_died_is_begun_anew(shell, tmp_path):
    shell.json("accounts", "create", "acme")
    left = tmp_path / "copy.partial"
    left.mkdir()
    (left / "framegate.db").write_bytes(b"half")
    assert shell("backup", str(tmp_path / "copy")).exit_code == 0
    assert not left.exists()


def test_folder_of_somebody_else_in_its_way_is_left_alone(shell, tmp_path):
    shell.json("accounts", "create", "acme")
    theirs = tmp_path / "copy.partial" / "thesis.txt"
    theirs.parent.mkdir()
    theirs.write_text("years of work")
    done = shell("backup", str(tmp_path / "copy"))
    assert done.exit_code == 2
    assert "no unfinished backup" in done.output
    assert theirs.read_text() == "years of work"
