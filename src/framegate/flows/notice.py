"""When a key was last used, to the minute: so that its owner sees which ones nobody needs.

The gateway calls it for every request that shows a good key. Nothing is written on that request's
way: what was seen lies in memory for a few seconds and is then written all together, each key at
most once a minute. A process that is killed loses those seconds.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from framegate.domain.ledger import Key
from framegate.errors import Unavailable
from framegate.store import keys
from framegate.store.database import Database

EVERY_MS = 60_000
WRITE_AFTER_S = 5.0
SEEN_MAX = 10_000
"""Keys in one write; what is seen beyond it is seen again soon."""

_log = structlog.get_logger("framegate.flows.notice")


@dataclass(kw_only=True)
class Notice:
    """The flow, with what it has seen and not written yet."""

    database: Database
    clock_ms: Callable[[], int]
    write_after_s: float = WRITE_AFTER_S
    _seen_ms: dict[str, int] = field(default_factory=dict)
    _timer: asyncio.TimerHandle | None = None
    _writing: set[asyncio.Task[None]] = field(default_factory=set)

    def __call__(self, key: Key) -> None:
        """Remember that a key was used now, if that is news."""
        now_ms = self.clock_ms()
        if now_ms - key.last_used_ms < EVERY_MS or len(self._seen_ms) >= SEEN_MAX:
            return
        self._seen_ms.setdefault(key.id, now_ms)
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self.write_after_s, self._begin_writing)

    async def close(self) -> None:
        """Write what was seen so far."""
        if self._timer is not None:
            self._begin_writing()
        await asyncio.gather(*self._writing)

    def _begin_writing(self) -> None:
        assert self._timer is not None  # Who began it set it.
        self._timer.cancel()
        self._timer = None
        writing = asyncio.get_running_loop().create_task(self._write())
        self._writing.add(writing)
        writing.add_done_callback(self._writing.discard)

    async def _write(self) -> None:
        seen_ms, self._seen_ms = self._seen_ms, {}
        try:
            await self.database.write(keys.note_uses, seen_ms)
        except Unavailable:
            # Nobody waits for it, and a key that is in use is seen again.
            _log.warning("notice.not_written", keys=len(seen_ms), exc_info=True)
