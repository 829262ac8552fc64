"""From a caller's bytes to a task that cannot be lost.

The web calls it once a key is known. Judge and price; commit task, hold and wake-up; only then
let anything leave; then commit what the upstream said. After the first commit the rest runs to
its end even if the caller goes away.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec
import structlog

from framegate import ids
from framegate.domain.ledger import Caller
from framegate.domain.quote import PriceList, Quote, quote
from framegate.domain.submission import Submission, parse_image_to_video
from framegate.domain.task import Task, TaskStatus
from framegate.domain.upstream import (
    Order,
    Refused,
    Relay,
    SubmitAnswer,
    Ticket,
    Uncertain,
    Unreachable,
    Upstream,
)
from framegate.engine import embedded as engine
from framegate.errors import (
    FieldError,
    FieldsInvalid,
    FramegateError,
    IdempotencyConflict,
    IdempotencyInFlight,
    NotFound,
    Unavailable,
)
from framegate.flows import finish, pace, tell
from framegate.store import accounts, tasks
from framegate.store.database import Database, Transaction
from framegate.upstreams.enlisting import Enlisting

_log = structlog.get_logger("framegate.flows.submit")

# How much longer than the upstream's own deadline the safety net waits before it takes over.
SAFETY_MARGIN_MS = 15_000
EXTERNAL_ID_ECHO_MAX = 200
BODY_BYTES_AT_ONCE_MAX = 65_536


@dataclass(frozen=True, kw_only=True)
class CreateRequest:
    """One create as it reached the web: who, what bytes, under which ids."""

    caller: Caller
    path: str
    model: str
    body: bytes
    body_sha256: str
    idempotency_key: str  # "" when none was sent.
    request_id: str


@dataclass(frozen=True, kw_only=True)
class CreateAnswer:
    """What the caller is answered; `task_id` is "" when no task is behind it."""

    relay: Relay
    task_id: str = ""
    is_replay: bool = False


@dataclass(kw_only=True)
class Submit:
    """The flow, with what it works on."""

    database: Database
    upstreams: Sequence[Upstream]
    prices: Mapping[str, PriceList]
    denied_fields: frozenset[str]
    allowed_addresses: frozenset[str]
    submit_wait_s: int
    uncertain_release_s: int
    deadline_s: int
    clock_ms: Callable[[], int]
    _sending: set[asyncio.Task[CreateAnswer]] = field(default_factory=set)

    async def _judged(self, body: bytes, model: str) -> Submission:
        if len(body) <= BODY_BYTES_AT_ONCE_MAX:
            return self.judge(body, model)
        # A megabyte made to be slow (thousands of strange host names) takes a second: others wait
        # less when it is judged beside the event loop.
        return await asyncio.to_thread(self.judge, body, model)

    def judge(self, body: bytes, model: str) -> Submission:
        """Every 400 of the contract, or the submission."""
        return parse_image_to_video(
            body,
            model=model,
            denied_fields=self.denied_fields,
            allowed_addresses=self.allowed_addresses,
        )

    def price(self, submission: Submission) -> Quote:
        """What the submission costs under today's list."""
        return quote(submission, self.prices[submission.model])

    def candidates(self, model: str) -> list[Upstream]:
        """The upstreams that offer a model, in the operator's order.

        raises   NotFound for a model that nobody offers or that has no price
        """
        found = [upstream for upstream in self.upstreams if model in upstream.models]
        if not found or model not in self.prices:
            raise NotFound(f"model not found: {model[:EXTERNAL_ID_ECHO_MAX]}")
        return found

    async def __call__(self, request: CreateRequest) -> CreateAnswer:
        """Create one task, or repeat the answer of its twin.

        raises   Refusal with nothing kept: fields, duplicate, credit, unavailable, busy
        """
        candidates = self.candidates(request.model)
        if request.idempotency_key:
            again = await self.database.read(_recall, request)
            if again is not None:
                return again
        submission = await self._judged(request.body, request.model)
        begun = await self.database.write(
            self._begin, request, submission, candidates[0], now_ms=self.clock_ms()
        )
        if isinstance(begun, CreateAnswer):
            return begun
        # The caller may hang up now; what is sent must still be recorded.
        sending = asyncio.create_task(self._send(begun, request, submission, candidates))
        self._sending.add(sending)
        sending.add_done_callback(self._sending.discard)
        return await asyncio.shield(sending)

    async def rehearse(self, caller: Caller, body: bytes, model: str) -> Quote:
        """Price a body, refusing what a create would refuse and keeping nothing (rule 89)."""
        submission = await self._judged(body, model)
        price = self.price(submission)
        await self.database.read(_refuse_duplicate, caller.account.id, submission)
        await self.database.read(
            accounts.check_credit,
            account_id=caller.account.id,
            amount_micros=price.amount_micros,
            currency=price.currency,
        )
        return price

    async def close(self) -> None:
        """Wait for what has been sent and not been recorded yet."""
        await asyncio.gather(*self._sending, return_exceptions=True)

    # --- before anything leaves ---------------------------------------------------------------

    def _begin(
        self,
        tx: Transaction,
        request: CreateRequest,
        submission: Submission,
        upstream: Upstream,
        *,
        now_ms: int,
    ) -> Task | CreateAnswer:
        if request.idempotency_key:
            again = _recall(tx, request)
            if again is not None:
                return again
        _refuse_duplicate(tx, request.caller.account.id, submission)
        price = self.price(submission)
        task = self._new_task(request, submission, price, upstream, now_ms)
        tasks.begin(tx, task, body=request.body)
        accounts.keep_price_list(tx, self.prices[submission.model], now_ms=now_ms)
        accounts.open_hold(
            tx,
            task_id=task.id,
            account_id=task.account_id,
            amount_micros=price.amount_micros,
            currency=price.currency,
            now_ms=now_ms,
        )
        if request.idempotency_key:
            tasks.remember(
                tx,
                account_id=task.account_id,
                path=request.path,
                key=request.idempotency_key,
                body_sha256=request.body_sha256,
                task_id=task.id,
                now_ms=now_ms,
            )
        engine.enqueue(tx, "track", task.id, at_ms=task.next_ms)
        if isinstance(upstream, Enlisting):
            ticket = upstream.enlist(tx, _order(task, request, submission), now_ms=now_ms)
            _accept(tx, task, ticket, now_ms=now_ms)
            return CreateAnswer(relay=ticket.relay, task_id=task.id)
        return task

    def _new_task(
        self,
        request: CreateRequest,
        submission: Submission,
        price: Quote,
        upstream: Upstream,
        now_ms: int,
    ) -> Task:
        return Task(
            id=ids.new("task"),
            account_id=request.caller.account.id,
            key_id=request.caller.key.id,
            kind=submission.kind,
            model=submission.model,
            status=TaskStatus.SENDING,
            fence=0,
            request_id=request.request_id,
            upstream=upstream.name,
            ticket="",
            external_task_id=submission.external_task_id or "",
            callback_url=submission.callback_url or "",
            resolution=submission.resolution,
            aspect_ratio=submission.aspect_ratio,
            duration_s=submission.duration_s,
            body_sha256=submission.body_sha256,
            price_micros=price.amount_micros,
            price_version=price.version,
            currency=price.currency,
            message="",
            created_ms=now_ms,
            updated_ms=now_ms,
            sent_ms=0,
            # The safety net: if this process dies while sending, tracking takes over then.
            next_ms=now_ms + self.submit_wait_s * 1_000 + SAFETY_MARGIN_MS,
            deadline_ms=now_ms + self.deadline_s * 1_000,
            polls=0,
            answer=b"",
        )

    # --- after the first commit ---------------------------------------------------------------

    async def _send(
        self,
        task: Task,
        request: CreateRequest,
        submission: Submission,
        candidates: Sequence[Upstream],
    ) -> CreateAnswer:
        reasons: list[str] = []
        for upstream in candidates:
            if upstream.name != task.upstream:
                task = await self._hand_to(task, upstream)
            answer = await upstream.submit(_order(task, request, submission))
            match answer:
                case Ticket() | Uncertain():
                    return await self._record(task, answer)
                case Refused(blames_operator=False):
                    await self._refuse(task, f"{upstream.name}: {answer.relay.message}")
                    return CreateAnswer(relay=answer.relay)
                case Refused() | Unreachable():
                    reasons.append(f"{upstream.name}: {_reason(answer)}")
                    _log.warning("upstream.not_available", task=task.id, reason=reasons[-1])
        await self._refuse(task, "; ".join(reasons))
        raise Unavailable

    async def _hand_to(self, task: Task, upstream: Upstream) -> Task:
        moved = await self.database.write(
            tasks.move,
            task,
            status=task.status,
            now_ms=self.clock_ms(),
            next_ms=self.clock_ms() + self.submit_wait_s * 1_000 + SAFETY_MARGIN_MS,
            upstream=upstream.name,
        )
        if moved is None:
            # Tracking took over: this process was away too long to be trusted with a send.
            raise Unavailable
        return moved

    async def _record(self, task: Task, answer: Ticket | Uncertain) -> CreateAnswer:
        try:
            return await self.database.write(
                self._keep_outcome, task.id, answer, now_ms=self.clock_ms()
            )
        except FramegateError:
            # It was sent and we cannot write that down: the row still says `sending`, and
            # tracking will look it up. The caller is told the truth: we do not know.
            _log.exception("submit.not_recorded", task=task.id)
            return CreateAnswer(relay=pace.unknown_outcome(task), task_id=task.id)

    def _keep_outcome(
        self, tx: Transaction, task_id: str, answer: Ticket | Uncertain, *, now_ms: int
    ) -> CreateAnswer:
        task = tasks.by_id(tx, task_id)
        assert task is not None  # Tasks are never deleted.
        if isinstance(answer, Ticket):
            if not task.status.is_terminal and not task.ticket:
                _accept(tx, task, answer, now_ms=now_ms)
            return CreateAnswer(relay=answer.relay, task_id=task_id)
        if task.status is TaskStatus.SENDING:
            pace.mark_uncertain(
                tx,
                task,
                reason=answer.reason,
                release_after_s=self.uncertain_release_s,
                now_ms=now_ms,
            )
        return CreateAnswer(relay=pace.unknown_outcome(task), task_id=task_id)

    async def _refuse(self, task: Task, note: str) -> None:
        await self.database.write(_refuse_now, task.id, note, now_ms=self.clock_ms())


def _accept(tx: Transaction, task: Task, ticket: Ticket, *, now_ms: int) -> None:
    next_ms = now_ms + pace.poll_wait_ms(0)
    moved = tasks.move(
        tx,
        task,
        status=TaskStatus.SUBMITTED,
        now_ms=now_ms,
        next_ms=next_ms,
        ticket=ticket.id,
        answer=msgspec.json.encode(ticket.relay),
        sent_ms=now_ms,
    )
    if moved is not None:
        engine.enqueue(tx, "track", task.id, at_ms=next_ms)
        tell.endpoints_of(tx, moved, now_ms=now_ms)


def _refuse_now(tx: Transaction, task_id: str, note: str, *, now_ms: int) -> None:
    task = tasks.by_id(tx, task_id)
    # Tracking may have lost patience meanwhile; a definite no is still a definite no.
    if task is not None and task.status in {TaskStatus.SENDING, TaskStatus.UNCERTAIN}:
        finish.refuse(tx, task, note=note, now_ms=now_ms)


def _recall(tx: Transaction, request: CreateRequest) -> CreateAnswer | None:
    """The answer that a repeat of the request gets (rule 50).

    raises   IdempotencyConflict for other bytes, IdempotencyInFlight for a twin on its way
    """
    known = tasks.remembered(
        tx,
        account_id=request.caller.account.id,
        path=request.path,
        key=request.idempotency_key,
    )
    if known is None:
        return None
    body_sha256, task_id = known
    if body_sha256 != request.body_sha256:
        raise IdempotencyConflict
    task = tasks.by_id(tx, task_id)
    if task is None or not task.answer:
        raise IdempotencyInFlight
    relay = msgspec.json.decode(task.answer, type=Relay)
    return CreateAnswer(relay=relay, task_id=task_id, is_replay=True)


def _refuse_duplicate(tx: Transaction, account_id: str, submission: Submission) -> None:
    external_id = submission.external_task_id
    if external_id and tasks.by_external_id(tx, account_id, external_id) is not None:
        shown = msgspec.json.encode(external_id[:EXTERNAL_ID_ECHO_MAX]).decode()
        message = f"options.external_task_id {shown} already exists"
        raise FieldsInvalid((FieldError(path="/options/external_task_id", message=message),))


def _order(task: Task, request: CreateRequest, submission: Submission) -> Order:
    return Order(
        task_id=task.id,
        account_id=task.account_id,
        request_id=request.request_id,
        submission=submission,
    )


def _reason(answer: SubmitAnswer) -> str:
    match answer:
        case Refused(relay=relay):
            return f"refuses our account: HTTP {relay.http_status}, code {relay.code}"
        case Unreachable(reason=reason) | Uncertain(reason=reason):
            return reason
        case Ticket():
            return "took it"
