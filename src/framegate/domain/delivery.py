"""Deliveries: one telling of one event to one place, and when it is tried again.

The schedule is promise 14. Jitter comes in as a number so that this file stays pure.
"""

from dataclasses import dataclass
from enum import StrEnum

from framegate.domain.event import EventType

# Seconds from one attempt to the next; the first is made at once.
WAITS_S = (0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
ATTEMPTS_MAX = len(WAITS_S)
ATTEMPTS_EVER_MAX = 1_000
"""Of one delivery, resends by hand included: each attempt is a row with up to 1 KB."""
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


class Resender(StrEnum):
    """Who sends a delivery again by hand."""

    OWNER = "owner"
    OPERATOR = "operator"


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
    created_ms: int  # When the event happened.
    endpoint_id: str = ""  # "": the task's own callback_url.
    attempts_before: int = 0  # Of them, made before it was last sent again by hand.
    next_ms: int = 0  # 0: it has ended.
    ended_ms: int = 0
    resent_ms: int = 0  # When it was last sent again by hand; 0: never.
    resent_by: str = ""  # Resender of that time; "": nobody.

    @property
    def attempts_of_schedule(self) -> int:
        """How far the schedule is that runs now, or ran last: a resend by hand begins a new one."""
        return self.attempts - self.attempts_before

    @property
    def is_exhausted(self) -> bool:
        """Tried so often, by schedules and by hand, that it is not sent again."""
        return self.attempts >= ATTEMPTS_EVER_MAX


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


def failed_why(delivery: Delivery, last: Attempt | None) -> str:
    """Why a delivery was given up; "" when it was not.

    last     its newest attempt. There are three ways to fail, so what is neither of the first two
             is the third
    """
    if delivery.status is not DeliveryStatus.FAILED:
        return ""
    if last is not None and last.is_final and delivery.attempts_of_schedule:
        return "the receiver answered 410"
    if delivery.attempts_of_schedule >= ATTEMPTS_MAX:
        return "every attempt of the schedule failed"
    return "its webhook was disabled"


def next_attempt_ms(attempts_made: int, attempt: Attempt, *, jitter_permille: int) -> int | None:
    """Say when to try again after a failed attempt, or None to give up.

    attempts_made    since the event, or since the delivery was last sent again by hand
    jitter_permille  0 to JITTER_PERMILLE_MAX: added to the wait, so that receivers that fell
                     together are not woken together
    """
    if attempt.is_final or attempts_made >= ATTEMPTS_MAX:
        return None
    wait_ms = WAITS_S[attempts_made] * (1_000 + jitter_permille)
    if attempt.retry_after_s is not None:
        wait_ms = max(wait_ms, min(attempt.retry_after_s, RETRY_AFTER_S_MAX) * 1_000)
    return attempt.at_ms + attempt.took_ms + wait_ms
