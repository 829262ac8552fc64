"""How every upstream stands now, for an operator who looks."""

from collections.abc import Sequence
from typing import Any

from framegate.domain.upstream import Upstream
from framegate.store import tasks, upstreams
from framegate.store.database import Transaction

COUNT_MAX = 100_000


def standings(
    tx: Transaction, configured: Sequence[Upstream], *, now_ms: int
) -> list[dict[str, Any]]:
    """One object an upstream, in the operator's order, as `/api/upstreams` shows it."""
    health = upstreams.health_of(tx, [each.name for each in configured])
    return [
        {
            "name": each.name,
            "models": sorted(each.models),
            "kinds": sorted(each.kinds),
            "weight": each.weight,
            "concurrency": each.concurrency,
            "in_flight": tasks.in_flight(tx, each.name, count_max=COUNT_MAX),
            "breaker": health[each.name].breaker.value,
            "retry_in_s": max(0, -(-(health[each.name].retry_ms - now_ms) // 1_000)),
            "failures_in_a_row": health[each.name].failures,
            "latency_ms": health[each.name].latency_ms,
            "last_good_at": health[each.name].last_good_ms,
            "last_bad_at": health[each.name].last_bad_ms,
            "last_error": health[each.name].last_error,
        }
        for each in configured
    ]
