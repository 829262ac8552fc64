"""An upstream whose every answer is the machine's, and that knows what was really bought."""

import hashlib

from fakes.scripted_upstream import MP4, ScriptedUpstream, ticket
from framegate.domain.upstream import (
    Checked,
    Fetched,
    Output,
    Refused,
    Relay,
    Render,
    RenderStatus,
    Uncertain,
    Unknown,
    Unreachable,
)

NOT_AN_MP4 = b"<html>gone</html>"


def refusal(http_status=400, code=1201, **rest):
    return Relay(http_status=http_status, code=code, message="no", request_id="up", data={}, **rest)


SUBMIT_ANSWERS = {
    # name -> what it says, and whether it buys
    "refuses": (lambda _: Refused(relay=refusal()), False),
    "refuses us": (lambda _: Refused(relay=refusal(401, 1002), blames_operator=True), False),
    "is full": (
        lambda _: Refused(relay=refusal(429, 1303, retry_after_s=7), may_go_elsewhere=True),
        False,
    ),
    "is unreachable": (lambda _: Unreachable(reason="no route"), False),
    "is silent": (lambda _: Uncertain(reason="reset"), False),
    "accepts": (ticket, True),
    "accepts in silence": (lambda _: Uncertain(reason="reset"), True),
}
NEWS = {
    "is waiting": (RenderStatus.SUBMITTED, False),
    "is at work": (RenderStatus.PROCESSING, False),
    "has failed": (RenderStatus.FAILED, False),
    "has succeeded": (RenderStatus.SUCCEEDED, True),
    "has succeeded without a video": (RenderStatus.SUCCEEDED, False),
}
NO_NEWS = {"knows nothing": Unknown(), "is unreachable": Unreachable(reason="no route")}


class Puppet(ScriptedUpstream):
    """Asks the machine, at a gate, for every answer."""

    def __init__(self, name, gates, **rest):
        super().__init__(name, **rest)
        self.gates = gates
        self.tickets = {}  # task -> ticket, for what was bought
        self.sent = []
        self.can_cancel = True

    async def cancel(self, ticket, *, message):
        self.cancelled.append((ticket, message))
        return True

    async def submit(self, order):
        self.sent.append(order.task_id)
        return await self.gates.at("submit", order.task_id, self)

    async def check(self):
        return Checked(is_well=await self.gates.at("check", self.name, self), says="as told")

    async def poll(self, ticket):
        return await self.gates.at("poll", ticket, self)

    async def find(self, *, task_id, account_id, external_task_id):
        return await self.gates.at("find", task_id, self)

    async def fetch(self, output, to):
        content = await self.gates.at("fetch", output.id, self)
        to.write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        return Fetched(path=to, bytes_count=len(content), sha256=digest)

    # --- what the machine makes it say --------------------------------------------------------

    def submit_answer(self, task_id, name):
        says, buys = SUBMIT_ANSWERS[name]
        if buys:
            self.tickets[task_id] = f"{self.name}-{task_id}"
        return says(self.tickets.get(task_id, ""))

    def news(self, ticket_id, name):
        if name in NO_NEWS:
            return NO_NEWS[name]
        if ticket_id in {ticket for ticket, _ in self.cancelled}:
            return Render(ticket=ticket_id, status=RenderStatus.CANCELLED, message="enough")
        status, has_video = NEWS[name]
        outputs = (Output(id=ticket_id, location="https://v.example/x.mp4", duration="5.041"),)
        return Render(
            ticket=ticket_id,
            status=status,
            message="the upstream's words" if status is RenderStatus.FAILED else "",
            outputs=outputs if has_video else (),
        )

    def found(self, task_id, name):
        """It never invents a task, and may fail to find one."""
        if task_id not in self.tickets:
            name = name if name in NO_NEWS else "knows nothing"
        return self.news(self.tickets.get(task_id, ""), name)


FETCHED = {"is whole": MP4, "is a page": NOT_AN_MP4, "breaks off": OSError("connection reset")}
