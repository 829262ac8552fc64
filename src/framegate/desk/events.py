"""What a viewer is told while it watches: the lines of its tasks' lives, and how far renders are.

A desk for streams: it says which lines a viewer may see and in which words; who keeps the stream
open is another's business.
"""

from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from framegate.desk.asked import Asked, Query
from framegate.desk.tasks import TaskDesk
from framegate.desk.viewer import account_seen
from framegate.domain.kling import vendor_status
from framegate.domain.ledger import Caller
from framegate.domain.task import Task, TaskStatus
from framegate.domain.upstream import Headway
from framegate.flows.watch import Watcher
from framegate.gateway import Gateway
from framegate.store import life
from framegate.store.life import Line

LINES_AT_ONCE = 500

Past = Callable[[int], Coroutine[Any, Any, list[Line]]]


@dataclass(frozen=True, kw_only=True)
class Event:
    """One thing to tell: `id` is that of its line, 0 for what nobody need be told again."""

    id: int
    name: str  # "task" or "progress".
    data: dict[str, Any]
    is_last: bool = False  # Nothing more will ever happen to the task.


@dataclass(frozen=True, kw_only=True)
class Stream:
    """What one viewer watches, from the line behind `after` on."""

    watcher: Watcher
    after: int
    past: Past
    is_admin: bool
    task: Task | None
    has_nothing_more: bool = False  # The task has ended, and whoever comes back has seen it end.

    async def so_far(self) -> AsyncIterator[Event]:
        """What happened before the watching began, oldest first."""
        after = self.after
        while lines := await self.past(after):
            for line in lines:
                if line.id > self.watcher.seen:
                    return
                if event := self.event_of(line):
                    yield event
            after = lines[-1].id

    async def next(self, *, wait_s: float) -> Event | None:
        """What happens next; None once the stream should end.

        raises   TimeoutError when nothing happened for so long
        """
        while news := await self.watcher.next(wait_s=wait_s):
            if event := self.event_of(news):
                return event
        return None

    def event_of(self, news: Line | Headway) -> Event | None:
        """The event of a line or of some headway; None for what this viewer may not see."""
        if isinstance(news, Headway):
            return Event(id=0, name="progress", data=_progress(news))
        if news.id <= self.after:
            return None  # Seen at another process, which was ahead of this one.
        if news.status is TaskStatus.REFUSED and not self.is_admin:
            return None  # A refused create is nobody's task (rule 84).
        is_last = self.task is not None and news.status.is_terminal
        return Event(
            id=news.id, name="task", data=_line(news, is_admin=self.is_admin), is_last=is_last
        )


@dataclass(frozen=True)
class EventDesk:
    """Opens streams, with the gateway that they watch."""

    gateway: Gateway

    async def of_task(self, caller: Caller, any_id: str, *, after: int | None) -> Stream:
        """One task's life: from its beginning, or from behind the line that was seen last.

        raises   NotFound, also for another account's; TooManyRequests
        """
        task = await TaskDesk(self.gateway).find(caller, any_id)

        async def past(seen: int) -> list[Line]:
            return await self.gateway.database.read(
                life.of_task, task.id, after=seen, rows_max=LINES_AT_ONCE
            )

        has_seen_all = task.status.is_terminal and after is not None and not await past(after)
        watcher = await self.gateway.watch.open(
            account_id=task.account_id, task_id=task.id, owner=caller.account.id
        )
        return Stream(
            watcher=watcher,
            after=after or 0,
            past=past,
            is_admin=caller.key.scope.is_admin,
            task=task,
            has_nothing_more=has_seen_all,
        )

    async def of_viewer(self, caller: Caller, query: Query, *, after: int | None) -> Stream:
        """Every task that the viewer may see: from now on, or from behind the line seen last.

        query    `account`, for operators
        raises   FieldsInvalid, RightMissing, NotFound; TooManyRequests
        """
        asked = Asked(query, known=("account", "last_event_id"))
        named = asked.word("account")
        asked.raise_any()
        account_id = await self.gateway.database.read(account_seen, caller, named)
        watcher = await self.gateway.watch.open(
            account_id=account_id, task_id=None, owner=caller.account.id
        )

        async def past(seen: int) -> list[Line]:
            return await self.gateway.database.read(
                life.of_account, account_id, after=seen, rows_max=LINES_AT_ONCE
            )

        return Stream(
            watcher=watcher,
            after=watcher.seen if after is None else after,
            past=past,
            is_admin=caller.key.scope.is_admin,
            task=None,
        )

    def close(self, stream: Stream) -> None:
        """Forget a stream that has ended."""
        self.gateway.watch.close(stream.watcher)


def _line(line: Line, *, is_admin: bool) -> dict[str, Any]:
    shown = {
        "task": line.task_id,
        "status": vendor_status(line.status),
        "state": line.status.value,
        "at": line.at_ms,
        "note": line.note,
    }
    if is_admin:
        shown |= {"account": line.account_id, "operator_note": line.operator_note}
    return shown


def _progress(headway: Headway) -> dict[str, Any]:
    return {
        "task": headway.task_id,
        "stage": headway.stage,
        "frames_done": headway.frames_done,
        "frames_total": headway.frames_total,
    }
