import pytest
from hypothesis import given
from hypothesis import strategies as st

from framegate.domain.delivery import (
    ATTEMPTS_EVER_MAX,
    ATTEMPTS_MAX,
    JITTER_PERMILLE_MAX,
    RETRY_AFTER_S_MAX,
    Attempt,
    Delivery,
    DeliveryStatus,
    failed_why,
    next_attempt_ms,
)

AT_MS, TOOK_MS = 1_783_065_421_000, 15_000
ENDED_MS = AT_MS + TOOK_MS
# Promise 14, written again by hand.
WAITS_S = {
    1: 5,
    2: 5 * 60,
    3: 30 * 60,
    4: 2 * 3600,
    5: 5 * 3600,
    6: 10 * 3600,
    7: 14 * 3600,
    8: 20 * 3600,
    9: 24 * 3600,
}


def attempt(http_status=500, *, retry_after_s=None):
    return Attempt(
        at_ms=AT_MS,
        took_ms=TOOK_MS,
        http_status=http_status,
        error="",
        answer=b"",
        retry_after_s=retry_after_s,
    )


@pytest.mark.parametrize(("made", "wait_s"), WAITS_S.items())
def test_wait_after_each_failed_attempt_is_the_promised_one(made, wait_s):
    """Counted from the attempt's end: a receiver that hangs must not be tried faster."""
    at_ms = next_attempt_ms(made, attempt(), jitter_permille=0)

    assert at_ms == ENDED_MS + wait_s * 1_000


def test_first_attempt_waits_for_nothing():
    assert next_attempt_ms(0, attempt(), jitter_permille=JITTER_PERMILLE_MAX) == ENDED_MS


def test_delivery_is_given_up_after_the_tenth_attempt_and_not_before():
    assert ATTEMPTS_MAX == 10
    assert next_attempt_ms(9, attempt(), jitter_permille=0) is not None
    assert next_attempt_ms(10, attempt(), jitter_permille=0) is None


@given(made=st.integers(1, 9), jitter=st.integers(0, JITTER_PERMILLE_MAX))
def test_jitter_adds_at_most_a_fifth_and_takes_nothing(made, jitter):
    wait_ms = next_attempt_ms(made, attempt(), jitter_permille=jitter) - ENDED_MS

    assert WAITS_S[made] * 1_000 <= wait_ms <= WAITS_S[made] * 1_200


def test_retry_after_makes_the_wait_longer():
    at_ms = next_attempt_ms(1, attempt(503, retry_after_s=120), jitter_permille=0)

    assert at_ms == ENDED_MS + 120_000


def test_retry_after_never_makes_the_wait_shorter():
    at_ms = next_attempt_ms(2, attempt(429, retry_after_s=1), jitter_permille=0)

    assert at_ms == ENDED_MS + 300_000


def test_retry_after_is_obeyed_for_a_day_at_most():
    """A receiver must not be able to park a delivery for ever."""
    at_ms = next_attempt_ms(1, attempt(503, retry_after_s=10**9), jitter_permille=0)

    assert at_ms == ENDED_MS + RETRY_AFTER_S_MAX * 1_000


def test_gone_ends_the_schedule_at_once():
    assert next_attempt_ms(1, attempt(410, retry_after_s=5), jitter_permille=0) is None


@pytest.mark.parametrize(
    ("http_status", "is_success"),
    [(0, False), (199, False), (200, True), (204, True), (299, True), (301, False), (410, False)],
)
def test_success_is_any_2xx_and_nothing_else(http_status, is_success):
    assert attempt(http_status).is_success is is_success


@pytest.mark.parametrize("http_status", [0, 200, 404, 409, 411, 500])
def test_only_gone_is_final(http_status):
    assert attempt(410).is_final
    assert not attempt(http_status).is_final


# --- deliveries -------------------------------------------------------------------------------


def delivery(status="failed", *, attempts=10, attempts_before=0):
    return Delivery(
        id="msg_1",
        account_id="acc_1",
        task_id="task_1",
        event="task.failed",
        url="https://your-server.example/webhook",
        status=DeliveryStatus(status),
        attempts=attempts,
        created_ms=AT_MS,
        attempts_before=attempts_before,
    )


def test_delivery_sent_again_by_hand_begins_its_schedule_anew():
    assert delivery(attempts=12, attempts_before=10).attempts_of_schedule == 2


def test_delivery_is_exhausted_at_the_greatest_number_of_attempts():
    assert not delivery(attempts=ATTEMPTS_EVER_MAX - 1).is_exhausted
    assert delivery(attempts=ATTEMPTS_EVER_MAX).is_exhausted


@pytest.mark.parametrize(
    ("made", "before", "last", "why"),
    [
        (10, 0, 500, "every attempt of the schedule failed"),
        (12, 2, 500, "every attempt of the schedule failed"),
        (3, 0, 410, "the receiver answered 410"),
        (3, 0, 500, "its webhook was disabled"),
        (3, 3, 410, "its webhook was disabled"),
    ],
)
def test_failed_delivery_says_why(made, before, last, why):
    assert failed_why(delivery(attempts=made, attempts_before=before), attempt(last)) == why


def test_delivery_that_never_was_tried_was_given_up_with_its_webhook():
    assert failed_why(delivery(attempts=0), None) == "its webhook was disabled"


@pytest.mark.parametrize("status", ["pending", "delivered"])
def test_delivery_that_was_not_given_up_has_no_reason(status):
    assert failed_why(delivery(status), attempt()) == ""
