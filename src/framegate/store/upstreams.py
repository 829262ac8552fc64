"""Rows of upstreams: how each fares, and how long its tasks take.

Kept in the database so that every process, and the operator's commands, see one breaker. Both
tables are small; a row is written by the transaction that brings the news.
"""

import zlib
from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import Row, bindparam, select, update
from sqlalchemy.dialects.sqlite import insert

from framegate.domain.durations import Durations, Sample
from framegate.domain.health import Breaker, Health
from framegate.domain.task import Task
from framegate.store import schema
from framegate.store.database import Transaction

_upstreams, _durations = schema.upstreams, schema.durations
_HEALTH_FIELDS = tuple(Health.__dataclass_fields__)
_read_samples = msgspec.json.Decoder(tuple[Sample, ...]).decode

# Built once (decision 12): every create and every look at a task asks both. There are a handful of
# upstreams, so all of them are read.
_ALL_HEALTH = select(*(_upstreams.c[name] for name in _HEALTH_FIELDS))
_LIKE = [*_durations.primary_key]
_SAMPLES = select(_durations.c.samples).where(
    *(column == bindparam(column.name) for column in _LIKE)
)
_INSERT_SAMPLES = insert(_durations)
_KEEP_SAMPLES = _INSERT_SAMPLES.on_conflict_do_update(
    index_elements=_LIKE, set_={"samples": _INSERT_SAMPLES.excluded.samples}
)


def health_of(tx: Transaction, names: Iterable[str]) -> dict[str, Health]:
    """How these upstreams fare; one that was never asked is well."""
    known = {row.name: _health(row) for row in tx.execute(_ALL_HEALTH)}
    return {name: known.get(name) or Health(name=name) for name in names}


def keep_health(tx: Transaction, health: Health) -> None:
    """Write how an upstream fares now."""
    values = {name: getattr(health, name) for name in _HEALTH_FIELDS}
    values["breaker"] = health.breaker.value
    # What an answer teaches is no word about the pause, which may have been set meanwhile.
    learned = {name: value for name, value in values.items() if name != "paused_ms"}
    tx.execute(
        insert(_upstreams)
        .values(**values)
        .on_conflict_do_update(index_elements=[_upstreams.c.name], set_=learned)
    )


def pause(tx: Transaction, name: str, *, now_ms: int) -> int:
    """Send no new orders to an upstream; answers when that began, which a second pause keeps."""
    health = health_of(tx, [name])[name]
    if health.is_paused:
        return health.paused_ms
    # One that was never asked has no row yet.
    values = {"name": name, "breaker": health.breaker.value}
    tx.execute(insert(_upstreams).values(**values).on_conflict_do_nothing())
    _write_pause(tx, name, now_ms)
    return now_ms


def resume(tx: Transaction, name: str) -> None:
    """Let orders go there again; one that was not paused stays as it is."""
    _write_pause(tx, name, 0)


def _write_pause(tx: Transaction, name: str, paused_ms: int) -> None:
    tx.execute(update(_upstreams).where(_upstreams.c.name == name).values(paused_ms=paused_ms))


def durations_of(tx: Transaction, task: Task) -> Durations:
    """How long tasks like this one took at its upstream."""
    samples = tx.execute(_SAMPLES, _like(task)).scalar_one_or_none()
    return Durations(_read_samples(samples)) if samples else Durations()


def note_duration(tx: Transaction, task: Task, took_ms: int) -> None:
    """Learn from a task that ended well."""
    # The id's random part is the lot that was drawn for the task when it began.
    lot = zlib.crc32(task.id.encode())
    known = durations_of(tx, task)
    noted = known.noted(took_ms, began_ms=task.created_ms, lot=lot)
    if noted != known:
        samples = msgspec.json.encode(noted.samples).decode()
        tx.execute(_KEEP_SAMPLES, _like(task) | {"samples": samples})


def _like(task: Task) -> dict[str, str | int]:
    """What makes tasks alike, as the key of their row."""
    return {
        "upstream": task.upstream,
        "kind": task.kind,
        "model": task.model,
        "resolution": task.resolution,
        "duration_s": task.duration_s,
    }


def _health(row: Row[Any]) -> Health:
    values = {name: getattr(row, name) for name in _HEALTH_FIELDS}
    return Health(**values | {"breaker": Breaker(row.breaker)})
