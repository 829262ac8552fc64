"""Stop a task that its owner no longer wants, where its upstream can.

The upstream decides: what it has stopped is cancelled and its hold released; what ended before the
word reached it stays what it became, and a video that was made is paid for. If we die in between,
tracking hears the same from the upstream and ends the task the same way.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from framegate.domain.task import Task, TaskStatus
from framegate.domain.upstream import Upstream
from framegate.engine import embedded as engine
from framegate.errors import CancelRefused
from framegate.flows import finish
from framegate.store import tasks
from framegate.store.database import Database, Transaction

BY_OWNER = "cancelled by its owner"
BY_OPERATOR = "cancelled by the operator"

_CANCELLABLE = frozenset({TaskStatus.SUBMITTED, TaskStatus.PROCESSING})


@dataclass(kw_only=True)
class Cancel:
    """The flow, with what it works on."""

    database: Database
    upstreams: Mapping[str, Upstream]
    clock_ms: Callable[[], int]

    def can(self, task: Task) -> bool:
        """Whether asking has a chance: the task is at an upstream that can stop it."""
        upstream = self.upstreams.get(task.upstream)
        return upstream is not None and upstream.can_cancel and task.status in _CANCELLABLE

    async def __call__(self, task: Task, *, message: str) -> Task:
        """Stop the task at its upstream and end it; the task as it is then.

        message  who wanted it, for everybody who sees the task
        raises   CancelRefused with the reason: it has ended, nobody has it yet, or its upstream
                 cannot stop what it has taken
        """
        if not self.can(task):
            raise CancelRefused(_why_not(task))
        upstream = self.upstreams[task.upstream]
        if not await upstream.cancel(task.ticket, message=message):
            raise CancelRefused("the upstream had finished this task first; its outcome stands")
        return await self.database.write(
            _end, task.id, message=message, now_ms=self.clock_ms(), upstream=upstream
        )


def _end(tx: Transaction, task_id: str, *, message: str, now_ms: int, upstream: Upstream) -> Task:
    """End the task as it is now: read in the transaction that writes, no look comes between."""
    task = tasks.by_id(tx, task_id)
    assert task is not None  # Tasks are never deleted.
    if task.status.is_terminal:
        return task  # Tracking heard of it first.
    ended = finish.give_up(
        tx,
        task,
        status=TaskStatus.CANCELLED,
        message=message,
        now_ms=now_ms,
        upstream_tells=upstream.tells_the_caller,
    )
    assert ended is not None  # Read in this very transaction.
    engine.forget(tx, "track", task.id)
    return ended


def _why_not(task: Task) -> str:
    if task.status.is_terminal:
        return "this task has ended already"
    if task.status not in _CANCELLABLE:
        return "this task is still on its way to its upstream; try again in a moment"
    return "the upstream of this task cannot cancel: it makes and bills what it has taken"
