"""Tasks, for whoever may see them: a list by any filter, one whole, its bytes, and its end.

The JSON API and the pages ask it alike. A member finds its own account's tasks, an operator all.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from framegate.desk.asked import TIME_MS_MAX, Asked, Query
from framegate.desk.cursor import cursor, place_of
from framegate.desk.deliveries import attempt_shown, delivery_shown
from framegate.desk.task_shown import Around, entry_shown, hold_shown, life_shown, task_shown
from framegate.desk.viewer import account_seen, check_operator
from framegate.domain.kling import VENDOR_WORDS, statuses_of
from framegate.domain.ledger import Caller
from framegate.domain.task import Task, TaskStatus
from framegate.domain.upstream import Headway, Relay
from framegate.errors import NotFound, RightMissing
from framegate.flows.cancel import BY_OPERATOR, BY_OWNER
from framegate.gateway import Gateway
from framegate.store import (
    accounts,
    deliveries,
    entries,
    keys,
    life,
    lists,
    pictures,
    prompts,
    tasks,
)
from framegate.store.database import Transaction
from framegate.store.deliveries import Told
from framegate.store.lists import COUNTED_MAX, Filters, Spot
from framegate.store.tasks import Record

LIMIT_DEFAULT, LIMIT_MAX = 50, 100
LINES_MAX = 1_000

FILTERS = (
    *("account", "key", "status", "state", "upstream", "model", "resolution"),
    *("from", "to", "id", "text"),
)
_SEEN = frozenset(TaskStatus) - {TaskStatus.REFUSED}


@dataclass(frozen=True, kw_only=True)
class Kept:
    """Bytes that are kept of a task, to be handed out as they are."""

    content: bytes
    sha256: str
    name: str


@dataclass(frozen=True)
class TaskDesk:
    """The questions about tasks, with the gateway that they are asked of."""

    gateway: Gateway

    async def page(self, caller: Caller, query: Query) -> dict[str, Any]:
        """`{result, count, next_cursor, has_more, looked_until, counts, count_max}`, newest first.

        query    FILTERS, `cursor`, `limit`. `status` takes the vendor's words and `state` ours;
                 `from` and `to` are of creation; `text` is looked for in the prompt
        raises   FieldsInvalid with every complaint; RightMissing, NotFound for an account
        """
        wanted = self._wanted(caller, query)
        page, records, around, counts = await self.gateway.database.read(_page, caller, wanted)
        headway = await self._headway([record.task for record in records])
        spot = page.next_spot
        next_cursor = ""
        if spot is not None:
            place = (spot.created_ms, spot.task_id)
            next_cursor = cursor(self.gateway.keyring, caller, "tasks", *place)
        return {
            "result": [
                task_shown(self.gateway, caller, record, around, headway) for record in records
            ],
            "count": len(records),
            "next_cursor": next_cursor,
            "has_more": spot is not None,
            "looked_until": page.looked_until_ms,
            "counts": counts,
            "count_max": COUNTED_MAX,
        }

    async def one(self, caller: Caller, any_id: str) -> dict[str, Any]:
        """One task whole: as in a list, with its life, money and deliveries.

        raises   NotFound, also for another account's
        """
        found = await self.gateway.database.read(_whole, caller, any_id)
        shown = task_shown(self.gateway, caller, found.record, found.around, {})
        return shown | await self._progress(found.record.task) | found.parts

    async def find(self, caller: Caller, any_id: str) -> Task:
        """The task that an id names to this viewer.

        raises   NotFound, also for another account's
        """
        return (await self.gateway.database.read(_record, caller, any_id)).task

    async def request(self, caller: Caller, any_id: str) -> Kept:
        """The caller's exact bytes.

        raises   NotFound, also for another account's
        """
        task = await self.find(caller, any_id)
        content = await self.gateway.database.read(tasks.body_of, task.id)
        return Kept(content=content, sha256=task.body_sha256, name=f"{task.id}.request.json")

    async def answer(self, caller: Caller, any_id: str) -> tuple[Relay, Task]:
        """What the upstream answered to the create, as it was relayed.

        raises   NotFound, also while there is no answer
        """
        task = await self.find(caller, any_id)
        if not task.answer:
            raise NotFound("the upstream has not answered yet")
        return msgspec.json.decode(task.answer, type=Relay), task

    async def cancel(self, caller: Caller, any_id: str) -> dict[str, Any]:
        """Stop a task; it is answered whole, as it is then.

        raises   NotFound; RightMissing for a key that may only read; CancelRefused
        """
        if not caller.key.scope.may_create:
            raise RightMissing("this key may not cancel tasks")
        task = await self.find(caller, any_id)
        is_own = task.account_id == caller.account.id
        await self.gateway.cancel(task, message=BY_OWNER if is_own else BY_OPERATOR)
        return await self.one(caller, task.id)

    # --- inside -------------------------------------------------------------------------------

    def _wanted(self, caller: Caller, query: Query) -> "_Wanted":
        asked = Asked(query, known=(*FILTERS, "cursor", "limit"))
        words = asked.words("status", VENDOR_WORDS)
        states = asked.words("state", tuple(TaskStatus))
        statuses = frozenset().union(*(statuses_of(word) for word in words)) if words else _SEEN
        if states:
            statuses = (statuses if words else frozenset(TaskStatus)) & {*map(TaskStatus, states)}
        if not caller.key.scope.is_admin:
            statuses &= _SEEN
        sent = asked.word("cursor")
        place = place_of(self.gateway.keyring, caller, sent) if sent else None
        if sent and (place is None or place[0] != "tasks"):
            asked.complain("cursor must be the next_cursor of an earlier answer")
            place = None
        wanted = _Wanted(
            account=asked.word("account"),
            filters=Filters(
                statuses=frozenset(statuses),
                start_ms=asked.moment_ms("from", default=0),
                end_ms=asked.moment_ms("to", default=TIME_MS_MAX, is_end=True),
                key_id=asked.word("key"),
                upstream=asked.word("upstream"),
                model=asked.word("model"),
                resolution=asked.word("resolution"),
                text=asked.word("text"),
                any_id=asked.word("id"),
            ),
            after=Spot(created_ms=int(place[1]), task_id=place[2]) if place else None,
            limit=asked.number("limit", default=LIMIT_DEFAULT, number_max=LIMIT_MAX),
        )
        asked.raise_any()
        if wanted.filters.upstream:
            check_operator(caller, "upstream")
        return wanted

    async def _progress(self, task: Task) -> dict[str, Any]:
        """How far one task is or was, as far as its upstream tells without being asked.

        What has ended is at no stage, though its upstream's last word of it stays.
        """
        upstream = self.gateway.upstreams.get(task.upstream)
        render = await upstream.progress(task.ticket) if upstream and task.ticket else None
        if render is None:
            return {}
        return {
            "stage": "" if task.status.is_terminal else render.stage,
            "frames_done": render.frames_done,
            "frames_total": render.frames_total,
        }

    async def _headway(self, some: list[Task]) -> Mapping[str, Headway]:
        """How far those of some tasks are that are worked on; asked only when one may be."""
        if all(task.status is not TaskStatus.PROCESSING for task in some):
            return {}
        found = [await upstream.headway() for upstream in self.gateway.upstreams.values()]
        return {each.task_id: each for headways in found for each in headways}


@dataclass(frozen=True, kw_only=True)
class _Wanted:
    account: str
    filters: Filters
    after: Spot | None
    limit: int


@dataclass(frozen=True, kw_only=True)
class _Whole:
    record: Record
    around: Around
    parts: dict[str, Any]


def _page(
    tx: Transaction, caller: Caller, wanted: _Wanted
) -> tuple[lists.Page, list[Record], Around, dict[str, int] | None]:
    account_id = account_seen(tx, caller, wanted.account)
    filters = replace(wanted.filters, account_id=account_id)
    page = lists.page(tx, filters, after=wanted.after, limit=wanted.limit)
    records = tasks.records(tx, page.task_ids)
    # Of every state, so that whoever filters by one sees what the others hold.
    every = replace(filters, statuses=_SEEN)
    counted = lists.counts(tx, every) if wanted.after is None else None
    counts = None if counted is None else {each.value: counted[each] for each in counted}
    return page, records, _around(tx, records), counts


def _around(tx: Transaction, records: list[Record]) -> Around:
    some = [record.task for record in records]
    asked_for = prompts.of_tasks(tx, [task.id for task in some])
    # A link of ours ends its path with the picture's id; whether it is one, is judged later.
    named = [each.picture_url.partition("?")[0].rpartition("/")[2] for each in asked_for.values()]
    return Around(
        prompts=asked_for,
        pictures_kept=frozenset(pictures.kept_of(tx, named)),
        keys=keys.by_ids(tx, {task.key_id for task in some}),
        account_names=accounts.names_by_ids(tx, {task.account_id for task in some}),
    )


def _record(tx: Transaction, caller: Caller, any_id: str) -> Record:
    if caller.key.scope.is_admin:
        # Two upstreams may give one ticket: an operator's own task comes first, as for a member.
        own = tasks.of_caller(tx, caller.account.id, any_id)
        record = tasks.record_of(tx, own.id if own else any_id)
    else:
        task = tasks.of_caller(tx, caller.account.id, any_id)
        record = tasks.record_of(tx, task.id) if task else None
    if record is None:
        raise NotFound("task not found")
    return record


def _whole(tx: Transaction, caller: Caller, any_id: str) -> _Whole:
    record = _record(tx, caller, any_id)
    task, is_admin = record.task, caller.key.scope.is_admin
    lines = life.of_task(tx, task.id, rows_max=LINES_MAX)
    booked = entries.of_task(tx, task.id, task.account_id)
    parts = {
        "life": life_shown(task, lines, is_admin=is_admin),
        "hold": hold_shown(entries.hold_of(tx, task.id)),
        "ledger": [entry_shown(entry) for entry in booked],
        "deliveries": _deliveries(tx, task),
    }
    return _Whole(record=record, around=_around(tx, [record]), parts=parts)


def _deliveries(tx: Transaction, task: Task) -> list[dict[str, Any]]:
    shown = []
    for delivery in deliveries.of_task(tx, task.id):
        attempts = deliveries.attempts_of(tx, delivery.id)
        told = Told(delivery=delivery, last=attempts[-1] if attempts else None)
        made = {"attempts": [attempt_shown(attempt) for attempt in attempts]}
        shown.append(delivery_shown(told) | made)
    return shown
