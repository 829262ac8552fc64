"""A task in the words and shapes of the Kling dialect: the page's query, the vendor's object.

The web answers queries with these and the deliver flow sends the vendor's object as a callback,
so that both tell the same story. Source: contract rules 44 to 46 and 59.
"""

from typing import Any

from framegate.domain.money import decimal_from_micros
from framegate.domain.task import Task, TaskStatus

VENDOR_WORDS = ("submitted", "processing", "succeeded", "failed")
"""The vendor's closed set of statuses."""

_WORD_OF = {
    TaskStatus.SENDING: "submitted",
    TaskStatus.UNCERTAIN: "submitted",
    TaskStatus.SUBMITTED: "submitted",
    TaskStatus.PROCESSING: "processing",
    TaskStatus.SUCCEEDED: "succeeded",
}


def vendor_status(status: TaskStatus) -> str:
    """One of VENDOR_WORDS: what ended without a video has failed, whatever we call it."""
    return _WORD_OF.get(status, "failed")


def statuses_of(word: str) -> frozenset[TaskStatus]:
    """Every status that a caller sees under one of VENDOR_WORDS; a refused create is not seen."""
    return frozenset(
        status
        for status in TaskStatus
        if vendor_status(status) == word and status is not TaskStatus.REFUSED
    )


def page_status(status: TaskStatus) -> str:
    """The page's word: as the vendor's, but `succeed`."""
    word = vendor_status(status)
    return "succeed" if word == "succeeded" else word


def page_task(task: Task, *, video_url: str) -> dict[str, Any]:
    """The `data` object of `GET /kling/.../{id}`: every key always present (rule 44)."""
    status = page_status(task.status)
    outputs = _outputs(task, video_url)
    return {
        "id": task.public_id,
        "task_id": task.public_id,
        "status": status,
        "task_status": status,
        "task_status_msg": task.message,
        "external_task_id": task.external_task_id,
        "created_at": task.created_ms,
        "updated_at": task.updated_ms,
        "task_result": {
            "videos": [
                {key: output[key] for key in ("id", "url", "duration")} for output in outputs
            ]
        },
        "outputs": outputs,
        "billing": billing(task),
    }


def vendor_task(task: Task, *, video_url: str) -> dict[str, Any]:
    """The vendor's bare task object; `external_id` only when the caller sent one (rule 46)."""
    external = {"external_id": task.external_task_id} if task.external_task_id else {}
    return {
        "id": task.public_id,
        "status": vendor_status(task.status),
        "message": task.message,
        "create_time": task.created_ms,
        "update_time": task.updated_ms,
        **external,
        "outputs": _outputs(task, video_url),
        "billing": billing(task),
    }


def billing(task: Task) -> list[dict[str, str]]:
    """What this account paid, in the vendor's `cash` shape; empty until settled (rule 45)."""
    if task.status is not TaskStatus.SUCCEEDED:
        return []
    amount = decimal_from_micros(task.price_micros)
    return [
        {
            "charge_type": "cash",
            "cash_type": "balance",
            "amount": amount,
            "currency": task.currency,
            "list_price": amount,
        }
    ]


def _outputs(task: Task, video_url: str) -> list[dict[str, str]]:
    if task.video is None:
        return []
    return [
        {
            "type": "video",
            "id": task.video.output_id,
            "url": video_url,
            "watermark_url": "",
            "duration": task.video.duration,
        }
    ]
