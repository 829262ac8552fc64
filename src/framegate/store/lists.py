"""Lists of tasks by any filter, newest first, each within a bounded stretch of one index.

`desk.tasks` asks. One filter leads: its index is read in the order of time, a range a status, and
the ranges are merged. Any other filter is judged on what that walk passes, which is bounded: a page
that could not be filled within LOOKED_MAX says how far was looked.
"""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select

from framegate.domain.task import TaskStatus
from framegate.store import schema
from framegate.store.database import Transaction

_tasks, _prompts, _accounts = schema.tasks, schema.prompts, schema.accounts

LOOKED_MAX = 10_000
"""How many tasks of one status the walk of one page passes at most."""

COUNTED_MAX = 10_000
"""Where the counting of one status stops: nobody reads the difference, and it has a price."""


@dataclass(frozen=True, kw_only=True)
class Spot:
    """A place in a list: a task's time and id. The next page begins right behind it."""

    created_ms: int
    task_id: str


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What a list is of; None and "" are no filter. Times are of creation, both ends included."""

    statuses: frozenset[TaskStatus]
    start_ms: int
    end_ms: int
    account_id: str | None = None
    key_id: str = ""
    upstream: str = ""
    model: str = ""
    resolution: str = ""
    text: str = ""
    any_id: str = ""  # Ours, the upstream's, or the caller's own.


@dataclass(frozen=True, kw_only=True)
class Page:
    """Ids of tasks, newest first; `next_spot` is None at the end of the list.

    looked_until_ms  when the page is not full although more may come: how far back was looked
    """

    task_ids: tuple[str, ...]
    next_spot: Spot | None
    looked_until_ms: int = 0


def page(tx: Transaction, filters: Filters, *, after: Spot | None, limit: int) -> Page:
    """One page of a list, `limit` tasks at most."""
    if filters.any_id:
        return _named(tx, filters, limit)
    lead, rest = _lead_and_rest(filters)
    bound_ms = _bound_ms(tx, filters, lead, after) if rest else None
    merged = _merged(tx, filters, lead, rest, after=after, bound_ms=bound_ms, rows_max=limit + 1)
    found = list(merged)
    ids = tuple(spot.task_id for spot in found[:limit])
    if len(found) > limit:
        return Page(task_ids=ids, next_spot=found[limit - 1])
    if bound_ms is None:
        return Page(task_ids=ids, next_spot=None)
    # Behind every task of that moment: the walk has passed them all.
    behind = Spot(created_ms=bound_ms, task_id="")
    return Page(task_ids=ids, next_spot=behind, looked_until_ms=bound_ms)


def counts(tx: Transaction, filters: Filters) -> dict[TaskStatus, int] | None:
    """How many tasks of each status a list holds, COUNTED_MAX where there are as many or more.

    returns  None for filters that no index counts
    """
    lead, rest = _lead_and_rest(filters)
    if rest or filters.any_id:
        return None
    counted = {}
    for status in sorted(filters.statuses):
        some = select(literal(1)).where(lead, *_when(filters, status)).limit(COUNTED_MAX)
        counted[status] = tx.execute(select(func.count()).select_from(some.subquery())).scalar_one()
    return counted


# --- inside -----------------------------------------------------------------------------------


def _aside(column: ColumnElement[str]) -> ColumnElement[str]:
    """A column as an expression: it is judged on what the leading index finds, and never leads."""
    return column.concat("")


def _lead_and_rest(filters: Filters) -> tuple[ColumnElement[bool], list[ColumnElement[bool]]]:
    """The filter whose index is walked, the one with the fewest tasks behind it; and the others."""
    exact = [
        (_tasks.c.key_id, filters.key_id),
        (_tasks.c.account_id, filters.account_id),
        (_tasks.c.upstream, filters.upstream),
    ]
    given = [(column, value) for column, value in exact if value]
    led = given[0][0] == given[0][1] if given else literal(value=True)
    rest = [_aside(column) == value for column, value in given[1:]]
    if filters.key_id and filters.account_id:
        # A key is one account's: that it is this one's is judged, and costs no walk.
        rest = [_aside(column) == value for column, value in given[2:]]
        led = and_(led, _aside(_tasks.c.account_id) == filters.account_id)
    rest += [
        _aside(column) == value
        for column, value in (
            (_tasks.c.model, filters.model),
            (_tasks.c.resolution, filters.resolution),
        )
        if value
    ]
    if filters.text:
        rest.append(
            select(literal(1))
            .where(
                _prompts.c.task_id == _tasks.c.id,
                _prompts.c.text.icontains(filters.text, autoescape=True),
            )
            .exists()
        )
    return led, rest


def _when(filters: Filters, status: TaskStatus) -> list[ColumnElement[bool]]:
    return [
        _tasks.c.status == status.value,
        _tasks.c.created_ms.between(filters.start_ms, filters.end_ms),
    ]


def _behind(spot: Spot | None) -> list[ColumnElement[bool]]:
    if spot is None:
        return []
    # Tasks of one millisecond are told apart by their ids; the index still bounds the times.
    return [
        _tasks.c.created_ms <= spot.created_ms,
        or_(_tasks.c.created_ms < spot.created_ms, _tasks.c.id < spot.task_id),
    ]


def _in_time(query: Select[Any]) -> Select[Any]:
    return query.order_by(_tasks.c.created_ms.desc(), _tasks.c.id.desc())


_SPOT = select(_tasks.c.created_ms, _tasks.c.id)


def _bound_ms(
    tx: Transaction, filters: Filters, lead: ColumnElement[bool], after: Spot | None
) -> int | None:
    """The oldest time that the walk passes; None when it passes all that there are."""
    found = []
    for status in filters.statuses:
        query = select(_tasks.c.created_ms).where(lead, *_when(filters, status))
        if after is not None:
            query = query.where(_tasks.c.created_ms <= after.created_ms)
        # By the time alone: the index knows it without a look at any task.
        in_time = query.order_by(_tasks.c.created_ms.desc())
        last = tx.execute(in_time.limit(1).offset(LOOKED_MAX - 1)).scalar_one_or_none()
        found += [] if last is None else [last]
    return max(found, default=None)


def _merged(
    tx: Transaction,
    filters: Filters,
    lead: ColumnElement[bool],
    rest: Sequence[ColumnElement[bool]],
    *,
    after: Spot | None,
    bound_ms: int | None,
    rows_max: int,
) -> Iterator[Spot]:
    """The first tasks of all statuses together, newest first."""
    found: list[list[tuple[int, str]]] = []
    for status in sorted(filters.statuses):
        query = _SPOT.where(lead, *_when(filters, status), *_behind(after), *rest)
        if bound_ms is not None:
            query = query.where(_tasks.c.created_ms >= bound_ms)
        rows = tx.execute(_in_time(query).limit(rows_max))
        found.append([(row.created_ms, row.id) for row in rows])
    merged = heapq.merge(*found, reverse=True)
    for (created_ms, task_id), _ in zip(merged, range(rows_max), strict=False):
        yield Spot(created_ms=created_ms, task_id=task_id)


def _named(tx: Transaction, filters: Filters, limit: int) -> Page:
    """The few tasks that an id names; every other filter is judged on them."""
    _, rest = _lead_and_rest(filters)
    given = [
        (_tasks.c.account_id, filters.account_id),
        (_tasks.c.key_id, filters.key_id),
        (_tasks.c.upstream, filters.upstream),
    ]
    rest += [_aside(column) == value for column, value in given if value]
    rest.append(_aside(_tasks.c.status).in_(sorted(filters.statuses)))
    rest.append(_tasks.c.created_ms.between(filters.start_ms, filters.end_ms))
    whose = select(_accounts.c.id)
    if filters.account_id:
        whose = whose.where(_accounts.c.id == filters.account_id)
    is_named = _tasks.c.external_task_id != literal("", literal_execute=True)
    is_seen = _tasks.c.status != literal(TaskStatus.REFUSED.value, literal_execute=True)
    names = [
        _tasks.c.id == filters.any_id,
        _tasks.c.ticket == filters.any_id,
        # Whichever account it is: each is looked up in the index that begins with the account.
        and_(
            _tasks.c.account_id.in_(whose),
            _tasks.c.external_task_id == filters.any_id,
            is_named,
            is_seen,
        ),
    ]
    found = {
        (row.created_ms, row.id)
        for name in names
        for row in tx.execute(_SPOT.where(name, *rest).limit(limit))
    }
    newest = sorted(found, reverse=True)[:limit]
    return Page(task_ids=tuple(task_id for _, task_id in newest), next_spot=None)
