"""The data folder at its first start and at every later one."""

import shutil
import stat
from contextlib import ExitStack

import pytest

from framegate.errors import SettingsInvalid
from framegate.folder import kept_private, left_while_alive, master_secret, open_folder


def test_folder_is_made_with_those_around_it(tmp_path):
    assert open_folder(str(tmp_path / "a" / "b")) == tmp_path / "a" / "b"
    assert (tmp_path / "a" / "b").is_dir()


def test_folder_is_made_for_its_owner_alone(tmp_path):
    """Prompts, pictures and videos lie in it, and the hash of every key."""
    assert stat.S_IMODE(open_folder(str(tmp_path / "data")).stat().st_mode) == 0o700


def test_folder_that_was_there_keeps_its_mode(tmp_path):
    (tmp_path / "data").mkdir(mode=0o750)
    assert stat.S_IMODE(open_folder(str(tmp_path / "data")).stat().st_mode) == 0o750


def test_folder_that_is_a_file_is_a_clear_error(tmp_path):
    (tmp_path / "data").write_text("")
    with pytest.raises(SettingsInvalid, match=r"data\.dir: .*data cannot be made"):
        open_folder(str(tmp_path / "data"))


def test_secret_is_made_once_and_only_the_owner_reads_it(tmp_path):
    made = master_secret(tmp_path, given="")

    path = tmp_path / "secret.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert bytes.fromhex(path.read_text()) == made
    assert len(made) == 32
    assert master_secret(tmp_path, given="") == made


def test_given_secret_is_taken_and_none_is_made(tmp_path):
    assert master_secret(tmp_path, given="ab" * 32) == b"\xab" * 32
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("secret", ["short", "g" * 64, "0" * 63])
def test_malformed_secret_is_refused_with_its_origin(tmp_path, secret):
    with pytest.raises(SettingsInvalid, match=r"data\.secret must be 64 hexadecimal digits"):
        master_secret(tmp_path, given=secret)
    (tmp_path / "secret.key").write_text(secret)
    with pytest.raises(SettingsInvalid, match=r"secret\.key must be 64 hexadecimal digits"):
        master_secret(tmp_path, given="")


def test_first_secret_of_a_file_is_everybodys_and_nothing_lies_beside_it(tmp_path):
    path = tmp_path / "admin.key"
    (tmp_path / "admin.key.new").write_text("of a start that died")

    assert [kept_private(path, text) for text in ("fg_1", "fg_2")] == ["fg_1", "fg_1"]
    assert path.read_text() == "fg_1\n"
    assert [each.name for each in tmp_path.iterdir()] == ["admin.key"]


def test_what_a_process_leaves_is_its_owners_and_goes_with_it(tmp_path):
    path = tmp_path / "server.url"
    path.write_text("of one that was killed")
    (tmp_path / "server.url.new").write_text("of a start that died")

    with left_while_alive(path, "http://127.0.0.1:1"):
        assert path.read_text() == "http://127.0.0.1:1\n"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert list(tmp_path.iterdir()) == [path]
    assert list(tmp_path.iterdir()) == []


def test_later_process_leaves_its_own_and_the_first_one_does_not_take_it_away(tmp_path):
    path = tmp_path / "server.url"
    with ExitStack() as second:
        with left_while_alive(path, "first"):
            second.enter_context(left_while_alive(path, "second"))
        assert path.read_text() == "second\n"
    assert not path.exists()


def test_folder_that_takes_no_file_stops_nothing(tmp_path):
    with left_while_alive(tmp_path / "missing" / "server.url", "text"):
        assert list(tmp_path.iterdir()) == []


def test_folder_that_is_gone_at_the_end_is_no_trouble(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    with left_while_alive(folder / "server.url", "text"):
        shutil.rmtree(folder)
    assert list(tmp_path.iterdir()) == []
