"""Rows of the embedded renderer: what it was asked for and how far it is.

Only `upstreams/local` and `upstreams/films` read and write them. They lie in the same database as
the tasks, so that taking an order joins the task's own transaction and is never uncertain.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, bindparam, insert, literal, select, update

from framegate.domain.upstream import RenderStatus
from framegate.store import schema
from framegate.store.database import Transaction

_renders = schema.renders

# Built once (decision 12).
_BEGIN = insert(_renders)
_BY_ID = select(_renders).where(_renders.c.id == bindparam("render_id"))
_BY_TASK = select(_renders).where(_renders.c.task_id == bindparam("of_task"))
# The words of the partial index, so that SQLite knows that it applies.
_RUNNING = select(_renders).where(
    _renders.c.status == literal(RenderStatus.PROCESSING.value, literal_execute=True)
)
_CHANGE = update(_renders).where(
    _renders.c.id == bindparam("render_id"),
    _renders.c.status.in_([RenderStatus.SUBMITTED.value, RenderStatus.PROCESSING.value]),
)


# An expression, not the column: the list walks along the renders' own times, whichever index of the
# tasks looks as good.
_UPSTREAM_ASIDE = schema.tasks.c.upstream.concat("")


@dataclass(frozen=True, kw_only=True)
class RenderRow:
    """One render. Times are Unix milliseconds."""

    id: str
    task_id: str
    account_id: str
    status: RenderStatus
    message: str
    picture_url: str
    prompt: str
    resolution: str
    duration_s: int
    seed: int
    tries: int
    stage: str
    frames_done: int
    frames_total: int
    file: str
    sha256: str
    bytes_count: int
    duration_ms: int
    created_ms: int
    updated_ms: int


def begin(tx: Transaction, render: RenderRow) -> None:
    """Insert a render that has just been ordered."""
    tx.execute(_BEGIN, vars(render) | {"status": render.status.value})


def by_id(tx: Transaction, render_id: str) -> RenderRow | None:
    """One render by its ticket."""
    row = tx.execute(_BY_ID, {"render_id": render_id}).one_or_none()
    return _render(row) if row else None


def by_task(tx: Transaction, task_id: str) -> RenderRow | None:
    """One render by the task that ordered it."""
    row = tx.execute(_BY_TASK, {"of_task": task_id}).one_or_none()
    return _render(row) if row else None


def running(tx: Transaction) -> list[RenderRow]:
    """The renders that are being worked on right now: a handful."""
    return [_render(row) for row in tx.execute(_RUNNING)]


def change(tx: Transaction, render: RenderRow, /, *, now_ms: int, **changes: Any) -> bool:
    """Write changes while the render has not ended; False when it has."""
    changed = tx.execute(_CHANGE, {"render_id": render.id, "updated_ms": now_ms, **changes})
    return changed.rowcount == 1


def listed(
    tx: Transaction,
    *,
    upstream: str,
    between_ms: tuple[int, int],
    status: RenderStatus | None,
    rows_max: int,
) -> list[RenderRow]:
    """The renders that one upstream was given between two moments, newest first."""
    conditions: list[ColumnElement[bool]] = [
        _renders.c.created_ms.between(*between_ms),
        _UPSTREAM_ASIDE.in_([upstream]),
        *([_renders.c.status == status.value] if status else []),
    ]
    rows = tx.execute(
        select(_renders)
        .join_from(_renders, schema.tasks, schema.tasks.c.id == _renders.c.task_id)
        .where(*conditions)
        .order_by(_renders.c.created_ms.desc(), _renders.c.id.desc())
        .limit(rows_max)
    )
    return [_render(row) for row in rows]


def handed_over(tx: Transaction, *, rows_max: int) -> list[str]:
    """Ids of renders whose file nobody will fetch again: their tasks have ended."""
    rows = tx.execute(
        select(_renders.c.id)
        .join_from(_renders, schema.tasks, schema.tasks.c.id == _renders.c.task_id)
        .where(_renders.c.file != "", schema.tasks.c.ended_ms != 0)
        .limit(rows_max)
    )
    return list(rows.scalars())


def drop_file(tx: Transaction, render_id: str) -> None:
    """Note that the finished file is no longer kept here."""
    tx.execute(update(_renders).where(_renders.c.id == render_id).values(file=""))


def kept_ids(tx: Transaction) -> set[str]:
    """Ids of renders whose finished files must be there."""
    return set(tx.execute(select(_renders.c.id).where(_renders.c.file != "")).scalars())


def _render(row: Row[Any]) -> RenderRow:
    cells = dict(row._mapping)  # noqa: SLF001 - the documented way to read a row by name
    return RenderRow(**cells | {"status": RenderStatus(cells["status"])})
