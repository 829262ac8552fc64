"""The audit, for operators: every promise that a query can decide, and whether it holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from framegate.desk.audit import BROKEN, AuditDesk
from framegate.web.console.pages import Pages

PATH = "/console/audit"


def _(text: str) -> str:
    """Mark a text for the translators."""
    return text


PROMISES = {
    1: _("The books balance"),
    2: _("A balance is the sum of its entries"),
    3: _("Nobody spends what is not there"),
    4: _("One hold a task, one end a hold"),
    5: _("You pay for a video, and only then"),
    11: _("A status only moves forward"),
    12: _("No task is forgotten"),
    14: _("Who asked to be told is told"),
    16: _("A video that can be seen is whole"),
    19: _("Nobody learns of another's tasks"),
}
"""What docs/safety.md calls the promises that the audit checks."""

CHECKS = (
    _("every transfer has at least two entries and sums to zero"),
    _("a stored balance is the sum of its entries"),
    _("usage is what the ledger took for its tasks"),
    _("held is the sum of the open holds"),
    _("a limited account has no negative available credit"),
    _("an account's tasks in flight are its open holds"),
    _("a key has spent its open and settled holds, and its tasks in flight are the open ones"),
    _("a hold is of the key that created its task"),
    _("every task has a hold of its price, and every hold a task"),
    _("a task has ended exactly when its hold is closed"),
    _("a task has succeeded exactly when its hold is settled, once, at its price"),
    _("a price is the price of its facts under the version kept"),
    _("a task is what the last line of its life says"),
    _("every task that has not ended has a deadline and a wake-up"),
    _("every pending delivery has a wake-up"),
    _("a delivery is given up only after its schedule, after a 410, or with its webhook"),
    _("a disabled webhook has nothing pending"),
    _("a delivery has the attempts it counts, and has ended exactly when it is not pending"),
    _("an ended task of the embedded renderer has told its callback"),
    _("an ended task has told every webhook that wanted it"),
    _("a succeeded task has a stored video"),
    _("a stored video's file is there, whole"),
    _("a delivery is its task's account's, and its webhook's"),
)
"""The audit's own sentences, for the translators; a test compares them with the audit's."""


@dataclass(frozen=True)
class Audit:
    """The handler, with the pages it is of."""

    pages: Pages

    def routes(self) -> list[Route]:
        """The one path."""
        return [Route(PATH, self.show)]

    async def show(self, request: Request) -> Response:
        """What the last run found. Raises RightMissing."""
        viewer = await self.pages.viewer(request)
        page = await AuditDesk(self.pages.gateway).page(viewer.caller)
        checks = page["result"]
        return self.pages.page(
            request,
            "audit.html",
            viewer=viewer,
            audit=page,
            broken=[each for each in checks if each["state"] == BROKEN],
            promises=_by_promise(checks),
            titles=PROMISES,
            count=len(checks),
        )


def _by_promise(checks: Sequence[Mapping[str, Any]]) -> list[tuple[int, list[Mapping[str, Any]]]]:
    """The checks under the number of their promise, in its order."""
    ordered = sorted(checks, key=lambda each: each["promise"])
    return [(number, list(some)) for number, some in groupby(ordered, key=lambda c: c["promise"])]
