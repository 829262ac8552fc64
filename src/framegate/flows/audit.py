"""Once an hour: does every promise still hold?

The engine wakes it in the process that works. Each check is a read of its own, so that no snapshot
stays open for longer than one query and the other readers get their turn between two of them; the
writer is never asked for anything but the next wake-up.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from framegate.engine import embedded as engine
from framegate.engine.embedded import Wake
from framegate.store import audit, findings
from framegate.store.audit import Check, Finding
from framegate.store.blobs import Blobs
from framegate.store.database import Database, Transaction
from framegate.store.findings import FindingRow

SUBJECT = "all"
# A start has better things to do; and a crash that is going to repeat itself does so sooner.
FIRST_AFTER_MS = 60_000
IDS_LOGGED_MAX = 5

_log = structlog.get_logger("framegate.flows.audit")


@dataclass(kw_only=True)
class Audit:
    """The flow, with what it works on. `__call__` is what the engine's audit lane runs."""

    database: Database
    blobs: Blobs
    every_s: int  # 0: never.
    clock_ms: Callable[[], int]
    findings: tuple[Finding, ...] = ()  # Of the last run of this process; none before the first.
    ended_ms: int = 0
    took_ms: int = 0
    _running: asyncio.Task[None] | None = None

    def wake(self, tx: Transaction, *, now_ms: int) -> None:
        """At start: be woken soon, or never."""
        if self.every_s:
            engine.enqueue(tx, "audit", SUBJECT, at_ms=now_ms + FIRST_AFTER_MS)
        else:
            engine.forget(tx, "audit", SUBJECT)

    async def __call__(self, wake: Wake) -> None:
        """Check every promise once and ask to be woken again."""
        await self.run()
        await self.database.write(
            engine.reschedule, "audit", wake, at_ms=self.ended_ms + self.every_s * 1_000
        )

    @property
    def is_running(self) -> bool:
        """Whether this process checks right now."""
        return self._running is not None and not self._running.done()

    async def run(self) -> None:
        """Check every promise once; who asks while a run goes on waits for that one's end."""
        await asyncio.shield(self.begun())

    def begun(self) -> asyncio.Task[None]:
        """The run that goes on, begun now where there is none: who stops waiting stops no run."""
        running = self._running
        if running is None or running.done():
            running = self._running = asyncio.create_task(self._run())
        return running

    async def _run(self) -> None:
        began_ms = self.clock_ms()
        files = await asyncio.to_thread(self.blobs.lengths, "videos")
        found = [await self._found(check, files) for check in audit.checks()]
        self.findings = tuple(found)
        self.ended_ms = self.clock_ms()
        self.took_ms = self.ended_ms - began_ms
        for finding in found:
            _tell(finding)
        await self.database.write(findings.keep, [self._row(finding) for finding in found])

    def _row(self, finding: Finding) -> FindingRow:
        return FindingRow(
            promise=finding.promise,
            says=finding.says,
            broken=finding.broken,
            ids=finding.ids,
            checked_ms=self.ended_ms,
            took_ms=self.took_ms,
        )

    async def _found(self, check: Check, files: dict[str, int]) -> Finding:
        first = await self.database.read(check, video_files=files)
        if not first.broken:
            return first
        # The folder is not read in the database's moment: only what is still so is damage.
        again = await asyncio.to_thread(self.blobs.lengths, "videos")
        return audit.confirmed(first, await self.database.read(check, video_files=again))


def _tell(finding: Finding) -> None:
    if finding.broken:
        _log.error(
            "audit.broken",
            promise=finding.promise,
            says=finding.says,
            count=finding.broken,
            ids=list(finding.ids[:IDS_LOGGED_MAX]),
        )
