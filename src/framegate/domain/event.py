"""Events: what happened to a task, and how it is told to an account's endpoints.

No event is stored with its words. The flows keep who is told what and since when, and this file
writes the body again for each attempt, as the task was at that moment: an event that is told late
tells no later news, and its video link is fresh. Source: contract rules 59 and 63.
"""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec

from framegate.domain.kling import vendor_task
from framegate.domain.task import Task, TaskStatus

EventType = Literal["task.submitted", "task.processing", "task.succeeded", "task.failed"]

EVENTS: tuple[EventType, ...] = (
    "task.submitted",
    "task.processing",
    "task.succeeded",
    "task.failed",
)

# A type of its own: nobody's handler of real events may act on a task that there never was.
TEST_TYPE = "webhook.test"
TEST_MESSAGE = "this is a test; there is no such task"

_EVENT_OF: dict[TaskStatus, EventType] = {
    TaskStatus.SUBMITTED: "task.submitted",
    TaskStatus.PROCESSING: "task.processing",
    TaskStatus.SUCCEEDED: "task.succeeded",
    TaskStatus.FAILED: "task.failed",
    TaskStatus.CANCELLED: "task.failed",
    TaskStatus.EXPIRED: "task.failed",
}

_STATUS_BEFORE_THE_END: dict[EventType, TaskStatus] = {
    "task.submitted": TaskStatus.SUBMITTED,
    "task.processing": TaskStatus.PROCESSING,
}


def event_of(status: TaskStatus) -> EventType | None:
    """The event of reaching a status; None for what is nobody's news (sending, refused, ...)."""
    return _EVENT_OF.get(status)


def task_at(task: Task, event: EventType, *, at_ms: int) -> Task:
    """The task as it was at an event; an ended task has not changed since it ended."""
    status = _STATUS_BEFORE_THE_END.get(event)
    if status is None:
        return task
    return replace(task, status=status, updated_ms=at_ms, message="", video=None)


def event_body(task: Task, event: EventType, *, at_ms: int, video_url: str) -> bytes:
    """The JSON of one event for an endpoint (rule 63).

    at_ms      when it happened, Unix milliseconds; the timestamp names the whole second
    video_url  a fresh link to the task's video, "" when it has none
    """
    data = vendor_task(task_at(task, event, at_ms=at_ms), video_url=video_url)
    return _body(event, at_ms, data)


def body_of_a_test(*, at_ms: int) -> bytes:
    """The JSON of a test: the vendor's test object under a type of its own."""
    data = {
        "id": "test",
        "status": "submitted",
        "message": TEST_MESSAGE,
        "create_time": at_ms,
        "update_time": at_ms,
        "outputs": [],
        "billing": [],
    }
    return _body(TEST_TYPE, at_ms, data)


def _body(kind: str, at_ms: int, data: dict[str, Any]) -> bytes:
    happened_at = datetime.fromtimestamp(at_ms // 1_000, UTC)
    timestamp = happened_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    return msgspec.json.encode({"type": kind, "timestamp": timestamp, "data": data})
