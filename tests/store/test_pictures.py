import pytest

from framegate.store import pictures
from framegate.store.pictures import PictureRow

PICTURE = PictureRow(
    id="img_1",
    account_id="acc_1",
    format="jpeg",
    width=1280,
    height=720,
    bytes_count=9,
    sha256="00",
    created_ms=1_000,
)


@pytest.fixture(autouse=True)
def kept(tx):
    pictures.keep(tx, PICTURE)


def test_picture_is_read_back_as_it_was_kept(tx):
    assert pictures.by_id(tx, "img_1") == PICTURE
    assert pictures.by_id(tx, "img_2") is None
    assert pictures.kept_ids(tx) == {"img_1"}


def test_picture_expires_by_age(tx):
    assert pictures.expired(tx, before_ms=1_000, rows_max=9) == []
    assert pictures.expired(tx, before_ms=1_001, rows_max=9) == ["img_1"]
    assert pictures.expired(tx, before_ms=1_001, rows_max=0) == []


def test_forgotten_picture_is_gone_for_everybody(tx):
    pictures.forget(tx, "img_1", now_ms=2_000)

    assert pictures.by_id(tx, "img_1") is None
    assert pictures.kept_ids(tx) == set()
    assert pictures.expired(tx, before_ms=9_999, rows_max=9) == []
