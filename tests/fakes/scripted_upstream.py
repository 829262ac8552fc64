"""An upstream that answers as it was told, and remembers the exact bytes it was sent."""

import asyncio
import hashlib
from collections import deque
from pathlib import Path

from framegate.domain.upstream import (
    AccountTasks,
    Checked,
    Costs,
    CostsAnswer,
    Fetched,
    Headway,
    Order,
    Output,
    PollAnswer,
    Relay,
    Render,
    RenderStatus,
    SubmitAnswer,
    TasksAnswer,
    Ticket,
    Unknown,
    Window,
)

MP4 = b"\x00\x00\x00\x18ftypisom" + bytes(64)


def ticket(ticket_id="901930004609634393"):
    data = {"id": ticket_id, "status": "submitted", "create_time": 1, "update_time": 1}
    return Ticket(
        id=ticket_id,
        relay=Relay(http_status=200, code=0, message="SUCCEED", request_id="up-1", data=data),
    )


def succeeded(ticket_id="901930004609634393"):
    output = Output(id="901930004609634394", location="https://v.example/x.mp4", duration="5.041")
    return Render(ticket=ticket_id, status=RenderStatus.SUCCEEDED, outputs=(output,))


def failed(message):
    return Render(ticket="901930004609634393", status=RenderStatus.FAILED, message=message)


PROCESSING = Render(ticket="901930004609634393", status=RenderStatus.PROCESSING)


class ScriptedUpstream:
    """Keeps to the Upstream protocol; every answer is taken from a script."""

    def __init__(self, name="scripted", *, models=("kling-3.0-turbo",), tells_the_caller=False):
        self.name = name
        self.models = frozenset(models)
        self.kinds = frozenset({"image-to-video", "text-to-video"})
        self.weight, self.concurrency, self.unit_price_micros = 1, 0, 0
        self.is_well, self.is_reporting = True, False
        self.tells_the_caller = tells_the_caller
        self.answer: SubmitAnswer = ticket()
        self.polls: deque[PollAnswer] = deque()
        self.finds: deque[PollAnswer] = deque()
        self.video = MP4
        self.fetch_errors: deque[Exception] = deque()
        self.orders: list[Order] = []
        self.looked_up: list[str] = []
        self.before_answering = None
        self.before_checking = None
        self.can_cancel, self.stops, self.cancelled = False, True, []
        self.checks = 0
        self.account: TasksAnswer = AccountTasks()
        self.packages: CostsAnswer = Costs()
        self.windows: list[Window] = []

    @property
    def bodies(self) -> list[bytes]:
        return [order.submission.forwarded for order in self.orders]

    async def submit(self, order: Order) -> SubmitAnswer:
        self.orders.append(order)
        if self.before_answering is not None:
            await self.before_answering()
        return self.answer

    def reports_on(self, callback_url: str) -> bool:
        return self.is_reporting

    async def check(self) -> Checked:
        self.checks += 1
        if self.before_checking is not None and (waits := self.before_checking()) is not None:
            await waits
        return Checked(is_well=self.is_well, says="as scripted")

    async def find(self, *, task_id: str, account_id: str, external_task_id: str) -> PollAnswer:
        self.looked_up.append(external_task_id)
        return self.finds.popleft() if self.finds else Unknown()

    async def poll(self, ticket: str) -> PollAnswer:
        return self.polls.popleft() if self.polls else PROCESSING

    def callers_words(self, message: str, *, account_id: str, external_task_id: str) -> str:
        return message.replace("fg-scoped", external_task_id) if external_task_id else message

    async def tasks(self, window: Window) -> TasksAnswer:
        self.windows.append(window)
        return self.account

    async def costs(self, *, since_ms: int, until_ms: int) -> CostsAnswer:
        return self.packages

    async def progress(self, ticket: str) -> Render | None:
        return None

    async def headway(self) -> list[Headway]:
        return []

    async def cancel(self, ticket: str, *, message: str) -> bool:
        self.cancelled.append((ticket, message))
        return self.stops

    async def fetch(self, output: Output, to: Path) -> Fetched:
        if self.fetch_errors:
            raise self.fetch_errors.popleft()
        await asyncio.to_thread(to.write_bytes, self.video)
        digest = hashlib.sha256(self.video).hexdigest()
        return Fetched(path=to, bytes_count=len(self.video), sha256=digest)

    async def close(self) -> None:
        return None
