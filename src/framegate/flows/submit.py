"""From a caller's bytes to a task that cannot be lost.

The web calls it once a key is known. Judge and price; commit task, hold and wake-up; only then
let anything leave, which is `flows/send`. After the first commit the rest runs to its end even if
the caller goes away.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from framegate import crash, ids, tracing
from framegate.domain.ledger import Caller
from framegate.domain.quote import PriceList, Quote, quote
from framegate.domain.submission import (
    IMAGE_TO_VIDEO,
    TEXT_TO_VIDEO,
    Kind,
    Submission,
    parse_image_to_video,
)
from framegate.domain.task import Task, TaskStatus
from framegate.domain.text_to_video import parse_text_to_video
from framegate.domain.upstream import Upstream
from framegate.engine import embedded as engine
from framegate.errors import NotFound, Unavailable
from framegate.flows import pool
from framegate.flows.pool import MODEL_ECHO_MAX, Choice, Pool
from framegate.flows.request import CreateAnswer, CreateRequest, recall, refuse_duplicate
from framegate.flows.send import Send
from framegate.flows.share import Share
from framegate.flows.tally import Tally
from framegate.store import holds, idempotency, tasks
from framegate.store.database import Database, Transaction
from framegate.store.prompts import Prompt
from framegate.upstreams.enlisting import enlists

BODY_BYTES_AT_ONCE_MAX = 65_536

_PARSERS = {IMAGE_TO_VIDEO: parse_image_to_video, TEXT_TO_VIDEO: parse_text_to_video}


@dataclass(kw_only=True)
class Submit:
    """The flow, with what it works on."""

    database: Database
    pool: Pool
    prices: Mapping[str, PriceList]
    denied_fields: frozenset[str]
    allowed_addresses: frozenset[str]
    submit_wait_s: int
    uncertain_release_s: int
    deadline_s: int
    clock_ms: Callable[[], int]
    report_to: Callable[[str], str]  # Our own address for an upstream's news of a task.
    tally: Tally = field(default_factory=Tally)
    _sending: set[asyncio.Task[CreateAnswer]] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Make the line before the first commit, and the half that follows it."""
        self.share = Share(clock_ms=self.clock_ms)
        self.send = Send(
            database=self.database,
            pool=self.pool,
            submit_wait_s=self.submit_wait_s,
            uncertain_release_s=self.uncertain_release_s,
            deadline_s=self.deadline_s,
            clock_ms=self.clock_ms,
            report_to=self.report_to,
            tally=self.tally,
        )

    async def _judged(self, body: bytes, model: str, kind: Kind) -> Submission:
        if len(body) <= BODY_BYTES_AT_ONCE_MAX:
            return self.judge(body, model, kind)
        # A megabyte made to be slow (thousands of strange host names) takes a second: others wait
        # less when it is judged beside the event loop.
        return await asyncio.to_thread(self.judge, body, model, kind)

    def judge(self, body: bytes, model: str, kind: Kind) -> Submission:
        """Every 400 of the contract, or the submission."""
        return _PARSERS[kind](
            body,
            model=model,
            denied_fields=self.denied_fields,
            allowed_addresses=self.allowed_addresses,
        )

    def price(self, submission: Submission) -> Quote:
        """What the submission costs under today's list."""
        return quote(submission, self.prices[submission.model])

    def candidates(self, model: str, kind: Kind | None = None) -> list[Upstream]:
        """The upstreams that offer a model, in the operator's order.

        kind     what is asked of it; None: anything
        raises   NotFound for a model that nobody offers, or not for this, or that has no price
        """
        if model not in self.prices:
            raise NotFound(f"model not found: {model[:MODEL_ECHO_MAX]}")
        return self.pool.offering(model, kind)

    async def __call__(self, request: CreateRequest) -> CreateAnswer:
        """Create one task, or repeat the answer of its twin.

        raises   Refusal with nothing kept: fields, duplicate, credit, unavailable, busy
        """
        with tracing.span("submit") as span:
            answer = await self._answer(request)
            span.note(task_id=answer.task_id, is_replay=answer.is_replay)
            return answer

    async def _answer(self, request: CreateRequest) -> CreateAnswer:
        crash.at("submit.body")
        candidates = self.candidates(request.model, request.kind)
        if request.idempotency_key:
            again = await self.database.read(recall, request)
            if again is not None:
                return again
        async with self.share.of(request.caller.account.id):
            submission = await self._judged(request.body, request.model, request.kind)
            crash.at("begin.before")
            begun = await self.database.write(
                self._begin, request, submission, candidates, now_ms=self.clock_ms()
            )
            crash.at("begin.after")
        if isinstance(begun, CreateAnswer):
            if not begun.is_replay:
                _trace(begun.task_id, submission)
            return begun
        _trace(begun[0].id, submission)
        # The caller may hang up now; what is sent must still be recorded.
        task, choice = begun
        sending = asyncio.create_task(
            self.send(task, choice, request, submission, untried=candidates)
        )
        self._sending.add(sending)
        sending.add_done_callback(self._sending.discard)
        return await asyncio.shield(sending)

    async def rehearse(
        self, caller: Caller, body: bytes, model: str, kind: Kind = IMAGE_TO_VIDEO
    ) -> Quote:
        """Price a body, refusing what a create would refuse and keeping nothing (rule 89)."""
        submission = await self._judged(body, model, kind)
        price = self.price(submission)
        await self.database.read(refuse_duplicate, caller.account.id, submission)
        await self.database.read(
            self._choose,
            self.candidates(model, kind),
            price,
            caller,
            now_ms=self.clock_ms(),
        )
        await self.database.read(_check_hold, price, caller)
        return price

    async def close(self) -> None:
        """Wait for what has been sent and not been recorded yet; what cannot be is left."""
        await asyncio.gather(*self._sending, return_exceptions=True)
        await self.send.close()

    # --- before anything leaves ---------------------------------------------------------------

    def _begin(
        self,
        tx: Transaction,
        request: CreateRequest,
        submission: Submission,
        candidates: list[Upstream],
        *,
        now_ms: int,
    ) -> tuple[Task, Choice] | CreateAnswer:
        if request.idempotency_key:
            again = recall(tx, request)
            if again is not None:
                return again
        refuse_duplicate(tx, request.caller.account.id, submission)
        price = self.price(submission)
        choice = self._choose(tx, candidates, price, request.caller, now_ms=now_ms)
        upstream = choice.upstream
        task = self._new_task(request, submission, price, upstream, now_ms)
        tasks.begin(
            tx,
            task,
            body=request.body,
            prompt=Prompt(text=submission.prompt, picture_url=submission.first_frame_url),
        )
        holds.open_hold(
            tx,
            task_id=task.id,
            account_id=task.account_id,
            amount_micros=price.amount_micros,
            currency=price.currency,
            key_id=task.key_id,
            now_ms=now_ms,
        )
        if request.idempotency_key:
            idempotency.remember(
                tx,
                account_id=task.account_id,
                path=request.path,
                key=request.idempotency_key,
                body_sha256=request.body_sha256,
                task_id=task.id,
                now_ms=now_ms,
            )
        engine.enqueue(tx, "track", task.id, at_ms=task.next_ms)
        crash.at("begin.inside")
        if enlists(upstream):
            ticket = upstream.enlist(tx, self.send.order(task, request, submission), now_ms=now_ms)
            self.send.accept(tx, task, ticket, now_ms=now_ms)
            pool.learn(tx, task.upstream, ticket, took_ms=None, now_ms=now_ms)
            return CreateAnswer(relay=ticket.relay, task_id=task.id)
        pool.begin_probe(tx, choice, now_ms=now_ms)
        return task, choice

    def _choose(
        self,
        tx: Transaction,
        candidates: list[Upstream],
        price: Quote,
        caller: Caller,
        *,
        now_ms: int,
    ) -> Choice:
        try:
            return self.pool.choose(tx, candidates, now_ms=now_ms)
        except Unavailable:
            # Of two reasons the caller hears of the one that is its own to mend (rule 33).
            _check_hold(tx, price, caller)
            raise

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
            next_ms=self.send.doubted_at_ms(now_ms),
            deadline_ms=now_ms + self.deadline_s * 1_000,
            polls=0,
            answer=b"",
        )


def _trace(task_id: str, submission: Submission) -> None:
    tracing.task_begun(
        task_id,
        model=submission.model,
        resolution=submission.resolution or "",
        duration_s=submission.duration_s or "",
    )


def _check_hold(tx: Transaction, price: Quote, caller: Caller) -> None:
    holds.check_hold(
        tx,
        account_id=caller.account.id,
        key_id=caller.key.id,
        amount_micros=price.amount_micros,
        currency=price.currency,
    )
