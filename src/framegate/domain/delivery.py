"""Deliveries: one telling of one event to one place, and when it is tried again.

The schedule is SAFETY promise 14. Jitter comes in as a number so that this file stays pure.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

EventType = Literal["task.submitted", "task.processing", "task.succeeded", "task.failed"]

# Seconds from one attempt to the next; the first is made at once.
WAITS_S = (0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
ATTEMPTS_MAX = len(WAITS_S)
ATTEMPT_WAIT_S_MAX = 15
ANSWER_BYTES_KEPT = 1_024
RETRY_AFTER_S_MAX = 86_400
JITTER_PERMILLE_MAX = 200
HTTP_GONE = 410


class DeliveryStatus(StrEnum):
    """A delivery is pending until a 2xx, or until it is given up, visibly."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One telling. `id` is the webhook-id of every attempt."""

    id: str
    account_id: str
    task_id: str
    event: EventType
    url: str
    status: DeliveryStatus
    attempts: int
    created_ms: int


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One try: what came back, or why nothing did. `http_status` 0 means no answer."""

    at_ms: int
    took_ms: int
    http_status: int
    error: str
    answer: bytes
    retry_after_s: int | None = None

    @property
    def is_success(self) -> bool:
        """Any 2xx. A redirect is a failure: nobody signed up for the other address."""
        return 200 <= self.http_status < 300  # noqa: PLR2004 - the class of statuses itself

    @property
    def is_final(self) -> bool:
        """410 Gone: the receiver asks not to be told again."""
        return self.http_status == HTTP_GONE


def next_attempt_ms(attempts_made: int, attempt: Attempt, *, jitter_permille: int) -> int | None:
    """Say when to try again after a failed attempt, or None to give up.

    jitter_permille  0 to JITTER_PERMILLE_MAX: added to the wait, so that receivers that fell
                     together are not woken together
    """
    if attempt.is_final or attempts_made >= ATTEMPTS_MAX:
        return None
    wait_ms = WAITS_S[attempts_made] * (1_000 + jitter_permille)
    if attempt.retry_after_s is not None:
        wait_ms = max(wait_ms, min(attempt.retry_after_s, RETRY_AFTER_S_MAX) * 1_000)
    return attempt.at_ms + attempt.took_ms + wait_ms
