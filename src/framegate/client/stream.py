"""A task's stream of events: read, and taken up again where it broke.

The format is the HTML standard's `text/event-stream`, as `/api/tasks/{id}/events` writes it.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from framegate.client.answers import ENDED
from framegate.client.asking import (
    RETRY_AFTER_S_MAX,
    Asking,
    refused,
    retry_after_s,
    unreachable,
)
from framegate.client.errors import ServerUnreachable
from framegate.client.steps import Dropped, Give, Open, Pause, Piece, Reply, Script

HTTP_OK, HTTP_NOTHING_MORE, HTTP_TOO_MANY, HTTP_FAULTS_FROM = 200, 204, 429, 500
STREAM = "text/event-stream"
EVENT_BYTES_MAX = 1 << 20
AGAIN_AFTER_S = (0.5, 1.0, 2.0, 4.0, *[8.0] * 14)
"""Two minutes, as `wait` has them: a server that is started anew ends every stream."""

NAMES = frozenset({"task", "progress"})


@dataclass(frozen=True, kw_only=True)
class TaskEvent:
    """One thing that happened to a task.

    kind      "task": its status changed; "progress": the embedded renderer went on
    id        of a "task" event: what comes behind it can be asked for; "" for "progress"
    status    submitted, processing, succeeded or failed; "" for "progress"
    state     our own word, which tells cancelled and expired from failed
    note      why it failed
    at        when; None for "progress"
    stage     what the renderer does; with frames_done of frames_total
    """

    kind: str
    id: str = ""
    task_id: str = ""
    status: str = ""
    state: str = ""
    note: str = ""
    at: datetime | None = None
    stage: str = ""
    frames_done: int = 0
    frames_total: int = 0
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def is_last(self) -> bool:
        """Whether nothing more will happen to the task."""
        return self.status in ENDED


@dataclass
class Stream:
    """One task's events, over as many connections as it takes.

    last_id   of what was heard last
    broke     how often in a row a connection brought nothing
    """

    ask: Asking
    path: str
    last_id: str = ""
    broke: int = 0

    def opened(self) -> Script[Reply]:
        """Connect, behind what was heard last; what is no stream is answered too."""
        headers = {"Authorization": f"Bearer {self.ask.access.key}", "Accept": STREAM}
        if self.last_id:
            headers["Last-Event-ID"] = self.last_id
        reply: Reply = yield Open(url=self.ask.access.url + self.path, headers=headers)
        self.ask.has_answered = True
        return reply

    def heard(self) -> Script[None]:
        """Give every TaskEvent up to the last one.

        raises   ServerUnreachable when it breaks again and again, ServerRefused when it is refused
                 as often
        """
        while True:
            why, wait_s, busy = "the stream ends at once", 0.0, None
            try:
                reply = yield from self.opened()
                if reply.http_status == HTTP_NOTHING_MORE:
                    return
                if not is_stream(reply):
                    busy, wait_s = reply, self._wait_s(reply)
                elif (yield from self._given()):
                    return
            except Dropped as dropped:
                why = dropped.why
                if not self.ask.has_answered:
                    raise unreachable(self.ask.access.url, why) from dropped
            # A stream that ends in order is taken up again as well: none lasts for ever.
            self.broke += 1
            if self.broke > len(AGAIN_AFTER_S):
                # A server that says no answers: what it says is worth more than that it is gone.
                raise refused(busy) if busy else unreachable(self.ask.access.url, why)
            yield Pause(max(wait_s, AGAIN_AFTER_S[self.broke - 1]))

    def _given(self) -> Script[bool]:
        """Give the events of one connection; whether the last one was among them."""
        reader = Reader()
        while piece := (yield Piece()):
            for event in reader.events(piece):
                self.broke, self.last_id = 0, event.id or self.last_id
                if event.kind in NAMES:
                    yield Give(event)
                if event.is_last:
                    return True
        return False

    def _wait_s(self, reply: Reply) -> float:
        """How long a server that is busy wants to be left alone; any other no is raised."""
        is_busy = reply.http_status == HTTP_TOO_MANY or reply.http_status >= HTTP_FAULTS_FROM
        asks = retry_after_s(reply) or 0
        if is_busy and asks <= RETRY_AFTER_S_MAX:
            return float(asks)
        if reply.http_status == HTTP_OK:
            raise ServerUnreachable(
                f"what answers at {self.ask.access.url} has no stream of events",
                "check the address and its port",
            )
        raise refused(reply)


@dataclass
class Reader:
    """Bytes in, events out; keeps what is not whole yet."""

    _rest: bytes = b""

    def events(self, piece: bytes) -> Iterator[TaskEvent]:
        """The events that are whole now. Raises Dropped for what is no stream of ours."""
        self._rest = (self._rest + piece).replace(b"\r\n", b"\n")
        *blocks, self._rest = self._rest.split(b"\n\n")
        if len(self._rest) > EVENT_BYTES_MAX:
            raise Dropped("an event without end")
        for block in blocks:
            event = _event(block.decode("utf-8", "replace"))
            if event is not None:
                yield event


def is_stream(reply: Reply) -> bool:
    """Whether events are going to come."""
    is_of_events = reply.headers.get("content-type", "").startswith(STREAM)
    return reply.http_status == HTTP_OK and is_of_events


def _event(block: str) -> TaskEvent | None:
    """One event; None for a comment."""
    fields = {
        name: text.removeprefix(" ")
        for name, _, text in (line.partition(":") for line in block.split("\n"))
        if name
    }
    if "data" not in fields:
        return None
    try:
        data = json.loads(fields["data"])
    except ValueError:
        data = None
    if not isinstance(data, dict):
        raise Dropped("an event that cannot be read")
    at = data.get("at")
    return TaskEvent(
        kind=fields.get("event", ""),
        id=fields.get("id", ""),
        task_id=str(data.get("task") or ""),
        status=str(data.get("status") or ""),
        state=str(data.get("state") or ""),
        note=str(data.get("note") or ""),
        at=datetime.fromtimestamp(at / 1_000, UTC) if at else None,
        stage=str(data.get("stage") or ""),
        frames_done=int(data.get("frames_done") or 0),
        frames_total=int(data.get("frames_total") or 0),
        raw=data,
    )
