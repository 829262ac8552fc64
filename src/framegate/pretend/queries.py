"""Everything that is asked about tasks: by ids, by cursor, in the page's way, and the costs.

As the vendor's pages say, and as contract rule 44 does for another gateway of the page's family. A
query takes no slot; how many came in each second is counted in the log.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from framegate.pretend import listing
from framegate.pretend.listing import Window, read_window
from framegate.pretend.quirks import Quirk
from framegate.pretend.says import TOO_FAST, Manner, Says, refusal
from framegate.pretend.task import PretendTask
from framegate.pretend.vendor import Vendor
from framegate.pretend.wire import Broken

IDS_MAX = 20
ONE_OF_TWO = refusal(400, 1201, "task_ids or external_task_ids is required")
TOO_MANY = refusal(400, 1201, f"task_ids takes at most {IDS_MAX} values")
NO_TASK = refusal(404, 1203, "task not found")
NO_TIMES = refusal(400, 1201, "start_time and end_time are required")
COSTS_EVERY_MS = 1_000


@dataclass(kw_only=True)
class Queries:
    """The handlers, with the vendor that they work for."""

    vendor: Vendor
    _costs_asked_ms: int = field(default=-COSTS_EVERY_MS)

    async def by_ids(self, request: Request) -> Response:
        """`GET /tasks?task_ids=` or `?external_task_ids=`: exactly one of the two."""
        refused = self._refuse(request, is_legacy=False)
        ids, external_ids = _listed(request, "task_ids"), _listed(request, "external_task_ids")
        self._count(len(ids) + len(external_ids))
        if refused or bool(ids) == bool(external_ids):
            return self.vendor.envelopes.answer(refused or ONE_OF_TWO)
        if len(ids) + len(external_ids) > IDS_MAX:
            return self.vendor.envelopes.answer(TOO_MANY)
        found = self.vendor.studio.find(ids=ids, external_ids=external_ids)
        return await self._spoiled(request, found, lambda odd: self._all(found, odd))

    async def one(self, request: Request) -> Response:
        """`GET /kling/{kind}/{model}/{id}`: an object in the page's dialect, or 404."""
        refused = self._refuse(request, is_legacy=False)
        self._count(1)
        task = self.vendor.studio.tasks.get(request.path_params["id"])
        if refused or task is None:
            return self.vendor.envelopes.answer(refused or NO_TASK)
        return await self._spoiled(request, [task], lambda odd: self._page_object(task, odd))

    async def by_cursor(self, request: Request) -> Response:
        """`POST /tasks`: what was sold between two moments, newest first."""
        now_ms = self.vendor.clock_ms()
        window = self._refuse(request, is_legacy=False) or read_window(
            await request.body(), now_ms=now_ms
        )
        return self._listed(window, lambda task: self.vendor.shown(task, now_ms), _any, now_ms)

    async def package(self, request: Request) -> Response:
        """`POST /account/billing/package`: the units of each task that succeeded."""
        now_ms = self.vendor.clock_ms()
        window = self._refuse(request, is_legacy=True) or read_window(
            await request.body(), now_ms=now_ms
        )
        return self._listed(
            window, listing.billed, lambda task: task.status(now_ms) == "succeeded", now_ms
        )

    async def balance(self, request: Request) -> Response:
        """`POST /account/billing/balance`: nothing here is ever paid in cash."""
        now_ms = self.vendor.clock_ms()
        window = self._refuse(request, is_legacy=True) or read_window(
            await request.body(), now_ms=now_ms
        )
        return self._listed(window, listing.billed, lambda _: False, now_ms)

    async def costs(self, request: Request) -> Response:
        """`GET /account/costs`: the package and what is left of it, hours late."""
        now_ms, config = self.vendor.clock_ms(), self.vendor.config
        refused = self._refuse(request, is_legacy=True)
        if refused is None and now_ms - self._costs_asked_ms < COSTS_EVERY_MS:
            refused = TOO_FAST
        if refused is None and not {"start_time", "end_time"} <= set(request.query_params):
            refused = NO_TIMES
        if refused:
            return self.vendor.envelopes.answer(refused)
        self._costs_asked_ms = now_ms
        data: dict[str, Any] = {"code": 0, "msg": "SUCCEED"}
        if config.units:
            data["resource_pack_subscribe_infos"] = [self._pack(now_ms - config.costs_lag_ms)]
        return self.vendor.envelopes.ok(data)

    # --- inside -------------------------------------------------------------------------------

    def _refuse(self, request: Request, *, is_legacy: bool) -> Says | None:
        return self.vendor.account.refuse(
            request.headers.get("authorization", ""),
            is_legacy=is_legacy,
            now_s=self.vendor.clock_ms() // 1_000,
        )

    def _count(self, tasks: int) -> None:
        self.vendor.writer.count(queries=1, tasks=tasks, now_ms=self.vendor.clock_ms())

    async def _spoiled(
        self,
        request: Request,
        found: list[PretendTask],
        answer: Callable[[dict[str, Quirk]], Response],
    ) -> Response:
        """The answer with whatever is to go wrong with it."""
        fault = self.vendor.faults.spoil(
            [task.order.external_id for task in found], number=self.vendor.number("query")
        )
        if not isinstance(fault, Says):
            return answer(fault)
        if fault.code is not None or fault.raw is not None:
            return self.vendor.envelopes.answer(fault)
        hanging = self.vendor.hanging
        if fault.manner is Manner.HANGS and await hanging.wait(request, since=hanging.generation):
            return answer({})
        # Nobody reads enough of it to see a task, so none has been looked at.
        return Broken(self.vendor.envelopes.ok([]), fault.manner)

    def _all(self, found: list[PretendTask], odd: dict[str, Quirk]) -> Response:
        now_ms = self.vendor.clock_ms()
        shown = [_odd(task, self.vendor.shown(task, now_ms), odd) for task in found]
        self._looked(found, now_ms)
        return self.vendor.envelopes.ok([each for each in shown if each is not None])

    def _page_object(self, task: PretendTask, odd: dict[str, Quirk]) -> Response:
        now_ms = self.vendor.clock_ms()
        film = self.vendor.links.film(task, base_url=self.vendor.url, now_ms=now_ms)
        shown = _odd(task, task.paged(now_ms, film), odd)
        self._looked([task], now_ms)
        return self.vendor.envelopes.ok(shown) if shown else self.vendor.envelopes.answer(NO_TASK)

    def _looked(self, found: list[PretendTask], now_ms: int) -> None:
        # One that changes its mind does so after each answer about its end.
        for task in found:
            task.looks += task.has_ended(now_ms)

    def _listed(
        self,
        window: Window | Says,
        show: Callable[[PretendTask], dict[str, Any]],
        is_in: Callable[[PretendTask], bool],
        now_ms: int,
    ) -> Response:
        if isinstance(window, Says):
            return self.vendor.envelopes.answer(window)
        tasks = (task for task in self.vendor.studio.tasks.values() if is_in(task))
        return self.vendor.envelopes.ok(listing.page(window, tasks, show, now_ms=now_ms))

    def _pack(self, until_ms: int) -> dict[str, Any]:
        spent = sum(
            (
                Decimal(task.units)
                for task in self.vendor.studio.tasks.values()
                if task.status(until_ms) == "succeeded"
            ),
            Decimal(0),
        )
        total = Decimal(self.vendor.config.units)
        return {
            "resource_pack_name": "Pretend package",
            "resource_pack_id": "pretend-package",
            "resource_pack_type": "decreasing_total",
            "total_quantity": float(total),
            "remaining_quantity": float(total - spent),
            "status": "online",
        }


def _odd(task: PretendTask, shown: dict[str, Any], odd: dict[str, Quirk]) -> dict[str, Any] | None:
    quirk = odd.get(task.order.external_id)
    return quirk.done(shown) if quirk else shown


def _any(_: PretendTask) -> bool:
    return True


def _listed(request: Request, name: str) -> list[str]:
    return [value for value in request.query_params.get(name, "").split(",") if value]
