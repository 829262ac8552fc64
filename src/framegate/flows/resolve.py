"""What an operator found out about an uncertain task, written down.

Looking at the vendor's own console tells what no query could: that the task is there under some
ticket, or that it never was. Either way it is the operator's word, and the row says so.
"""

from collections.abc import Mapping

from framegate.domain.task import Task, TaskStatus
from framegate.domain.upstream import Unknown, Unreachable, Upstream
from framegate.engine import embedded as engine
from framegate.errors import IllegalMove, NotFound, Unavailable
from framegate.flows import finish, tell
from framegate.flows.track import NEVER_CONFIRMED
from framegate.store import tasks
from framegate.store.database import Database, Transaction

BY_HAND = "resolved by the operator"
INSIST = "--unchecked believes you"


async def check_ticket(
    database: Database, upstreams: Mapping[str, Upstream], task_id: str, *, ticket: str
) -> None:
    """Ask the upstream of an uncertain task whether it knows the ticket: typing mistakes are easy.

    raises   NotFound when there is no such task, or the upstream knows no such ticket; IllegalMove
             for a task that is not uncertain; Unavailable when the upstream cannot be asked
    """
    task = await database.read(_uncertain, task_id)
    name, upstream = task.upstream, upstreams.get(task.upstream)
    if upstream is None:
        raise Unavailable(f"{name} is not in the settings, so nobody can be asked; {INSIST}")
    answer = await upstream.poll(ticket)
    if isinstance(answer, Unknown):
        listing = f"`framegate upstreams tasks {name}` lists what it knows"
        raise NotFound(f"{name} knows no task {ticket!r}; {listing}, and {INSIST}")
    if isinstance(answer, Unreachable):
        raise Unavailable(
            f"{name} did not tell whether it knows {ticket!r}: {answer.reason}; {INSIST}"
        )


def as_taken(tx: Transaction, task_id: str, *, ticket: str, deadline_s: int, now_ms: int) -> Task:
    """The upstream has it under `ticket`: it goes on as any other task, and is looked at now.

    raises   NotFound, IllegalMove for a task that is not uncertain or not so any more, and for a
             ticket that another task has: one video would be charged for twice
    """
    task = _uncertain(tx, task_id)
    if tasks.is_taken(tx, upstream=task.upstream, ticket=ticket):
        raise IllegalMove(f"another task has the ticket {ticket!r} of {task.upstream} already")
    moved = tasks.move(
        tx,
        task,
        status=TaskStatus.SUBMITTED,
        now_ms=now_ms,
        next_ms=now_ms,
        ticket=ticket,
        operator_note=BY_HAND,
        deadline_ms=task.created_ms + deadline_s * 1_000,
    )
    assert moved is not None  # Read in this very transaction.
    engine.enqueue(tx, "track", task.id, at_ms=now_ms)
    tell.endpoints_of(tx, moved, now_ms=now_ms)
    return moved


def as_never_taken(tx: Transaction, task_id: str, *, upstream_tells: bool, now_ms: int) -> Task:
    """The upstream never had it: the hold is released and the caller is told that it failed.

    raises   NotFound, IllegalMove for a task that is not uncertain or not so any more
    """
    task = _uncertain(tx, task_id)
    ended = finish.give_up(
        tx,
        task,
        status=TaskStatus.EXPIRED,
        message=NEVER_CONFIRMED,
        now_ms=now_ms,
        upstream_tells=upstream_tells,
        operator_note=BY_HAND,
    )
    assert ended is not None  # Read in this very transaction.
    engine.forget(tx, "track", task.id)
    return ended


def _uncertain(tx: Transaction, task_id: str) -> Task:
    task = tasks.by_id(tx, task_id)
    if task is None:
        raise NotFound(f"no task {task_id!r}")
    if task.status is not TaskStatus.UNCERTAIN:
        raise IllegalMove(f"{task_id} is {task.status}; only an uncertain task can be resolved")
    return task
