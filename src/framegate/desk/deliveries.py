"""Webhooks and deliveries as they are shown: by the API, on a task's page, on the command line."""

from typing import Any

from framegate.domain.delivery import Attempt, failed_why
from framegate.domain.endpoint import Endpoint
from framegate.store.deliveries import Told


def endpoint_shown(endpoint: Endpoint) -> dict[str, Any]:
    """An endpoint without its secret. Times are Unix milliseconds, 0 for never."""
    return {
        "id": endpoint.id,
        "url": endpoint.url,
        "events": list(endpoint.events),
        "enabled": endpoint.is_enabled,
        "created_at": endpoint.created_ms,
        "disabled_at": endpoint.disabled_ms,
        "disabled_why": "" if endpoint.is_enabled else endpoint.disabled_why,
        "old_secret_until": endpoint.overlap_ms,
    }


def delivery_shown(told: Told) -> dict[str, Any]:
    """A delivery with what came of its newest attempt; `webhook` is "" for a callback_url."""
    delivery = told.delivery
    return {
        "id": delivery.id,
        "account": delivery.account_id,
        "webhook": delivery.endpoint_id,
        "task": delivery.task_id,
        "event": delivery.event,
        "url": delivery.url,
        "status": delivery.status.value,
        "failed_why": failed_why(delivery, told.last),
        "created_at": delivery.created_ms,
        "next_at": delivery.next_ms,
        "ended_at": delivery.ended_ms,
        "resent_at": delivery.resent_ms,
        "resent_by": delivery.resent_by,
        "attempt_count": delivery.attempts,
        "last_attempt": None if told.last is None else attempt_shown(told.last),
    }


def attempt_shown(attempt: Attempt) -> dict[str, Any]:
    """One attempt; `http_status` 0 and an `error` when no answer came."""
    return {
        "at": attempt.at_ms,
        "took_ms": attempt.took_ms,
        "http_status": attempt.http_status,
        "error": attempt.error,
        "answer": attempt.answer.decode("utf-8", "replace"),
    }
