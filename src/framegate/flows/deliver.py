"""Tell one event to one address, once per run.

The body is written afresh for every attempt, so that its video link lives; the webhook-id stays.
Redirects are failures, 410 ends it, and a slow receiver holds up only its own host's line.
"""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import msgspec
import structlog

from framegate.domain.delivery import (
    ANSWER_BYTES_KEPT,
    JITTER_PERMILLE_MAX,
    Attempt,
    Delivery,
    DeliveryStatus,
    next_attempt_ms,
)
from framegate.domain.kling import vendor_task
from framegate.domain.ledger import Account
from framegate.domain.link import Links
from framegate.domain.signature import Keyring, sign_webhook
from framegate.domain.task import Task
from framegate.engine import embedded as engine
from framegate.engine.embedded import Wake
from framegate.errors import OutboundError
from framegate.outbound import Outbound
from framegate.store import accounts, deliveries, tasks
from framegate.store.database import Database, Transaction

HOST_BUSY_WAIT_MS = 1_000
RETRY_AFTER_DIGITS_MAX = 18
# All that the account is told of a failed connection: nothing about our network.
NO_ANSWER = "no answer"

_log = structlog.get_logger("framegate.flows.deliver")


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
    jitter_permille: Callable[[], int] = field(
        default=lambda: random.randrange(JITTER_PERMILLE_MAX + 1)  # noqa: S311 - spreads load only
    )
    _busy_hosts: Counter[str] = field(default_factory=Counter)

    async def __call__(self, wake: Wake) -> None:
        """Try one delivery once and write down what came of it."""
        owed = await self.database.read(_owed, wake.subject)
        if owed is None:
            return
        delivery, task, account = owed
        host = urlsplit(delivery.url).netloc
        if self._busy_hosts[host] >= self.per_host_max:
            # Its other deliveries hold their places: this one waits without using up an attempt.
            await self.database.write(
                engine.reschedule, "deliver", wake, at_ms=self.clock_ms() + HOST_BUSY_WAIT_MS
            )
            return
        self._busy_hosts[host] += 1
        try:
            attempt = await self._try(delivery, task, account)
        finally:
            self._busy_hosts[host] -= 1
            self._busy_hosts += Counter()  # Drops hosts at zero, so that the table stays small.
        await self.database.write(self._record, wake, delivery, attempt)

    async def _try(self, delivery: Delivery, task: Task, account: Account) -> Attempt:
        at_ms = self.clock_ms()
        video_url = self.links.make("videos", task.video.id, now_ms=at_ms) if task.video else ""
        body = msgspec.json.encode(vendor_task(task, video_url=video_url))
        try:
            answer = await self.outbound.tell(
                delivery.url,
                body=body,
                headers=self._headers(delivery, account, body, now_s=at_ms // 1_000),
                wait_s_max=self.attempt_wait_s,
                answer_bytes_kept=ANSWER_BYTES_KEPT,
            )
        except OutboundError as error:
            _log.info("delivery.no_answer", delivery=delivery.id, error=repr(error))
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

    def _headers(
        self, delivery: Delivery, account: Account, body: bytes, *, now_s: int
    ) -> dict[str, str]:
        headers = {"Content-Type": "application/json; charset=utf-8"}
        if not account.webhook_generation:
            return headers
        secret = self.keyring.webhook_secret(account.id, account.webhook_generation)
        return headers | {
            "webhook-id": delivery.id,
            "webhook-timestamp": str(now_s),
            "webhook-signature": sign_webhook(
                secret, message_id=delivery.id, timestamp_s=now_s, body=body
            ),
        }

    def _record(self, tx: Transaction, wake: Wake, delivery: Delivery, attempt: Attempt) -> None:
        next_ms = None
        status = DeliveryStatus.DELIVERED
        if not attempt.is_success:
            next_ms = next_attempt_ms(
                delivery.attempts + 1, attempt, jitter_permille=self.jitter_permille()
            )
            status = DeliveryStatus.FAILED if next_ms is None else DeliveryStatus.PENDING
        is_ours = deliveries.record(tx, delivery, attempt, status=status, next_ms=next_ms or 0)
        if is_ours and next_ms is not None:
            engine.reschedule(tx, "deliver", wake, at_ms=next_ms)


def _owed(tx: Transaction, delivery_id: str) -> tuple[Delivery, Task, Account] | None:
    delivery = deliveries.by_id(tx, delivery_id)
    if delivery is None or delivery.status is not DeliveryStatus.PENDING:
        return None
    task = tasks.by_id(tx, delivery.task_id)
    if task is None:
        return None
    return delivery, task, accounts.account_by_id(tx, delivery.account_id)


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
