import hashlib
import os
from pathlib import Path

import pytest

from framegate.store.blobs import COPY_BYTES, ORPHAN_AGE_S_MIN, Blobs, copy, fingerprint

NOW_S = 1_783_065_388.0
FILM = b"\x00\x00\x00\x18ftypmp42 a film"


@pytest.fixture
def blobs(tmp_path):
    return Blobs(tmp_path)


def left(blobs, kind, name, *, age_s):
    """A file that a crash left behind."""
    path = blobs.path(kind, name)
    path.write_bytes(FILM)
    os.utime(path, (NOW_S - age_s, NOW_S - age_s))
    return path


def incoming(blobs, *, age_s=0):
    path = blobs.incoming(".mp4")
    path.write_bytes(FILM)
    os.utime(path, (NOW_S - age_s, NOW_S - age_s))
    return path


@pytest.mark.parametrize(
    ("kind", "name"),
    [("videos", "vid_1.mp4"), ("images", "img_1"), ("renders", "7831.mp4")],
)
def test_published_file_lies_under_its_kind_and_id(blobs, tmp_path, kind, name):
    path = blobs.keep(kind, Path(name).stem, FILM)

    assert path == tmp_path / kind / name
    assert path.read_bytes() == FILM


def test_file_that_is_not_published_is_no_blob(blobs):
    incoming(blobs)

    assert blobs.lengths("videos") == {}


def test_published_file_leaves_no_temporary_one(blobs, tmp_path):
    blobs.publish("videos", "vid_1", incoming(blobs))
    blobs.keep("images", "img_1", FILM)

    assert list((tmp_path / "incoming").iterdir()) == []
    assert blobs.lengths("videos") == {"vid_1": len(FILM)}


def test_temporary_names_do_not_repeat_and_share_the_file_system(blobs, tmp_path):
    names = {blobs.incoming() for _ in range(100)}

    assert len(names) == 100
    assert all(name.parent.stat().st_dev == (tmp_path / "videos").stat().st_dev for name in names)


def test_write_that_fails_leaves_nothing_at_all(blobs, tmp_path):
    """The name is taken by a folder, so the rename is refused."""
    blobs.path("images", "img_1").mkdir()

    with pytest.raises(OSError, match="img_1"):
        blobs.keep("images", "img_1", FILM)

    assert list((tmp_path / "incoming").iterdir()) == []


def test_file_that_vanished_before_it_was_published_is_no_blob(blobs):
    with pytest.raises(FileNotFoundError):
        blobs.publish("videos", "vid_1", blobs.incoming())

    assert blobs.lengths("videos") == {}


def test_removing_twice_is_harmless(blobs):
    blobs.keep("videos", "vid_1", FILM)

    blobs.remove("videos", "vid_1")
    blobs.remove("videos", "vid_1")

    assert blobs.lengths("videos") == {}


# --- what crashes leave -----------------------------------------------------------------------


def test_old_file_without_a_row_is_swept_and_named(blobs):
    left(blobs, "videos", "vid_1", age_s=ORPHAN_AGE_S_MIN + 1)

    assert blobs.sweep("videos", known=set(), now_s=NOW_S) == ["vid_1.mp4"]
    assert blobs.lengths("videos") == {}


def test_young_file_without_a_row_may_be_on_its_way_to_one(blobs):
    left(blobs, "videos", "vid_1", age_s=ORPHAN_AGE_S_MIN)

    assert blobs.sweep("videos", known=set(), now_s=NOW_S) == []
    assert blobs.lengths("videos") == {"vid_1": len(FILM)}


@pytest.mark.parametrize("kind", ["videos", "images", "renders"])
def test_file_with_a_row_stays_however_old_it_is(blobs, kind):
    left(blobs, kind, "one_1", age_s=10**8)

    assert blobs.sweep(kind, known={"one_1"}, now_s=NOW_S) == []


def test_sweep_of_one_kind_leaves_the_others(blobs):
    left(blobs, "images", "img_1", age_s=10**8)

    assert blobs.sweep("videos", known=set(), now_s=NOW_S) == []


def test_old_temporary_files_are_swept_and_young_ones_are_being_written(blobs):
    old, young = incoming(blobs, age_s=ORPHAN_AGE_S_MIN + 1), incoming(blobs)

    assert blobs.sweep("videos", known={old.stem}, now_s=NOW_S) == [old.name]
    assert young.exists()


def test_half_written_name_in_a_folder_of_blobs_is_swept(blobs, tmp_path):
    """A copy that somebody began by hand; its stem is not the video's id."""
    blobs.keep("videos", "vid_1", FILM)
    half = tmp_path / "videos" / "vid_1.mp4.part"
    half.write_bytes(b"h")
    os.utime(half, (0, 0))

    assert blobs.sweep("videos", known={"vid_1"}, now_s=NOW_S) == ["vid_1.mp4.part"]


def test_file_that_goes_while_the_folder_is_read_disturbs_nobody(blobs, tmp_path):
    """A link to nothing is listed and cannot be looked at: like one that was just removed."""
    for folder in ("videos", "incoming"):
        (tmp_path / folder / "gone").symlink_to(tmp_path / "nowhere")
    blobs.keep("videos", "vid_1", FILM)

    assert blobs.lengths("videos") == {"vid_1": len(FILM)}
    assert blobs.sweep("videos", known={"vid_1"}, now_s=NOW_S) == []


# --- copies -----------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [0, 1, COPY_BYTES, COPY_BYTES + 1])
def test_copy_says_length_and_hash_of_what_it_wrote(tmp_path, length):
    content = b"x" * length
    (tmp_path / "from").write_bytes(content)

    said = copy(tmp_path / "from", tmp_path / "to")

    assert said == (length, hashlib.sha256(content).hexdigest()) == fingerprint(tmp_path / "to")
    assert (tmp_path / "to").read_bytes() == content


def test_copy_does_not_write_over_anything(tmp_path):
    (tmp_path / "from").write_bytes(b"new")
    (tmp_path / "to").write_bytes(b"old")

    with pytest.raises(FileExistsError):
        copy(tmp_path / "from", tmp_path / "to")
    assert (tmp_path / "to").read_bytes() == b"old"
