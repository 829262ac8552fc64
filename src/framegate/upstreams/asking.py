"""Questions of many tasks, asked together and not too often.

A Kling upstream answers up to twenty ids in one query. Whoever wants to know about one hands its id
in here and waits; what is wanted at the same moment becomes one query, and queries leave at the
pace that the operator set for the upstream. It knows no task and no dialect.
"""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from framegate.domain.upstream import PollAnswer, Unreachable

LINGER_S = 0.02
"""How long the first of a query waits for company: short beside any answer, long beside a loop."""

AT_ONCE_MAX = 8
"""Queries that may be without an answer; more would only queue at the upstream."""

SUSPECTS_MAX = 1_000
"""Ids that are asked for alone. Beyond that it was hardly one of them that spoilt the rest."""

LOST = Unreachable(reason="the query ended without an answer")

Ask = Callable[[Sequence[str]], Awaitable[Mapping[str, PollAnswer]]]

_log = structlog.get_logger("framegate.upstreams.asking")


@dataclass
class Pace:
    """How often one upstream is asked, whatever the questions are about."""

    per_s: int
    _next_s: float = 0.0

    def slow_down(self, wait_s: float) -> None:
        """Ask nothing for a while: the upstream said that it is asked too often."""
        self._next_s = max(self._next_s, asyncio.get_running_loop().time() + wait_s)

    async def turn(self) -> None:
        """Wait until the next query may leave."""
        loop = asyncio.get_running_loop()
        # Not once: another may have gone first, or been told to slow down meanwhile.
        while (wait_s := self._next_s - loop.time()) > 0:  # noqa: ASYNC110 - it waits for a time
            await asyncio.sleep(wait_s)
        self._next_s = loop.time() + 1 / self.per_s


@dataclass
class Asker:
    """One upstream's questions of one kind. `ask` answers every id that it was given."""

    ask: Ask
    ids_max: int
    pace: Pace
    _waiting: dict[str, asyncio.Future[PollAnswer]] = field(default_factory=dict)
    _asking: set[asyncio.Task[None]] = field(default_factory=set)
    _feeder: asyncio.Task[None] | None = None
    _is_full: asyncio.Event = field(default_factory=asyncio.Event)
    _suspects: set[str] = field(default_factory=set)
    _was_good: bool = True

    async def about(self, ticket: str) -> PollAnswer:
        """What the upstream says about one id; those who ask for the same share the answer."""
        answer = self._waiting.get(ticket)
        if answer is None:
            answer = asyncio.get_running_loop().create_future()
            self._waiting[ticket] = answer
            if len(self._waiting) >= self.ids_max:
                self._is_full.set()
            # It ends in the very step in which it finds nothing waiting: none is overlooked.
            if self._feeder is None or self._feeder.done():
                self._feeder = asyncio.create_task(self._feed())
        # Shielded: one who gives up must not take the answer from the others.
        return await asyncio.shield(answer)

    async def close(self) -> None:
        """Ask nothing more; whoever still waits is told that there is no answer."""
        running = [*self._asking, *([self._feeder] if self._feeder else [])]
        for each in running:
            each.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        _answer_all(self._waiting, {})
        self._waiting.clear()

    async def _feed(self) -> None:
        while self._waiting:
            if len(self._waiting) < self.ids_max:
                await self._linger()
            while len(self._asking) >= AT_ONCE_MAX:
                await asyncio.wait(self._asking, return_when=asyncio.FIRST_COMPLETED)
            await self.pace.turn()
            wanted = {ticket: self._waiting.pop(ticket) for ticket in self._next_ones()}
            if len(self._waiting) < self.ids_max:
                self._is_full.clear()
            query = asyncio.create_task(self._query(wanted))
            self._asking.add(query)
            query.add_done_callback(self._asking.discard)

    def _next_ones(self) -> list[str]:
        """Those who share the next query: the first alone, if it may have spoilt one before."""
        first = next(iter(self._waiting))
        if first in self._suspects:
            return [first]
        known_good = (ticket for ticket in self._waiting if ticket not in self._suspects)
        return list(itertools.islice(known_good, self.ids_max))

    async def _linger(self) -> None:
        try:
            async with asyncio.timeout(LINGER_S):
                await self._is_full.wait()
        except TimeoutError:
            return

    async def _query(self, wanted: Mapping[str, asyncio.Future[PollAnswer]]) -> None:
        answers: Mapping[str, PollAnswer] = {}
        try:
            answers = await self.ask(list(wanted))
        except Exception:  # noqa: BLE001 - a loop of its own, whose askers must not wait for ever
            _log.exception("asking.failed", ids=len(wanted))
        finally:
            self._learn(wanted, answers)
            _answer_all(wanted, answers)

    def _learn(self, asked: Iterable[str], answers: Mapping[str, PollAnswer]) -> None:
        """Part a query that brought no news of anybody: one id of it may have spoilt it for all.

        When the query before it was lost too, it is the upstream that is in trouble, and asking
        for each alone would only take twenty times as long once it is well again.
        """
        silent = [each for each in asked if isinstance(answers.get(each, LOST), Unreachable)]
        heard = set(asked).difference(silent)
        self._suspects -= heard
        if len(silent) + len(heard) == 1:
            return
        if not heard and self._was_good:
            self._suspects.update(silent)
            if len(self._suspects) > SUSPECTS_MAX:
                self._suspects.clear()
        self._was_good = bool(heard)


def _answer_all(
    wanted: Mapping[str, asyncio.Future[PollAnswer]], answers: Mapping[str, PollAnswer]
) -> None:
    for ticket, answer in wanted.items():
        if not answer.done():
            answer.set_result(answers.get(ticket, LOST))
