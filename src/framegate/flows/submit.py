"""From a caller's bytes to a task that cannot be lost.

The web calls it once a key is known. Judge and price; commit task, hold and wake-up; only then
let anything leave; then commit what the upstream said. After the first commit the rest runs to
its end even if the caller goes away.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import msgspec
import structlog

from framegate import crash, ids
from framegate.domain.ledger import Account, Caller
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
from framegate.domain.upstream import (
    Order,
    Refused,
    SubmitAnswer,
    Ticket,
    Uncertain,
    Unreachable,
    Upstream,
)
from framegate.engine import embedded as engine
from framegate.errors import (
    FramegateError,
    NotFound,
    TooManyTasks,
    Unavailable,
)
from framegate.flows import finish, pace, pool, tell
from framegate.flows.pool import MODEL_ECHO_MAX, Choice, Pool
from framegate.flows.request import CreateAnswer, CreateRequest, recall, refuse_duplicate
from framegate.flows.tally import Tally
from framegate.store import accounts, tasks
from framegate.store.database import Database, Transaction
from framegate.upstreams.enlisting import enlists

_log = structlog.get_logger("framegate.flows.submit")

# How much longer than the upstream's own deadline the safety net waits before it takes over.
SAFETY_MARGIN_MS = 15_000
BODY_BYTES_AT_ONCE_MAX = 65_536
KEEP_EVERY_S = 1
SLEPT = "this process slept too long to be trusted with a send"

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
    _keeping: set[asyncio.Task[None]] = field(default_factory=set)

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
        crash.at("submit.body")
        candidates = self.candidates(request.model, request.kind)
        if request.idempotency_key:
            again = await self.database.read(recall, request)
            if again is not None:
                return again
        submission = await self._judged(request.body, request.model, request.kind)
        crash.at("begin.before")
        begun = await self.database.write(
            self._begin, request, submission, candidates, now_ms=self.clock_ms()
        )
        crash.at("begin.after")
        if isinstance(begun, CreateAnswer):
            return begun
        # The caller may hang up now; what is sent must still be recorded.
        task, choice = begun
        sending = asyncio.create_task(
            self._send(task, choice, request, submission, untried=candidates)
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
            caller.account,
            now_ms=self.clock_ms(),
        )
        await self.database.read(
            accounts.check_credit,
            account_id=caller.account.id,
            amount_micros=price.amount_micros,
            currency=price.currency,
        )
        return price

    async def close(self) -> None:
        """Wait for what has been sent and not been recorded yet; what cannot be is left."""
        await asyncio.gather(*self._sending, return_exceptions=True)
        for keeping in self._keeping:
            keeping.cancel()
        await asyncio.gather(*self._keeping, return_exceptions=True)

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
        choice = self._choose(tx, candidates, price, request.caller.account, now_ms=now_ms)
        upstream = choice.upstream
        task = self._new_task(request, submission, price, upstream, now_ms)
        tasks.begin(tx, task, body=request.body)
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
        crash.at("begin.inside")
        if enlists(upstream):
            ticket = upstream.enlist(tx, self._order(task, request, submission), now_ms=now_ms)
            self._accept(tx, task, ticket, now_ms=now_ms)
            pool.learn(tx, task.upstream, ticket, took_ms=None, now_ms=now_ms)
            return CreateAnswer(relay=ticket.relay, task_id=task.id)
        pool.begin_probe(tx, choice, now_ms=now_ms)
        return task, choice

    def _choose(
        self,
        tx: Transaction,
        candidates: list[Upstream],
        price: Quote,
        account: Account,
        *,
        now_ms: int,
    ) -> Choice:
        try:
            return self.pool.choose(tx, candidates, now_ms=now_ms)
        except Unavailable:
            # Of two reasons the caller hears of the one that waiting does not mend (rule 33).
            accounts.check_credit(
                tx,
                account_id=account.id,
                amount_micros=price.amount_micros,
                currency=price.currency,
            )
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
        choice: Choice,
        request: CreateRequest,
        submission: Submission,
        *,
        untried: list[Upstream],
    ) -> CreateAnswer:
        refusals: list[Refused] = []
        while True:
            upstream, began_ms = choice.upstream, self.clock_ms()
            crash.at("send.before")
            answer = await self._asked(task, choice, self._order(task, request, submission))
            crash.at("send.answered")
            took_ms = self.clock_ms() - began_ms
            self.tally.note_create(upstream.name, answer, took_ms)
            if isinstance(answer, Ticket | Uncertain):
                return await self._record(task, answer, took_ms=took_ms)
            _log.warning(
                "upstream.not_taken",
                task=task.id,
                upstream=upstream.name,
                reason=pool.reason(answer),
            )
            if isinstance(answer, Refused) and not answer.blames_operator:
                refusals.append(answer)
            untried = [each for each in untried if each is not upstream]
            next_ones = untried if _may_go_on(answer) else []
            try:
                handed = await self.database.write(
                    self._hand_over,
                    task,
                    answer,
                    next_ones,
                    took_ms=took_ms,
                    now_ms=self.clock_ms(),
                )
            except FramegateError:
                return _not_recorded(task)
            if handed is None:
                return _nobody_took_it(refusals)
            task, choice = handed

    async def _asked(self, task: Task, choice: Choice, order: Order) -> SubmitAnswer:
        """The upstream's answer; one whose breaker was open is first asked if it is there."""
        if choice.is_probe:
            checked = await choice.upstream.check()
            if not checked.is_well:
                return Unreachable(reason=f"still not well: {checked.says}")
        if self.clock_ms() >= task.next_ms:
            # This process slept past the moment at which tracking doubts the task. By now it may
            # be given up, or resolved by a person: what is not sent cannot be bought for nobody.
            return Unreachable(reason=SLEPT)
        return await choice.upstream.submit(order)

    def _hand_over(
        self,
        tx: Transaction,
        task: Task,
        answer: SubmitAnswer,
        untried: list[Upstream],
        *,
        took_ms: int,
        now_ms: int,
    ) -> tuple[Task, Choice] | None:
        """Give the task to the next upstream, or end it: nothing was bought so far."""
        pool.learn(tx, task.upstream, answer, took_ms=took_ms, now_ms=now_ms)
        note = f"{task.upstream}: {pool.reason(answer)}"
        try:
            choice = self.pool.choose(tx, untried, now_ms=now_ms)
        except (Unavailable, TooManyTasks):
            _refuse_now(tx, task.id, note, now_ms=now_ms)
            return None
        moved = tasks.move(
            tx,
            task,
            status=TaskStatus.SENDING,
            now_ms=now_ms,
            next_ms=now_ms + self.submit_wait_s * 1_000 + SAFETY_MARGIN_MS,
            upstream=choice.upstream.name,
            operator_note=note,
        )
        if moved is None:
            # Tracking took over, because this process was away too long to be trusted with a
            # send. A definite no is still a definite no.
            _refuse_now(tx, task.id, note, now_ms=now_ms)
            return None
        # A look that began before this write is fenced off, and takes the old wake-up with it.
        engine.enqueue(tx, "track", task.id, at_ms=moved.next_ms)
        pool.begin_probe(tx, choice, now_ms=now_ms)
        return moved, choice

    async def _record(
        self, task: Task, answer: Ticket | Uncertain, *, took_ms: int
    ) -> CreateAnswer:
        crash.at("ticket.before")
        try:
            recorded = await self._kept(task, answer, took_ms=took_ms)
        except FramegateError:
            self._keep_later(task, answer, took_ms=took_ms)
            return _not_recorded(task)
        crash.at("ticket.after")
        return recorded

    async def _kept(self, task: Task, answer: Ticket | Uncertain, *, took_ms: int) -> CreateAnswer:
        return await self.database.write(
            self._keep_outcome, task, answer, took_ms=took_ms, now_ms=self.clock_ms()
        )

    def _keep_later(self, task: Task, answer: Ticket | Uncertain, *, took_ms: int) -> None:
        """Go on trying to write down what only this process knows.

        An order without an external id can be looked up by nobody: if its ticket got lost, a video
        that was paid for would be given up.
        """
        keeping = asyncio.create_task(self._keep_once_possible(task, answer, took_ms=took_ms))
        self._keeping.add(keeping)
        keeping.add_done_callback(self._keeping.discard)

    async def _keep_once_possible(
        self, task: Task, answer: Ticket | Uncertain, *, took_ms: int
    ) -> None:
        while self.clock_ms() < task.deadline_ms:
            await asyncio.sleep(KEEP_EVERY_S)
            try:
                await self._kept(task, answer, took_ms=took_ms)
            except FramegateError:
                continue
            _log.info("submit.recorded_late", task=task.id)
            return

    def _keep_outcome(
        self,
        tx: Transaction,
        sent: Task,
        answer: Ticket | Uncertain,
        *,
        took_ms: int,
        now_ms: int,
    ) -> CreateAnswer:
        pool.learn(tx, sent.upstream, answer, took_ms=took_ms, now_ms=now_ms)
        if isinstance(answer, Ticket) and self._accept(tx, sent, answer, now_ms=now_ms):
            return CreateAnswer(relay=answer.relay, task_id=sent.id)
        # Tracking wrote to the row meanwhile: what it is by now decides.
        task = tasks.by_id(tx, sent.id)
        assert task is not None  # Tasks are never deleted.
        if isinstance(answer, Ticket):
            if not task.status.is_terminal and not task.ticket:
                self._accept(tx, task, answer, now_ms=now_ms)
            return CreateAnswer(relay=answer.relay, task_id=task.id)
        if task.status is TaskStatus.SENDING:
            pace.mark_uncertain(
                tx,
                task,
                reason=answer.reason,
                release_after_s=self.uncertain_release_s,
                now_ms=now_ms,
            )
        return CreateAnswer(relay=pace.unknown_outcome(task), task_id=task.id)

    def _accept(self, tx: Transaction, task: Task, ticket: Ticket, *, now_ms: int) -> bool:
        """Keep the ticket; False when somebody wrote to the task since it was read."""
        taken = replace(task, ticket=ticket.id, sent_ms=now_ms)
        next_ms = pace.look_at_ms(tx, taken, self.pool.named(task.upstream), now_ms=now_ms)
        moved = tasks.move(
            tx,
            task,
            status=TaskStatus.SUBMITTED,
            now_ms=now_ms,
            next_ms=next_ms,
            ticket=ticket.id,
            answer=msgspec.json.encode(ticket.relay),
            sent_ms=now_ms,
            # Tracking may have taken it for uncertain meanwhile, which brings the end forward.
            deadline_ms=task.created_ms + self.deadline_s * 1_000,
        )
        crash.at("ticket.inside")
        if moved is not None:
            engine.enqueue(tx, "track", task.id, at_ms=next_ms)
            tell.endpoints_of(tx, moved, now_ms=now_ms)
        return moved is not None

    def _order(self, task: Task, request: CreateRequest, submission: Submission) -> Order:
        return Order(
            task_id=task.id,
            account_id=task.account_id,
            request_id=request.request_id,
            submission=submission,
            report_to=self.report_to(task.id),
        )


def _not_recorded(task: Task) -> CreateAnswer:
    """We cannot write down what we know: the row still says `sending`, and its hold is open.

    What we know is written down as soon as that is possible; should this process die before, then
    tracking will look the order up, or release it at its deadline. The caller is told what the row
    says: not that nothing was created, but that it is not known.
    """
    _log.exception("submit.not_recorded", task=task.id)
    return CreateAnswer(relay=pace.unknown_outcome(task), task_id=task.id)


def _may_go_on(answer: SubmitAnswer) -> bool:
    """Whether the next upstream may be asked: surely nothing was bought, and not for the order."""
    return isinstance(answer, Unreachable) or (
        isinstance(answer, Refused) and (answer.blames_operator or answer.may_go_elsewhere)
    )


def _nobody_took_it(refusals: list[Refused]) -> CreateAnswer:
    """The last refusal that concerns the customer; else that nobody is there (rules 34, 83)."""
    if refusals:
        return CreateAnswer(relay=refusals[-1].relay)
    raise Unavailable


def _refuse_now(tx: Transaction, task_id: str, note: str, *, now_ms: int) -> None:
    task = tasks.by_id(tx, task_id)
    # Tracking may have lost patience meanwhile; a definite no is still a definite no.
    if task is not None and task.status in {TaskStatus.SENDING, TaskStatus.UNCERTAIN}:
        finish.refuse(tx, task, note=note, now_ms=now_ms)
