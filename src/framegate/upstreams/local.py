"""The embedded renderer as an upstream: no account, no GPU, no network.

It keeps its own rows in our database, answers in the vendor's shapes, and renders in a child
process when the engine wakes it. The page says that the upstream answers for the picture, so a
bad one is a failed task here, never a refused create.
"""

import asyncio
import os
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from framegate.domain.link import Links
from framegate.domain.submission import IMAGE_TO_VIDEO, Kind
from framegate.domain.upstream import (
    AccountTask,
    AccountTasks,
    Checked,
    CostsAnswer,
    Fetched,
    Headway,
    NotOffered,
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
from framegate.engine import embedded as engine
from framegate.engine.embedded import Wake
from framegate.outbound import Outbound
from framegate.render.process import RenderLimits, render
from framegate.store import renders
from framegate.store.blobs import Blobs, copy, fingerprint
from framegate.store.database import Database, Transaction
from framegate.store.renders import RenderRow
from framegate.upstreams.films import Films, Renderer

TICKET_DIGITS = 18
# 1080p has 9 pixels for 4 of 720p.
COST_PER_S = {"720p": 4, "1080p": 9}


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


@dataclass(kw_only=True)
class Local:
    """One embedded renderer. `run` is what the engine's render lane calls."""

    name: str
    models: frozenset[str]
    database: Database
    blobs: Blobs
    outbound: Outbound
    links: Links
    limits: RenderLimits
    clock_ms: Callable[[], int] = _now_ms
    renderer: Renderer = render
    kinds: frozenset[Kind] = frozenset({IMAGE_TO_VIDEO})
    weight: int = 1
    unit_price_micros: int = 0
    concurrency: int = 0
    can_cancel: bool = True
    tells_the_caller: bool = False
    films: Films = field(init=False)

    def __post_init__(self) -> None:
        self.films = Films(
            name=self.name,
            database=self.database,
            blobs=self.blobs,
            outbound=self.outbound,
            links=self.links,
            limits=self.limits,
            clock_ms=self.clock_ms,
            renderer=self.renderer,
        )

    def enlist(self, tx: Transaction, order: Order, *, now_ms: int) -> Ticket:
        """Take an order inside the transaction that begins its task."""
        row = _row(order, now_ms)
        renders.begin(tx, row)
        engine.enqueue_by_rank(
            tx, "render", row.id, owner=row.account_id, cost=_cost(row), at_ms=now_ms
        )
        return Ticket(id=row.id, relay=_relay(row, order))

    def reports_on(self, callback_url: str) -> bool:  # noqa: ARG002 - the protocol's
        """Always: a render that starts or ends wakes the tracking in its own transaction."""
        return True

    def callers_words(self, message: str, *, account_id: str, external_task_id: str) -> str:  # noqa: ARG002 - the protocol's
        """As it is: every sentence is our own, and none names an id."""
        return message

    @property
    def frames_per_s(self) -> int:
        """How fast the newest films were made in this process, all stages together; 0: none was."""
        return self.films.frames_per_s

    async def tasks(self, window: Window) -> TasksAnswer:
        """Its own renders, newest first."""
        found = await self.database.read(
            renders.listed,
            upstream=self.name,
            between_ms=(window.since_ms, window.until_ms),
            status=window.status,
            rows_max=window.rows_max + 1,
        )
        return AccountTasks(
            tasks=tuple(_account_task(row) for row in found[: window.rows_max]),
            has_more=len(found) > window.rows_max,
        )

    async def costs(self, *, since_ms: int, until_ms: int) -> CostsAnswer:  # noqa: ARG002 - the protocol's
        """None: nothing is bought here."""
        return NotOffered(reason="the embedded renderer has no costs: it renders here")

    async def check(self) -> Checked:
        """Well: it is a part of this process."""
        return Checked(is_well=True, says="renders here")

    async def submit(self, order: Order) -> SubmitAnswer:
        """Take an order in a transaction of its own."""
        return await self.database.write(self.enlist, order, now_ms=self.clock_ms())

    async def find(self, *, task_id: str, account_id: str, external_task_id: str) -> PollAnswer:  # noqa: ARG002 - the protocol's
        """Look an order up by our task; the external id is not needed to tell."""
        row = await self.database.read(renders.by_task, task_id)
        return self._render(row) if row else Unknown()

    async def poll(self, ticket: str) -> PollAnswer:
        """Say how far a render is; the newest progress is in memory where it runs here."""
        row = await self.database.read(renders.by_id, ticket)
        return self._render(row) if row else Unknown()

    async def progress(self, ticket: str) -> Render | None:
        """As `poll`: asking ourselves costs nothing."""
        row = await self.database.read(renders.by_id, ticket)
        return self._render(row) if row else None

    async def headway(self) -> list[Headway]:
        """Of every render that runs, here or in another process."""
        rows = await self.database.read(renders.running)
        return [self._headway(row) for row in rows]

    async def cancel(self, ticket: str, *, message: str) -> bool:
        """End a render, queued or running, in whatever process."""
        row = await self.database.read(renders.by_id, ticket)
        return row is not None and await self.films.cancel(row, message=message)

    async def fetch(self, output: Output, to: Path) -> Fetched:
        """Hand a finished file over: a second name for it where that can be, else a copy."""
        return await asyncio.to_thread(_hand_over, self.blobs.path("renders", output.location), to)

    async def close(self) -> None:
        """Hold nothing open between renders."""

    async def run(self, wake: Wake) -> None:
        """Render one order to its end: what the engine's render lane calls."""
        await self.films.run(wake)

    # --- what a row says ----------------------------------------------------------------------

    def _headway(self, row: RenderRow) -> Headway:
        seen = self.films.seen(row)
        return Headway(
            task_id=row.task_id,
            account_id=row.account_id,
            stage=seen.stage,
            frames_done=seen.frames_done,
            frames_total=seen.frames_total,
        )

    def _render(self, row: RenderRow) -> Render:
        seen = self.films.seen(row)
        return Render(
            ticket=row.id,
            status=row.status,
            message=row.message,
            outputs=_outputs(row),
            stage=seen.stage,
            frames_done=seen.frames_done,
            frames_total=seen.frames_total,
        )


# --- inside -----------------------------------------------------------------------------------


def _row(order: Order, now_ms: int) -> RenderRow:
    submission = order.submission
    return RenderRow(
        id="".join(secrets.choice("123456789") for _ in range(TICKET_DIGITS)),
        task_id=order.task_id,
        account_id=order.account_id,
        status=RenderStatus.SUBMITTED,
        message="",
        picture_url=submission.first_frame_url,
        prompt=submission.prompt,
        resolution=submission.resolution,
        duration_s=submission.duration_s,
        # The same body gives the same film: the API has no seed of its own.
        seed=int(submission.body_sha256[:8], 16),
        tries=0,
        stage="",
        frames_done=0,
        frames_total=0,
        file="",
        sha256="",
        bytes_count=0,
        duration_ms=0,
        created_ms=now_ms,
        updated_ms=now_ms,
    )


def _cost(row: RenderRow) -> int:
    """What a render takes of the machine: its seconds, by its pixels."""
    return row.duration_s * COST_PER_S[row.resolution]


def _relay(row: RenderRow, order: Order) -> Relay:
    external = order.submission.external_task_id
    return Relay(
        http_status=200,
        code=0,
        message="SUCCEED",
        request_id=order.request_id,
        data={
            "id": row.id,
            "task_id": row.id,
            "status": "submitted",
            "task_status": "submitted",
            "message": "",
            "create_time": row.created_ms,
            "update_time": row.updated_ms,
        }
        | ({"external_id": external} if external else {}),
    )


def _account_task(row: RenderRow) -> AccountTask:
    return AccountTask(
        ticket=row.id,
        status=row.status.value,
        message=row.message,
        created_ms=row.created_ms,
        updated_ms=row.updated_ms,
    )


def _outputs(row: RenderRow) -> tuple[Output, ...]:
    if row.status is not RenderStatus.SUCCEEDED:
        return ()
    seconds, milliseconds = divmod(row.duration_ms, 1_000)
    # The output's id is the ticket's successor, as the vendor numbers them.
    return (
        Output(id=str(int(row.id) + 1), location=row.id, duration=f"{seconds}.{milliseconds:03d}"),
    )


def _hand_over(source: Path, to: Path) -> Fetched:
    try:
        os.link(source, to)
    except OSError:
        copy(source, to)
    # Computed from what will be published, not taken from the row: a damaged file must not pass.
    bytes_count, sha256 = fingerprint(to)
    return Fetched(path=to, bytes_count=bytes_count, sha256=sha256)
