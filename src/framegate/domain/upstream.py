"""The Upstream protocol and its words: Order, Ticket, Refused, Unreachable, Uncertain, Render.

Flows speak to every upstream through this seam, so that nothing above knows which kind stands
behind it. An answer we expect is a value and is matched; an error would stop the work.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from framegate.domain.submission import Kind, Submission


@dataclass(frozen=True, kw_only=True)
class Order:
    """What an upstream is asked to do: the caller's submission under our task id."""

    task_id: str
    account_id: str
    request_id: str
    submission: Submission
    report_to: str = ""  # Our own address for news of this task; "" when there is none.


@dataclass(frozen=True, kw_only=True)
class Relay:
    """An upstream's own envelope, as it is handed on to the caller (rules 34, 41).

    `request_id` is "" when the upstream sent none; `data` is any JSON object.
    """

    http_status: int
    code: int
    message: str
    request_id: str
    data: Mapping[str, Any]
    retry_after_s: int | None = None


@dataclass(frozen=True, kw_only=True)
class Ticket:
    """The upstream took the order; `id` is its receipt, `relay` what it answered."""

    id: str
    relay: Relay


@dataclass(frozen=True, kw_only=True)
class Refused:
    """A definite no: nothing was bought.

    `blames_operator` says that our own account at the upstream is refused (no right, no money,
    bad key): that is never shown to the customer (rule 83). `may_go_elsewhere` says that the
    upstream has no room or no time now: another one of the pool may take the order.
    """

    relay: Relay
    blames_operator: bool = False
    may_go_elsewhere: bool = False


@dataclass(frozen=True, kw_only=True)
class Unreachable:
    """Surely nothing was sent: another upstream may be tried for free. `reason` is for the log."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class Uncertain:
    """Sent, and no readable definite answer: it may have been bought. Never send it again."""

    reason: str


SubmitAnswer = Ticket | Refused | Unreachable | Uncertain


class RenderStatus(StrEnum):
    """What an upstream says of a ticket, in one vocabulary."""

    SUBMITTED = "submitted"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"  # Stopped because we asked: no video will come.


@dataclass(frozen=True, kw_only=True)
class Output:
    """One finished video at the upstream: its id, where it lies, its seconds as written."""

    id: str
    location: str
    duration: str


@dataclass(frozen=True, kw_only=True)
class Render:
    """What an upstream says now about a ticket."""

    ticket: str
    status: RenderStatus
    message: str = ""
    outputs: tuple[Output, ...] = ()
    stage: str = ""
    frames_done: int = 0
    frames_total: int = 0
    took_ms: int = 0  # From ticket to end by the upstream's own clock; 0 where it does not say.
    billing: tuple[Mapping[str, Any], ...] = ()  # What the upstream billed us, in its own shape.


@dataclass(frozen=True, kw_only=True)
class Headway:
    """How far the work on a task is, for whoever watches it; never a reason to move a task."""

    task_id: str
    account_id: str
    stage: str
    frames_done: int
    frames_total: int


@dataclass(frozen=True, kw_only=True)
class Unknown:
    """The upstream answered, and does not know the ticket or the external id."""


PollAnswer = Render | Unknown | Unreachable


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """A video that was copied to a file of ours, not yet published."""

    path: Path
    bytes_count: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Checked:
    """Whether an upstream answers, under our login, a question that buys nothing."""

    is_well: bool
    says: str
    took_ms: int = 0


@dataclass(frozen=True, kw_only=True)
class Window:
    """Which tasks are asked for: created between two moments, of one status or of any."""

    since_ms: int
    until_ms: int
    status: RenderStatus | None = None
    rows_max: int


@dataclass(frozen=True, kw_only=True)
class AccountTask:
    """One task as the upstream lists it. Times are Unix milliseconds, 0 where it does not say."""

    ticket: str
    status: str  # In our vocabulary; a word that nobody knows stays as it came.
    external_id: str = ""  # As the upstream knows it: the caller's own, or the scoped one.
    message: str = ""
    created_ms: int = 0
    updated_ms: int = 0
    billing: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, kw_only=True)
class AccountTasks:
    """The newest tasks of a window, newest first; `has_more`: there are others behind them."""

    tasks: tuple[AccountTask, ...] = ()
    has_more: bool = False


@dataclass(frozen=True, kw_only=True)
class Costs:
    """The packages that pay for the tasks, each as the upstream writes it."""

    packages: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, kw_only=True)
class NotOffered:
    """The upstream cannot be asked that, and `reason` says why, in a sentence."""

    reason: str


TasksAnswer = AccountTasks | NotOffered | Unreachable
CostsAnswer = Costs | NotOffered | Unreachable


class Upstream(Protocol):
    """Where the work is done. One kind a file in `upstreams/`."""

    name: str
    models: frozenset[str]
    kinds: frozenset[Kind]  # What it can be asked for.
    weight: int  # Its share of the pool, against the others' weights; 0: stands by.
    unit_price_micros: int  # What we pay it for one unit of a package; 0: not said.
    concurrency: int  # Tasks that it may have in flight; 0: as many as come.
    can_cancel: bool  # Whether `cancel` may be asked.

    @property
    def tells_the_caller(self) -> bool:
        """Whether it calls the customer's callback_url itself."""
        ...

    def reports_on(self, callback_url: str) -> bool:
        """Whether it brings us news of a task by itself, given the customer's callback_url."""
        ...

    async def submit(self, order: Order) -> SubmitAnswer:
        """Send the order once."""
        ...

    async def find(self, *, task_id: str, account_id: str, external_task_id: str) -> PollAnswer:
        """Look up an order whose submit was uncertain, without sending it again.

        external_task_id  what the caller named it, "" for nothing: then most upstreams cannot tell
        """
        ...

    async def poll(self, ticket: str) -> PollAnswer:
        """Ask what became of a ticket."""
        ...

    def callers_words(self, message: str, *, account_id: str, external_task_id: str) -> str:
        """A message of the upstream with the caller's own id where it repeats the one we sent."""
        ...

    async def check(self) -> Checked:
        """Ask whether it is there and knows our login; buys nothing and takes no slot."""
        ...

    async def progress(self, ticket: str) -> Render | None:
        """What is known of a ticket without asking anybody; None where nothing is."""
        ...

    async def headway(self) -> list[Headway]:
        """How far everything is that is worked on right now, as far as nobody need be asked."""
        ...

    async def cancel(self, ticket: str, *, message: str) -> bool:
        """Stop the work on a ticket for good: from now on `poll` says that it was cancelled.

        message  who wanted it, which `poll` then says too
        returns  False where it has ended by itself: what became of it stands
        """
        ...

    async def tasks(self, window: Window) -> TasksAnswer:
        """What its own account of us holds, ours and others', newest first."""
        ...

    async def costs(self, *, since_ms: int, until_ms: int) -> CostsAnswer:
        """The packages that pay for the tasks, and what is left of them."""
        ...

    async def fetch(self, output: Output, to: Path) -> Fetched:
        """Copy a finished video into the new file `to`.

        raises   OutboundError or OSError; the caller tries again later
        """
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
