"""When callbacks are due, for every way in which they go wrong."""

import pytest

from framegate.pretend import quirks
from framegate.pretend.callback_plan import LATE_MS, CallbackFault, tellings
from framegate.pretend.order import OrderRead
from framegate.pretend.task import PretendTask

CREATED, BEGINS, ENDS = 1_000, 2_000, 9_000
ORDER = OrderRead(
    kind="image-to-video",
    model="m",
    resolution="720p",
    duration_s=5,
    external_id="",
    callback_url="https://a.example/hook",
    has_watermark=False,
)


def planned(fault, fate=quirks.SUCCEEDS, *, begins=BEGINS, ends=ENDS):
    task = PretendTask(
        id="9", order=ORDER, created_ms=CREATED, begins_ms=begins, ends_ms=ends, fate=fate
    )
    return [
        (each.due_ms, each.lie or task.status(each.as_of_ms), each.is_signed)
        for each in tellings(task, fault)
    ]


USUAL = [(CREATED, "submitted", True), (BEGINS, "processing", True), (ENDS, "succeeded", True)]


@pytest.mark.parametrize(
    ("fault", "plan"),
    [
        (CallbackFault.USUAL, USUAL),
        (CallbackFault.EARLY, USUAL),
        (CallbackFault.MISSING, []),
        (CallbackFault.LATE, [(due + LATE_MS, word, signed) for due, word, signed in USUAL]),
        (CallbackFault.TWICE, [each for each in USUAL for _ in range(2)]),
        (
            CallbackFault.OUT_OF_ORDER,
            [(ENDS, word, True) for word in ("succeeded", "processing", "submitted")],
        ),
        (CallbackFault.FORGED_SIGNATURE, [(CREATED, "succeeded", False), *USUAL]),
        (CallbackFault.FORGED_STATE, [(CREATED, "failed", True), *USUAL]),
    ],
)
def test_fault_makes_its_plan(fault, plan):
    assert planned(fault) == plan


def test_task_that_ends_at_once_is_told_once():
    at_once = [(CREATED, "succeeded", True)]
    assert planned(CallbackFault.USUAL, begins=CREATED, ends=CREATED) == at_once


def test_task_that_never_ends_tells_no_end():
    words = [word for _, word, _ in planned(CallbackFault.USUAL, quirks.NEVER_ENDS, ends=None)]
    assert words == ["submitted", "processing"]
