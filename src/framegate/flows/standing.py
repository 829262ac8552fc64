"""How every upstream stands now, for an operator who looks."""

from collections.abc import Sequence
from typing import Any

from framegate.domain.health import Health
from framegate.domain.task import TaskStatus
from framegate.domain.upstream import Upstream
from framegate.store import tasks, upstreams
from framegate.store.database import Transaction

COUNT_MAX = 100_000
HOUR_MS = 3_600_000


def standings(
    tx: Transaction, configured: Sequence[Upstream], *, now_ms: int
) -> list[dict[str, Any]]:
    """One object an upstream, in the operator's order, as `/api/upstreams` shows it."""
    health = upstreams.health_of(tx, [each.name for each in configured])
    return [_standing(tx, each, health[each.name], now_ms) for each in configured]


def _standing(tx: Transaction, upstream: Upstream, health: Health, now_ms: int) -> dict[str, Any]:
    # A slot is a task in flight: from the moment it is sent to its end (the vendor's own count).
    in_flight = tasks.in_flight(tx, upstream.name, count_max=COUNT_MAX)
    limit = upstream.concurrency
    return {
        "name": upstream.name,
        "models": sorted(upstream.models),
        "kinds": sorted(upstream.kinds),
        "weight": upstream.weight,
        "paused": health.is_paused,
        "paused_at": health.paused_ms,
        "concurrency": limit,
        "in_flight": in_flight,
        # null: as many as come.
        "slots_free": max(0, limit - in_flight) if limit else None,
        "breaker": health.breaker.value,
        "retry_in_s": max(0, -(-(health.retry_ms - now_ms) // 1_000)),
        "failures_in_a_row": health.failures,
        "latency_ms": health.latency_ms,
        "last_good_at": health.last_good_ms,
        "last_bad_at": health.last_bad_ms,
        "last_error": health.last_error,
        "last_hour": _last_hour(tx, upstream.name, now_ms),
    }


def _last_hour(tx: Transaction, name: str, now_ms: int) -> dict[str, int]:
    """What became so far of the tasks that were created in the last hour."""
    counts = tasks.counts_since(tx, upstream=name, since_ms=now_ms - HOUR_MS)
    # A refused create is nobody's task (contract rule 84).
    created = sum(count for status, count in counts.items() if status is not TaskStatus.REFUSED)
    return {
        "created": created,
        "succeeded": counts[TaskStatus.SUCCEEDED],
        # As the caller sees them: one that was given up has failed too.
        "failed": counts[TaskStatus.FAILED] + counts[TaskStatus.EXPIRED],
    }
