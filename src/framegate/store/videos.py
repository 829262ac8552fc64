"""Rows of stored videos: one a task, visible while its file is kept.

`tasks` reads them beside their tasks, flows keep and forget them. The files are `blobs`'.
"""

from typing import Any

from sqlalchemy import Row, insert, select, update

from framegate.domain.task import Task, Video
from framegate.store import schema
from framegate.store.database import Transaction

_videos = schema.videos

COLUMNS = [_videos.c[name].label(f"video_{name}") for name in Video.__dataclass_fields__]
"""A video's columns as `read` finds them, beside those of another table."""


def keep(tx: Transaction, task: Task, video: Video) -> None:
    """Make a stored video visible, in the transaction that ends its task."""
    tx.execute(
        insert(_videos).values(
            id=video.id,
            task_id=task.id,
            account_id=task.account_id,
            output_id=video.output_id,
            bytes_count=video.bytes_count,
            sha256=video.sha256,
            duration=video.duration,
            source_url=video.source_url,
            created_ms=video.created_ms,
        )
    )


def by_id(tx: Transaction, video_id: str) -> Video | None:
    """A video whose file is still kept."""
    row = tx.execute(
        select(*COLUMNS).where(_videos.c.id == video_id, _videos.c.deleted_ms == 0)
    ).one_or_none()
    return read(row) if row else None


def expired(tx: Transaction, *, before_ms: int, rows_max: int) -> list[str]:
    """Ids of kept videos that are older than retention allows."""
    rows = tx.execute(
        select(_videos.c.id)
        .where(_videos.c.deleted_ms == 0, _videos.c.created_ms < before_ms)
        .limit(rows_max)
    )
    return list(rows.scalars())


def forget(tx: Transaction, video_id: str, *, now_ms: int) -> None:
    """Note that a video's file is going: the row goes blind before the file does."""
    tx.execute(update(_videos).where(_videos.c.id == video_id).values(deleted_ms=now_ms))


def kept_ids(tx: Transaction) -> set[str]:
    """Ids of all videos whose files must be there."""
    return set(tx.execute(select(_videos.c.id).where(_videos.c.deleted_ms == 0)).scalars())


def read(row: Row[Any]) -> Video:
    """A video of a row that was selected with `COLUMNS`."""
    cells = row._mapping  # noqa: SLF001 - the documented way to read a row by name
    return Video(**{name: cells[f"video_{name}"] for name in Video.__dataclass_fields__})
