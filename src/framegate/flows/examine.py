"""Ask an upstream whether it is well, and believe it: a breaker that was open closes.

An operator who has mended a key or filled a package calls it, and so may a timer. It buys nothing
and takes no slot.
"""

from collections.abc import Callable

from framegate.domain.upstream import Checked, Upstream
from framegate.store import upstreams
from framegate.store.database import Database, Transaction


async def examine(
    upstream: Upstream, database: Database, *, clock_ms: Callable[[], int]
) -> Checked:
    """Check one upstream and write down how it fares."""
    checked = await upstream.check()
    await database.write(_keep, upstream.name, checked, now_ms=clock_ms())
    return checked


def _keep(tx: Transaction, name: str, checked: Checked, *, now_ms: int) -> None:
    health = upstreams.health_of(tx, [name])[name]
    after = (
        health.after_good(took_ms=None, now_ms=now_ms)
        if checked.is_well
        else health.after_bad(checked.says, now_ms=now_ms)
    )
    upstreams.keep_health(tx, after)
