"""What the shapes are is asserted where they are answered; here, what is empty and when."""

from fakes.rows import NOW_MS, a_task
from framegate.desk.deliveries import attempt_shown, delivery_shown, endpoint_shown
from framegate.domain.delivery import Attempt, Delivery, DeliveryStatus
from framegate.domain.endpoint import DisabledWhy, Endpoint
from framegate.store.deliveries import Told

DELIVERY = Delivery(
    id="msg_1",
    account_id="acc_1",
    task_id=a_task("acc_1", id="task_1").id,
    event="task.failed",
    url="https://your-server.example/hook",
    status=DeliveryStatus.PENDING,
    attempts=0,
    created_ms=NOW_MS,
    next_ms=NOW_MS,
)
ATTEMPT = Attempt(at_ms=NOW_MS, took_ms=7, http_status=500, error="", answer=b"\xffno")


def test_delivery_that_was_never_tried_has_no_attempt():
    shown = delivery_shown(Told(delivery=DELIVERY, last=None))
    assert (shown["last_attempt"], shown["webhook"], shown["status"]) == (None, "", "pending")


def test_answer_that_is_no_text_is_shown_as_far_as_it_is():
    assert attempt_shown(ATTEMPT)["answer"] == "\ufffdno"


def test_endpoint_says_why_only_while_it_is_disabled():
    facts = {
        "id": "hook_1",
        "account_id": "acc_1",
        "url": "https://your-server.example/hook",
        "events": ("task.failed",),
        "generation": 1,
        "overlap_ms": 0,
        "created_ms": NOW_MS,
        "disabled_why": DisabledWhy.OWNER,
    }
    enabled = endpoint_shown(Endpoint(**facts, disabled_ms=0))
    disabled = endpoint_shown(Endpoint(**facts, disabled_ms=NOW_MS))
    assert (enabled["enabled"], enabled["disabled_why"]) == (True, "")
    assert (disabled["enabled"], disabled["disabled_why"]) == (False, DisabledWhy.OWNER)
