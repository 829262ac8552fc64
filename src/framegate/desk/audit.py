"""The promises that a query can decide, each with its state: for operators alone."""

import asyncio
from dataclasses import dataclass
from typing import Any

from framegate.desk.viewer import check_operator
from framegate.domain.ledger import Caller
from framegate.gateway import Gateway
from framegate.store import audit, findings
from framegate.store.findings import FindingRow

RUN_WAIT_S = 20.0
"""How long somebody who asks for a run waits for its end: a proxy would hang up after some more."""

HOLDS, BROKEN, UNCHECKED = "holds", "broken", "unchecked"


@dataclass(frozen=True)
class AuditDesk:
    """The questions about the promises, with the gateway that they are asked of."""

    gateway: Gateway
    run_wait_s: float = RUN_WAIT_S

    async def page(self, caller: Caller) -> dict[str, Any]:
        """`{holds, checked_at, took_ms, every_s, running, result}`.

        `holds` is null before the first run; `running` says whether this process checks right now.

        raises   RightMissing for any key but an operator's
        """
        check_operator(caller, "the audit")
        found = await self.gateway.database.read(findings.last)
        known = {(row.promise, row.says): row for row in found}
        shown = [
            _shown(promise, says, known.get((promise, says))) for promise, says in audit.names()
        ]
        return {
            "holds": all(row.broken == 0 for row in found) if found else None,
            "checked_at": max((row.checked_ms for row in found), default=0),
            "took_ms": max((row.took_ms for row in found), default=0),
            "every_s": self.gateway.settings.audit.every_s,
            "running": self.gateway.auditing.is_running,
            "result": shown,
        }

    async def run(self, caller: Caller) -> dict[str, Any]:
        """Check everything now, and answer as `page`. Two who ask at once share one run.

        A run that takes longer than `run_wait_s` goes on by itself, and `running` says so.

        raises   RightMissing for any key but an operator's
        """
        check_operator(caller, "the audit")
        ended, _ = await asyncio.wait({self.gateway.auditing.begun()}, timeout=self.run_wait_s)
        for run in ended:
            run.result()  # What went wrong with it is told.
        return await self.page(caller)


def _shown(promise: int, says: str, row: FindingRow | None) -> dict[str, Any]:
    """One check: `broken` counts what breaks it, `ids` are the first few of them."""
    state = UNCHECKED if row is None else BROKEN if row.broken else HOLDS
    return {
        "promise": promise,
        "says": says,
        "state": state,
        "broken": row.broken if row else 0,
        "ids": list(row.ids) if row else [],
        "checked_at": row.checked_ms if row else 0,
    }
