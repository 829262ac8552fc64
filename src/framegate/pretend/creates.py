"""`POST /{kind}/{model}`: read, log, judge, sell, and answer as the faults will have it.

The order of the refusals is the vendor's as far as it is known: key, body, external id, slots.
What happened is on disk before anything is answered.
"""

from dataclasses import dataclass
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from framegate.pretend import callback_plan, callbacks, log
from framegate.pretend.callback_plan import CallbackFault
from framegate.pretend.order import KINDS, OrderRead, read_order
from framegate.pretend.quirks import Fate
from framegate.pretend.says import SLOTS_FULL, Manner, Says, refusal
from framegate.pretend.task import PretendTask
from framegate.pretend.vendor import Vendor
from framegate.pretend.wire import Broken

NO_SUCH = refusal(404, 1203, "no such resource")


@dataclass(kw_only=True)
class Creates:
    """The handler, with the vendor that it works for."""

    vendor: Vendor

    async def __call__(self, request: Request) -> Response:
        """Take an order, or not."""
        vendor = self.vendor
        number, since = vendor.number("create"), vendor.hanging.generation
        early = vendor.faults.unread(number)
        if early is not None:
            return await self._break_unread(early, request)
        try:
            body = await request.body()
        except ClientDisconnect:
            return Response()
        record = log.sent(request.url.path, request.headers, body, now_ms=vendor.clock_ms())
        decided = self._decide(request, body, number)
        whole = self._whole(decided.says, decided.task)
        await vendor.writer.write(record, *decided.records(whole, record))
        return await self._answer(decided, whole, request, since=since)

    def _decide(self, request: Request, body: bytes, number: int) -> "_Decided":
        vendor, now_ms = self.vendor, self.vendor.clock_ms()
        kind, model = request.path_params["kind"], request.path_params["model"]
        refused = vendor.account.refuse(
            request.headers.get("authorization", ""), is_legacy=False, now_s=now_ms // 1_000
        )
        if refused:
            return _Decided(says=refused)
        if kind not in KINDS or model not in vendor.config.models:
            return _Decided(says=NO_SUCH)
        order = read_order(body, kind=kind, model=model)
        if isinstance(order, Says):
            return _Decided(says=order)
        duplicate = vendor.studio.refuse_duplicate(order.external_id)
        if duplicate:
            return _Decided(says=duplicate)
        says: Says = vendor.faults.choose(
            "create", external_ids=(order.external_id,), number=number
        )
        if says.buys and vendor.studio.is_full(now_ms):
            return _Decided(says=SLOTS_FULL)
        return self._sold(order, says, number) if says.buys else _Decided(says=says)

    def _sold(self, order: OrderRead, says: Says, number: int) -> "_Decided":
        vendor, ids = self.vendor, (order.external_id,)
        fate: Fate = vendor.faults.choose("fate", external_ids=ids, number=number)
        callback: CallbackFault = vendor.faults.choose("callback", external_ids=ids, number=number)
        task = vendor.studio.sell(
            order, fate, draws=vendor.draws("pace", number), now_ms=vendor.clock_ms()
        )
        task.is_silent = callback is CallbackFault.MISSING
        return _Decided(says=says, task=task, callback=callback)

    async def _answer(
        self, decided: "_Decided", whole: Response, request: Request, *, since: int
    ) -> Response:
        vendor, says, task = self.vendor, decided.says, decided.task
        if task is not None and task.order.callback_url:
            tellings = callback_plan.tellings(task, decided.callback)
            at_once, later = callbacks.early(tellings, decided.callback)
            for telling in at_once:
                await vendor.callbacks.tell(task, telling)
            vendor.callbacks.owe(task, later)
        if says.manner is Manner.WHOLE:
            return whole
        hangs = says.manner is Manner.HANGS
        if hangs and await vendor.hanging.wait(request, since=since):
            return whole
        return Broken(whole, says.manner)

    def _whole(self, says: Says, task: PretendTask | None) -> Response:
        if task is None or says.code is not None or says.raw is not None:
            return self.vendor.envelopes.answer(says)
        # As it was when it was made: with pace 0 it has ended by now, and nobody asked yet.
        data = {
            "id": task.id,
            "status": "submitted",
            "message": "",
            "create_time": task.created_ms,
            "update_time": task.created_ms,
        }
        if says.names_task_id:
            data = {"task_id": task.id, "task_status": "queued"}
        external = {"external_id": task.order.external_id} if task.order.external_id else {}
        return self.vendor.envelopes.ok(data | external)

    async def _break_unread(self, says: Says, request: Request) -> Response:
        await self.vendor.writer.write(
            {"event": "unread", "at_ms": self.vendor.clock_ms(), "path": request.url.path}
        )
        return Broken(Response(), says.manner)


@dataclass(kw_only=True)
class _Decided:
    """What the vendor made of one create, before it says a word."""

    says: Says
    task: PretendTask | None = None
    callback: CallbackFault = CallbackFault.USUAL

    def records(self, whole: Response, sent: log.Record) -> list[log.Record]:
        """The lines for the log: bought or refused, and what the caller would read.

        sent  the line of the bytes that this is about; the others are tied to it by its SHA-256
        """
        says = self.says
        happened: dict[str, Any] = {"event": "refused", "says": says.name, "code": says.code}
        task_id = ""
        if self.task is not None:
            task_id = self.task.id
            happened = {"event": "bought", "says": says.name, **self.task.row()}
        answered = {
            "event": "answered",
            "says": says.name,
            "id": task_id,
            "status": whole.status_code,
            "body": bytes(whole.body).decode(),
            "manner": says.manner.name.lower(),
        }
        about = {"at_ms": sent["at_ms"], "sha256": sent["sha256"]}
        return [happened | about, answered | about]
