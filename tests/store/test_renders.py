from dataclasses import replace

import pytest
from sqlalchemy.exc import IntegrityError

from fakes.plans import plan_of
from fakes.rows import NOW_MS, accept, begin, move, new_account
from framegate.domain.task import TaskStatus
from framegate.domain.upstream import RenderStatus
from framegate.store import renders
from framegate.store.renders import RenderRow


@pytest.fixture
def task(tx):
    return begin(tx, new_account(tx, is_unlimited=True).id)


@pytest.fixture
def render(tx, task):
    row = a_render(task)
    renders.begin(tx, row)
    return row


def a_render(task, render_id="783165388949111111"):
    return RenderRow(
        id=render_id,
        task_id=task.id,
        account_id=task.account_id,
        status=RenderStatus.SUBMITTED,
        message="",
        picture_url="https://cdn.example.com/a.jpg",
        prompt="push in",
        resolution="720p",
        duration_s=5,
        seed=7,
        tries=0,
        stage="",
        frames_done=0,
        frames_total=0,
        file="",
        sha256="",
        bytes_count=0,
        duration_ms=0,
        created_ms=NOW_MS,
        updated_ms=NOW_MS,
    )


def test_render_is_read_back_by_its_ticket_and_by_its_task(tx, task, render):
    assert renders.by_id(tx, render.id) == render
    assert renders.by_task(tx, task.id) == render
    assert renders.by_id(tx, "0") is None
    assert renders.by_task(tx, "task_0") is None


def test_task_is_rendered_once(tx, task, render):
    with pytest.raises(IntegrityError, match="UNIQUE"):
        renders.begin(tx, a_render(task, "783165388949111112"))


def test_change_is_written_while_the_render_runs(tx, render):
    assert renders.change(tx, render, now_ms=NOW_MS + 1, status="processing", tries=1)
    assert renders.change(tx, render, now_ms=NOW_MS + 2, stage="depth")

    assert renders.by_id(tx, render.id) == replace(
        render, status=RenderStatus.PROCESSING, tries=1, stage="depth", updated_ms=NOW_MS + 2
    )


@pytest.mark.parametrize("end", [RenderStatus.SUCCEEDED, RenderStatus.FAILED])
def test_ended_render_does_not_change_its_mind(tx, render, end):
    renders.change(tx, render, now_ms=NOW_MS, status=end.value)
    ended = renders.by_id(tx, render.id)

    assert not renders.change(tx, render, now_ms=NOW_MS + 1, status="processing")
    assert renders.by_id(tx, render.id) == ended


def test_file_is_kept_until_its_task_has_ended(tx, task, render):
    """A crash between render and copy must find the film again."""
    renders.change(tx, render, now_ms=NOW_MS, file=f"{render.id}.mp4")
    assert renders.handed_over(tx, rows_max=9) == []
    assert renders.kept_ids(tx) == {render.id}

    move(tx, accept(tx, task), TaskStatus.SUCCEEDED)
    assert renders.handed_over(tx, rows_max=9) == [render.id]


def test_dropped_file_is_asked_for_no_more(tx, task, render):
    renders.change(tx, render, now_ms=NOW_MS, status="succeeded", file=f"{render.id}.mp4")
    move(tx, accept(tx, task), TaskStatus.SUCCEEDED)

    renders.drop_file(tx, render.id)

    assert renders.handed_over(tx, rows_max=9) == []
    assert renders.kept_ids(tx) == set()


# --- what an upstream was given ---------------------------------------------------------------


def listed(tx, *, upstream="local", between_ms=(NOW_MS, NOW_MS), status=None, rows_max=9):
    found = renders.listed(
        tx, upstream=upstream, between_ms=between_ms, status=status, rows_max=rows_max
    )
    return [row.id for row in found]


def a_later_one(tx, **facts):
    other = begin(tx, new_account(tx, "other", is_unlimited=True).id, **facts)
    row = replace(a_render(other, "783165388949111112"), created_ms=NOW_MS + 1)
    renders.begin(tx, row)
    return row


def test_renders_are_listed_newest_first_between_two_moments(tx, render):
    later = a_later_one(tx)
    assert listed(tx, between_ms=(NOW_MS, NOW_MS + 1)) == [later.id, render.id]
    assert listed(tx, between_ms=(NOW_MS, NOW_MS + 1), rows_max=1) == [later.id]
    assert listed(tx) == [render.id]


def test_renders_of_one_status_are_listed(tx, render):
    assert listed(tx, status=RenderStatus.SUBMITTED) == [render.id]
    assert listed(tx, status=RenderStatus.FAILED) == []


def test_another_renderers_are_not_listed(tx, render):
    later = a_later_one(tx, upstream="second")
    both = (NOW_MS, NOW_MS + 1)
    assert listed(tx, upstream="second", between_ms=both) == [later.id]
    assert listed(tx, between_ms=both) == [render.id]


def test_a_list_walks_along_the_index_of_times(database):
    steps = plan_of(
        database,
        renders.listed,
        upstream="local",
        between_ms=(1, 2),
        status=None,
        rows_max=9,
    )
    assert "SEARCH renders USING INDEX ix_renders_created_ms" in steps[0]
    assert not [step for step in steps if step.startswith("SCAN")]
