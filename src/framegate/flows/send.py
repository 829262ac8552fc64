"""From a task that is committed to what its upstream said of it.

Submit calls it after the first commit. Only an outcome that surely bought nothing leads to the next
upstream of the pool; what an upstream answered is committed before the caller hears of it.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import msgspec
import structlog

from framegate import crash, tracing
from framegate.domain.submission import Submission
from framegate.domain.task import Task, TaskStatus
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
from framegate.errors import FramegateError, TooManyTasks, Unavailable
from framegate.flows import finish, pace, pool, tell
from framegate.flows.pool import Choice, Pool
from framegate.flows.request import CreateAnswer, CreateRequest
from framegate.flows.tally import Tally
from framegate.store import tasks
from framegate.store.database import Database, Transaction

_log = structlog.get_logger("framegate.flows.send")

# How much longer than the upstream's own deadline the safety net waits before it takes over.
SAFETY_MARGIN_MS = 15_000
KEEP_EVERY_S = 1
SLEPT = "this process slept too long to be trusted with a send"


@dataclass(kw_only=True)
class Send:
    """The half of a create that follows its first commit, with what it works on."""

    database: Database
    pool: Pool
    submit_wait_s: int
    uncertain_release_s: int
    deadline_s: int
    clock_ms: Callable[[], int]
    report_to: Callable[[str], str]  # Our own address for an upstream's news of a task.
    tally: Tally = field(default_factory=Tally)
    _keeping: set[asyncio.Task[None]] = field(default_factory=set)

    async def close(self) -> None:
        """Try no longer to write down what could not be; tracking looks it up after the start."""
        for keeping in self._keeping:
            keeping.cancel()
        await asyncio.gather(*self._keeping, return_exceptions=True)

    def doubted_at_ms(self, now_ms: int) -> int:
        """The safety net: if this process dies while sending, tracking takes over then."""
        return now_ms + self.submit_wait_s * 1_000 + SAFETY_MARGIN_MS

    async def __call__(
        self,
        task: Task,
        choice: Choice,
        request: CreateRequest,
        submission: Submission,
        *,
        untried: list[Upstream],
    ) -> CreateAnswer:
        """Send one task to the upstream that was chosen, or to the next that may be asked.

        raises   Unavailable when nobody took it and none of them refused the order itself
        """
        refusals: list[Refused] = []
        while True:
            upstream, began_ms = choice.upstream, self.clock_ms()
            crash.at("send.before")
            with tracing.call("send", upstream=upstream.name, task_id=task.id) as span:
                answer = await self._asked(task, choice, self.order(task, request, submission))
                span.note(outcome=type(answer).__name__.lower())
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
            next_ms=self.doubted_at_ms(now_ms),
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
        if isinstance(answer, Ticket) and self.accept(tx, sent, answer, now_ms=now_ms):
            return CreateAnswer(relay=answer.relay, task_id=sent.id)
        # Tracking wrote to the row meanwhile: what it is by now decides.
        task = tasks.by_id(tx, sent.id)
        assert task is not None  # Tasks are never deleted.
        if isinstance(answer, Ticket):
            if not task.status.is_terminal and not task.ticket:
                self.accept(tx, task, answer, now_ms=now_ms)
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

    def accept(self, tx: Transaction, task: Task, ticket: Ticket, *, now_ms: int) -> bool:
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

    def order(self, task: Task, request: CreateRequest, submission: Submission) -> Order:
        """What an upstream is given to do."""
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
