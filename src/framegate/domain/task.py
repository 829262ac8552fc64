"""A Task, its statuses and the moves between them.

The task row is the truth of the product: flows read it, decide, and write the next value by a
compare-and-set on (status, fence). Nothing here knows a database, a clock or an upstream.
"""

from dataclasses import dataclass
from enum import StrEnum

from framegate.domain.submission import Kind
from framegate.errors import IllegalMove


class TaskStatus(StrEnum):
    """Where a task stands. The last five are terminal."""

    SENDING = "sending"  # Committed with its hold; the upstream has not been heard yet.
    UNCERTAIN = "uncertain"  # Sent, no readable answer: looked up, never sent again.
    SUBMITTED = "submitted"  # The upstream took it and gave a ticket.
    PROCESSING = "processing"  # The upstream works on it.
    SUCCEEDED = "succeeded"  # The video is ours and the hold is settled.
    FAILED = "failed"  # The upstream gave up; the hold is released.
    CANCELLED = "cancelled"  # The caller gave up; the hold is released.
    EXPIRED = "expired"  # The deadline passed; the hold is released.
    REFUSED = "refused"  # Never became a task for the caller: an operator's record.

    @property
    def is_terminal(self) -> bool:
        """A terminal status never changes again."""
        return self in TERMINAL


TERMINAL = frozenset(
    {
        TaskStatus.SUCCEEDED,
        TaskStatus.FAILED,
        TaskStatus.CANCELLED,
        TaskStatus.EXPIRED,
        TaskStatus.REFUSED,
    }
)

_ENDS = frozenset(
    {TaskStatus.SUCCEEDED, TaskStatus.FAILED, TaskStatus.CANCELLED, TaskStatus.EXPIRED}
)

# Only forward: news that would move a task back, or out of a terminal status, is a no-op.
MOVES: dict[TaskStatus, frozenset[TaskStatus]] = {
    TaskStatus.SENDING: frozenset(
        {TaskStatus.UNCERTAIN, TaskStatus.SUBMITTED, TaskStatus.REFUSED, TaskStatus.EXPIRED}
    ),
    TaskStatus.UNCERTAIN: frozenset(
        {TaskStatus.SUBMITTED, TaskStatus.REFUSED, TaskStatus.EXPIRED, TaskStatus.CANCELLED}
    ),
    TaskStatus.SUBMITTED: frozenset({TaskStatus.PROCESSING}) | _ENDS,
    TaskStatus.PROCESSING: _ENDS,
} | {status: frozenset() for status in TERMINAL}


def check_move(status: TaskStatus, to: TaskStatus) -> None:
    """Raise IllegalMove when a task may not go from `status` to `to`."""
    if to not in MOVES[status]:
        raise IllegalMove(f"a task may not go from {status} to {to}")


@dataclass(frozen=True, kw_only=True)
class Video:
    """Our stored copy of a task's result."""

    id: str
    output_id: str  # The upstream's own id of the output; shown to the caller as it is.
    bytes_count: int
    sha256: str
    duration: str  # Seconds, as the upstream wrote them: "5.041".
    source_url: str  # Where the upstream kept it; "" for our own renderer. For the operator only.
    created_ms: int


@dataclass(frozen=True, kw_only=True)
class Task:
    """The durable record of one submission. Times are Unix milliseconds."""

    id: str
    account_id: str
    key_id: str
    kind: Kind
    model: str
    status: TaskStatus
    fence: int
    request_id: str
    upstream: str
    ticket: str  # The upstream's id of the task; "" until it is known.
    external_task_id: str  # "" when the caller gave none.
    callback_url: str  # "" when the caller gave none.
    resolution: str
    aspect_ratio: str
    duration_s: int
    body_sha256: str
    price_micros: int
    price_version: str
    currency: str
    message: str  # The reason of a failure, in words the caller may read.
    created_ms: int
    updated_ms: int
    sent_ms: int
    next_ms: int  # When the track flow looks next; 0 once terminal.
    deadline_ms: int
    polls: int
    answer: bytes  # The relayed create answer as JSON: what a repeat of the request gets.
    video: Video | None = None

    @property
    def public_id(self) -> str:
        """The id the caller knows: the upstream's, ours while that is unknown (rules 42, 70)."""
        return self.ticket or self.id
