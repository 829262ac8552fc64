"""How much there is, in the few numbers that stand beside a link: cheap enough for every page.

A member's running tasks are a number that its account keeps; whatever else is counted here is
counted within one index and no further than COUNTED_MAX.
"""

from dataclasses import dataclass
from typing import Any

from framegate.desk.asked import TIME_MS_MAX
from framegate.domain.ledger import Caller
from framegate.domain.task import TaskStatus
from framegate.gateway import Gateway
from framegate.store import lists
from framegate.store.database import Transaction
from framegate.store.lists import COUNTED_MAX, Filters

RUNNING = frozenset(status for status in TaskStatus if not status.is_terminal)
_MADE = frozenset({TaskStatus.SUCCEEDED})


@dataclass(frozen=True)
class CountDesk:
    """The question of how much there is, with the gateway that it is asked of."""

    gateway: Gateway

    async def page(self, caller: Caller) -> dict[str, Any]:
        """`{running, videos, count_max}`: tasks that have not ended, and those that succeeded.

        A member's are its account's, an operator's everybody's. `count_max` instead of a number
        means that many or more.
        """
        return await self.gateway.database.read(_counts, caller)


def _counts(tx: Transaction, caller: Caller) -> dict[str, Any]:
    is_admin, account = caller.key.scope.is_admin, caller.account
    filters = Filters(
        statuses=_MADE | RUNNING if is_admin else _MADE,
        start_ms=0,
        end_ms=TIME_MS_MAX,
        account_id=None if is_admin else account.id,
    )
    found = lists.counts(tx, filters)
    assert found is not None  # An index counts every one of these filters.
    running = sum(found[each] for each in RUNNING) if is_admin else account.in_flight
    return {
        "running": min(running, COUNTED_MAX),
        "videos": found[TaskStatus.SUCCEEDED],
        "count_max": COUNTED_MAX,
    }
