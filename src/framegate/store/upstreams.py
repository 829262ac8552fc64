"""Rows of upstreams: how each fares, and how long its tasks take.

Kept in the database so that every process, and the operator's commands, see one breaker. Both
tables are small; a row is written by the transaction that brings the news.
"""

from collections.abc import Iterable

import msgspec
from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.dialects.sqlite import insert

from framegate.domain.durations import Durations
from framegate.domain.health import Breaker, Health
from framegate.domain.task import Task
from framegate.store import schema
from framegate.store.database import Transaction

_upstreams, _durations = schema.upstreams, schema.durations
_HEALTH_FIELDS = tuple(Health.__dataclass_fields__)


def health_of(tx: Transaction, names: Iterable[str]) -> dict[str, Health]:
    """How these upstreams fare; one that was never asked is well."""
    wanted = list(names)
    rows = tx.execute(select(_upstreams).where(_upstreams.c.name.in_(wanted)))
    known = {
        row.name: Health(
            **{name: getattr(row, name) for name in _HEALTH_FIELDS if name != "breaker"},
            breaker=Breaker(row.breaker),
        )
        for row in rows
    }
    return {name: known.get(name) or Health(name=name) for name in wanted}


def keep_health(tx: Transaction, health: Health) -> None:
    """Write how an upstream fares now."""
    values = {name: getattr(health, name) for name in _HEALTH_FIELDS}
    values["breaker"] = health.breaker.value
    tx.execute(
        insert(_upstreams)
        .values(**values)
        .on_conflict_do_update(index_elements=[_upstreams.c.name], set_=values)
    )


def durations_of(tx: Transaction, task: Task) -> Durations:
    """How long tasks like this one took at its upstream."""
    row = tx.execute(select(_durations.c.samples).where(_is_like(task))).one_or_none()
    return (
        Durations(tuple(msgspec.json.decode(row.samples, type=list[int]))) if row else Durations()
    )


def note_duration(tx: Transaction, task: Task, took_ms: int) -> None:
    """Learn from a task that ended well."""
    samples = msgspec.json.encode(durations_of(tx, task).noted(took_ms).samples).decode()
    tx.execute(
        insert(_durations)
        .values(
            upstream=task.upstream,
            kind=task.kind,
            model=task.model,
            resolution=task.resolution,
            duration_s=task.duration_s,
            samples=samples,
        )
        .on_conflict_do_update(
            index_elements=list(_durations.primary_key), set_={"samples": samples}
        )
    )


def _is_like(task: Task) -> ColumnElement[bool]:
    return and_(
        _durations.c.upstream == task.upstream,
        _durations.c.kind == task.kind,
        _durations.c.model == task.model,
        _durations.c.resolution == task.resolution,
        _durations.c.duration_s == task.duration_s,
    )
