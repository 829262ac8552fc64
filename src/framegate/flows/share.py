"""How many creates of one account may begin at once: one account's flood leaves others their pace.

Submit asks it around what precedes a create's first commit, which is where creates cost the machine
most and nothing is accepted yet. Alone an account has all the places. Beside others it has one, and
its other creates wait in a line of their own: nobody stands behind the line of another account. A
line is bounded, and who finds it full is refused early (promise 23).
"""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from framegate.errors import Overloaded

AT_ONCE_MAX = 32
"""Places of all accounts together: more creates in one commit are hardly faster."""

BESIDE_OTHERS_MAX = 1
"""Places of one account while another one creates too. With two, bench/fairness.py finds the other
account's creates beyond twice their time."""

LINE_MAX = 256
"""Creates of one account that wait; the next one is refused."""

PRESENT_MS = 60_000
"""For how long an account counts as creating too, after its last create."""


@dataclass(kw_only=True)
class Share:
    """The places and the lines, of this process."""

    clock_ms: Callable[[], int]
    _inside: Counter[str] = field(default_factory=Counter)
    # By account; the next one to be let in stands first.
    _lines: dict[str, deque[asyncio.Future[None]]] = field(default_factory=dict)
    # By account, when it last created; the longest ago stands first.
    _seen_ms: dict[str, int] = field(default_factory=dict)

    @asynccontextmanager
    async def of(self, account_id: str) -> AsyncIterator[None]:
        """Hold one place of an account.

        raises   Overloaded when too many of its creates wait already
        """
        self._see(account_id)
        if account_id in self._lines or not self._has_room(account_id):
            await self._wait(account_id)
        else:
            self._inside[account_id] += 1
        try:
            yield
        finally:
            self._leave(account_id)

    async def _wait(self, account_id: str) -> None:
        line = self._lines.setdefault(account_id, deque())
        if len(line) >= LINE_MAX:
            raise Overloaded
        let_in: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        line.append(let_in)
        try:
            await let_in
        except asyncio.CancelledError:
            if let_in.done() and not let_in.cancelled():
                # Let in and gone in the same moment.
                self._leave(account_id)
            raise

    def _leave(self, account_id: str) -> None:
        self._inside[account_id] -= 1
        if not self._inside[account_id]:
            del self._inside[account_id]
        self._let_in()

    def _let_in(self) -> None:
        """Fill the free places, one account after another."""
        is_moving = True
        while is_moving:
            is_moving = False
            for account_id in list(self._lines):
                if self._inside.total() >= AT_ONCE_MAX:
                    return
                line = self._lines[account_id]
                while line and line[0].done():
                    line.popleft()  # It went away while it waited.
                if line and not self._has_room(account_id):
                    continue
                # Behind all others, or gone: the next place is somebody else's.
                del self._lines[account_id]
                if line:
                    self._inside[account_id] += 1
                    line.popleft().set_result(None)
                    is_moving = True
                if line:
                    self._lines[account_id] = line

    def _has_room(self, account_id: str) -> bool:
        share = AT_ONCE_MAX if len(self._seen_ms) == 1 else BESIDE_OTHERS_MAX
        return self._inside[account_id] < share and self._inside.total() < AT_ONCE_MAX

    def _see(self, account_id: str) -> None:
        now_ms = self.clock_ms()
        self._seen_ms.pop(account_id, None)
        self._seen_ms[account_id] = now_ms
        while (oldest := next(iter(self._seen_ms))) != account_id:
            if now_ms - self._seen_ms[oldest] < PRESENT_MS:
                break
            del self._seen_ms[oldest]
