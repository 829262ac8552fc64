from dataclasses import replace

import pytest
from sqlalchemy.exc import IntegrityError

from fakes.rows import NOW_MS, a_video, accept, begin, move, new_account
from framegate.domain.task import TaskStatus
from framegate.store import tasks, videos


@pytest.fixture
def account(tx):
    return new_account(tx, is_unlimited=True)


@pytest.fixture
def filmed(tx, account):
    task = move(tx, accept(tx, begin(tx, account.id)), TaskStatus.SUCCEEDED)
    videos.keep(tx, task, a_video())
    return task


def test_video_comes_with_its_task_and_by_its_own_id(tx, filmed):
    assert tasks.by_id(tx, filmed.id) == replace(filmed, video=a_video())
    assert videos.by_id(tx, "vid_1") == a_video()
    assert videos.kept_ids(tx) == {"vid_1"}


def test_forgotten_video_is_gone_and_its_task_stays(tx, filmed):
    videos.forget(tx, "vid_1", now_ms=NOW_MS + 9)

    assert videos.by_id(tx, "vid_1") is None
    assert videos.kept_ids(tx) == set()
    assert tasks.by_id(tx, filmed.id) == filmed


def test_videos_expire_by_age_and_only_once(tx, filmed):
    made_ms = a_video().created_ms

    assert videos.expired(tx, before_ms=made_ms, rows_max=9) == []
    assert videos.expired(tx, before_ms=made_ms + 1, rows_max=9) == ["vid_1"]
    videos.forget(tx, "vid_1", now_ms=made_ms)
    assert videos.expired(tx, before_ms=made_ms + 1, rows_max=9) == []


def test_task_has_one_video(tx, filmed):
    with pytest.raises(IntegrityError, match="UNIQUE"):
        videos.keep(tx, filmed, a_video("vid_2"))
