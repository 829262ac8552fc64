"""When a task's callbacks are due and what they say, for every way in which they go wrong.

Pure: `callbacks` keeps the clock and sends. The usual way is one for every status change, in
order, as the vendor's page says.
"""

from dataclasses import dataclass, replace
from enum import Enum

from framegate.pretend.task import PretendTask

LATE_MS = 10_000


class CallbackFault(Enum):
    """What happens to the callbacks of one order."""

    USUAL = "usual"
    MISSING = "missing"
    EARLY = "early"  # The first comes before the answer to the create.
    LATE = "late"
    TWICE = "twice"
    OUT_OF_ORDER = "out-of-order"
    FORGED_SIGNATURE = "forged-signature"
    FORGED_STATE = "forged-state"  # Well signed, and a lie.


CALLBACKS = tuple(CallbackFault)


@dataclass(frozen=True, kw_only=True)
class Telling:
    """One callback to send.

    as_of_ms   the object is shown as it was then
    lie        a status that is not the task's; "" for the truth
    is_signed  False: the signature is made with a wrong key
    """

    due_ms: int
    as_of_ms: int
    lie: str = ""
    is_signed: bool = True


def changes(task: PretendTask) -> list[int]:
    """The moments at which its status changes, each once; its end only if it has one."""
    ends_ms = task.ends_ms if task.fate.words else None
    moments = {task.created_ms, task.begins_ms if ends_ms is None else min(task.begins_ms, ends_ms)}
    return sorted(moments | ({ends_ms} if ends_ms is not None else set()))


def tellings(task: PretendTask, fault: CallbackFault) -> list[Telling]:
    """Every callback of a task, by the fault that its order has drawn."""
    moments = changes(task)
    usual = [Telling(due_ms=moment, as_of_ms=moment) for moment in moments]
    match fault:
        case CallbackFault.MISSING:
            return []
        case CallbackFault.LATE:
            return [replace(each, due_ms=each.due_ms + LATE_MS) for each in usual]
        case CallbackFault.TWICE:
            return [each for each in usual for _ in range(2)]
        case CallbackFault.OUT_OF_ORDER:
            return [replace(each, due_ms=moments[-1]) for each in reversed(usual)]
        case _:
            return [*_lies(task, fault), *usual]


def _lies(task: PretendTask, fault: CallbackFault) -> list[Telling]:
    moment = task.created_ms
    lie = Telling(due_ms=moment, as_of_ms=moment, lie="succeeded", is_signed=False)
    lies = {
        CallbackFault.FORGED_SIGNATURE: [lie],
        CallbackFault.FORGED_STATE: [replace(lie, lie="failed", is_signed=True)],
    }
    return lies.get(fault, [])
