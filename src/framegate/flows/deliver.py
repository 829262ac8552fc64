"""Tell one event to one address, once per run.

The body is written afresh for every attempt, so that its video link lives; the webhook-id stays.
Redirects are failures, 410 ends it and disables the endpoint, and a slow receiver holds up only
its own host's line.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime

import msgspec
import structlog

from framegate import crash, ids, tracing
from framegate.domain import url as urls
from framegate.domain.delivery import (
    ANSWER_BYTES_KEPT,
    JITTER_PERMILLE_MAX,
    Attempt,
    Delivery,
    DeliveryStatus,
    next_attempt_ms,
)
from framegate.domain.endpoint import DisabledWhy, Endpoint
from framegate.domain.event import body_of_a_test, event_body
from framegate.domain.kling import vendor_task
from framegate.domain.ledger import Account
from framegate.domain.link import Links
from framegate.domain.signature import Keyring, webhook_headers
from framegate.domain.task import Task
from framegate.engine import embedded as engine
from framegate.engine.embedded import Wake
from framegate.errors import OutboundError, TooManyRequests
from framegate.flows import subscribe
from framegate.flows.turns import Turns
from framegate.outbound import Outbound
from framegate.store import accounts, deliveries, endpoints, tasks
from framegate.store.database import Database, Transaction

HOST_BUSY_WAIT_MS = 1_000
RETRY_AFTER_DIGITS_MAX = 18
# As often as the vendor sends its own (its page on callbacks).
TEST_EVERY_MS = 6_000
# All that the account is told of a failed connection: nothing about our network.
NO_ANSWER = "no answer"

_log = structlog.get_logger("framegate.flows.deliver")


@dataclass(frozen=True, kw_only=True)
class _Owed:
    """One delivery with all that its attempt needs; no endpoint for a task's own callback."""

    delivery: Delivery
    task: Task
    account: Account
    endpoint: Endpoint | None


@dataclass(kw_only=True)
class Deliver:
    """The flow, with what it works on. `__call__` is what the engine's deliver lane runs."""

    database: Database
    outbound: Outbound
    links: Links
    keyring: Keyring
    attempt_wait_s: int
    per_host_max: int
    clock_ms: Callable[[], int]
    per_account_max: int = 16
    jitter_permille: Callable[[], int] = field(
        default=lambda: random.randrange(JITTER_PERMILLE_MAX + 1)  # noqa: S311 - spreads load only
    )
    _tested_ms: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Nobody is on the way yet."""
        self._turns = Turns(
            per_host_max=self.per_host_max,
            per_account_max=self.per_account_max,
            wait_ms_min=HOST_BUSY_WAIT_MS,
        )

    async def __call__(self, wake: Wake) -> None:
        """Try one delivery once and write down what came of it."""
        owed = await self.database.read(_owed, wake.subject)
        if owed is None:
            return
        host, account_id = _host(owed.delivery.url), owed.account.id
        at_ms = self.clock_ms()
        if at_ms < owed.delivery.next_ms:
            # A wake-up that was read before the last attempt was written down: the schedule holds.
            await self.database.write(
                engine.reschedule, "deliver", wake, at_ms=owed.delivery.next_ms
            )
            return
        back_ms = self._turns.take(host, account_id, now_ms=at_ms)
        if back_ms:
            # Its other deliveries hold their places: this one waits without using up an attempt.
            await self.database.write(_wait, wake, owed.delivery, next_ms=back_ms)
            return
        try:
            attempt = await self._traced(owed)
        finally:
            now_ms = self.clock_ms()
            self._turns.give_back(host, account_id, took_ms=now_ms - at_ms, now_ms=now_ms)
        if attempt.is_success:
            crash.at("deliver.taken")
        await self.database.write(self._record, wake, owed.delivery, attempt)
        if attempt.is_success:
            crash.at("deliver.recorded")

    async def test(self, endpoint: Endpoint) -> Attempt:
        """Tell an endpoint a test, once and now; nothing of it is kept.

        raises   TooManyRequests: one test an endpoint in TEST_EVERY_MS, and a busy host is spared
        """
        now_ms, host = self.clock_ms(), _host(endpoint.url)
        self._tested_ms = {
            tested: at_ms
            for tested, at_ms in self._tested_ms.items()
            if 0 <= now_ms - at_ms < TEST_EVERY_MS  # Below 0: the clock was set back.
        }
        if endpoint.id in self._tested_ms:
            seconds = TEST_EVERY_MS // 1_000
            message = (
                f"too many requests: the limit is 1 test in {seconds} seconds for this webhook"
            )
            raise TooManyRequests(message, retry_after_s=seconds)
        if self._turns.take(host, endpoint.account_id, now_ms=now_ms):
            message = "too many requests: deliveries to this host are still waiting for its answer"
            raise TooManyRequests(message, retry_after_s=self.attempt_wait_s)
        self._tested_ms[endpoint.id] = now_ms
        body = body_of_a_test(at_ms=now_ms)
        secrets = self._secrets_of(endpoint, now_ms)
        try:
            return await self._tell(ids.new("msg"), endpoint.url, body, secrets)
        finally:
            took_ms = self.clock_ms() - now_ms
            self._turns.give_back(
                host, endpoint.account_id, took_ms=took_ms, now_ms=now_ms + took_ms
            )

    async def _traced(self, owed: _Owed) -> Attempt:
        delivery = owed.delivery
        with tracing.of_task(
            "deliver",
            owed.task.id,
            delivery_id=delivery.id,
            event=delivery.event,
            attempt=delivery.attempts + 1,
        ) as span:
            attempt = await self._try(owed)
            span.note(http_status=attempt.http_status)
            return attempt

    async def _try(self, owed: _Owed) -> Attempt:
        now_ms, delivery, task = self.clock_ms(), owed.delivery, owed.task
        video_url = self.links.make("videos", task.video.id, now_ms=now_ms) if task.video else ""
        if owed.endpoint is None:
            body = msgspec.json.encode(vendor_task(task, video_url=video_url))
            secrets = self._secrets_of_account(owed.account)
        else:
            body = event_body(task, delivery.event, at_ms=delivery.created_ms, video_url=video_url)
            secrets = self._secrets_of(owed.endpoint, now_ms)
        return await self._tell(delivery.id, delivery.url, body, secrets)

    async def _tell(
        self, message_id: str, url: str, body: bytes, secrets: Sequence[str]
    ) -> Attempt:
        at_ms = self.clock_ms()
        headers = {"Content-Type": "application/json; charset=utf-8"}
        if secrets:
            headers |= webhook_headers(
                secrets, message_id=message_id, timestamp_s=at_ms // 1_000, body=body
            )
        try:
            answer = await self.outbound.tell(
                url,
                body=body,
                headers=headers,
                wait_s_max=self.attempt_wait_s,
                answer_bytes_kept=ANSWER_BYTES_KEPT,
            )
        except OutboundError as error:
            _log.info("delivery.no_answer", delivery=message_id, error=repr(error))
            took_ms = self.clock_ms() - at_ms
            return Attempt(at_ms=at_ms, took_ms=took_ms, http_status=0, error=NO_ANSWER, answer=b"")
        return Attempt(
            at_ms=at_ms,
            took_ms=self.clock_ms() - at_ms,
            http_status=answer.status,
            error="",
            answer=answer.body,
            retry_after_s=_retry_after_s(
                answer.headers.get("Retry-After", ""), now_s=self.clock_ms() // 1_000
            ),
        )

    def _secrets_of(self, endpoint: Endpoint, now_ms: int) -> list[str]:
        generations = endpoint.generations(now_ms=now_ms)
        return [self.keyring.webhook_secret(endpoint.id, each) for each in generations]

    def _secrets_of_account(self, account: Account) -> list[str]:
        generation = account.webhook_generation
        return [self.keyring.webhook_secret(account.id, generation)] if generation else []

    def _record(self, tx: Transaction, wake: Wake, tried: Delivery, attempt: Attempt) -> None:
        # Read again: sent again by hand while this attempt ran, it has a new schedule.
        delivery = deliveries.by_id(tx, tried.id)
        if delivery is None or delivery.attempts != tried.attempts:
            return
        next_ms = None
        status = DeliveryStatus.DELIVERED
        if not attempt.is_success:
            next_ms = next_attempt_ms(
                delivery.attempts_of_schedule + 1, attempt, jitter_permille=self.jitter_permille()
            )
            status = DeliveryStatus.FAILED if next_ms is None else DeliveryStatus.PENDING
        is_ours = deliveries.record(tx, delivery, attempt, status=status, next_ms=next_ms or 0)
        if is_ours and next_ms is not None:
            engine.reschedule(tx, "deliver", wake, at_ms=next_ms)
        if is_ours and attempt.is_final and delivery.endpoint_id:
            ended_ms = attempt.at_ms + attempt.took_ms
            subscribe.stop(tx, delivery.endpoint_id, why=DisabledWhy.GONE, now_ms=ended_ms)


def _owed(tx: Transaction, delivery_id: str) -> _Owed | None:
    delivery = deliveries.by_id(tx, delivery_id)
    if delivery is None or delivery.status is not DeliveryStatus.PENDING:
        return None
    task = tasks.by_id(tx, delivery.task_id)
    if task is None:
        return None
    endpoint = None
    if delivery.endpoint_id:
        endpoint = endpoints.of_caller(tx, delivery.account_id, delivery.endpoint_id)
        if endpoint is None or not endpoint.is_enabled:
            return None
    return _Owed(
        delivery=delivery,
        task=task,
        account=accounts.account_by_id(tx, delivery.account_id),
        endpoint=endpoint,
    )


def _wait(tx: Transaction, wake: Wake, delivery: Delivery, *, next_ms: int) -> None:
    deliveries.postpone(tx, delivery, next_ms=next_ms)
    engine.reschedule(tx, "deliver", wake, at_ms=next_ms)


def _host(url: str) -> str:
    """Whom an address reaches, in one spelling: `HOOKS.example` is no second host."""
    read = urls.read(url)
    return url if isinstance(read, urls.Flaw) else read.endpoint


def _retry_after_s(text: str, *, now_s: int) -> int | None:
    """Seconds, or the seconds until a date; None when it is neither (RFC 9110, 10.2.3)."""
    if text.isascii() and text.isdigit():
        # Whoever writes more digits asks for more than the longest wait all the same.
        return int(text[:RETRY_AFTER_DIGITS_MAX])
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return max(0, int(date.replace(tzinfo=date.tzinfo or UTC).timestamp()) - now_s)
