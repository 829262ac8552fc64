"""A driver of the client's scripts that sends nothing: it answers as it was told, in turn."""

import json
from collections import deque
from typing import Any

from framegate.client.steps import Dropped, Give, Now, Open, Pause, Piece, Reply, Send, Tell, Work


def success(data: Any, **headers: str) -> Reply:
    """An answer in the envelope; `retry_after` names the header `retry-after`."""
    return answer(200, data, code=0, message="SUCCEED", **headers)


def answer(
    http_status: int, data: Any = None, *, code: int = 1201, message: str = "no", **headers: str
) -> Reply:
    """Any JSON answer of ours."""
    body = {"code": code, "message": message, "request_id": "req_1", "data": data or {}}
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Reply(http_status, named, json.dumps(body).encode())


class Player:
    """Put replies, or `Dropped`, in `replies`; a reply's body goes to whoever wants pieces.

    sent     every Send, in order
    streams  what each Open finds: pieces, or Dropped among them or instead; a 404 when there is
             none left
    opened   every Open, in order
    given    every value of a Give
    pauses   how long each Pause was; the clock of Now moves by them alone
    """

    def __init__(self, *replies: Reply | Dropped) -> None:
        self.replies = deque(replies)
        self.sent: list[Send] = []
        self.pauses: list[float] = []
        self.streams: deque[list[bytes | Dropped] | Reply | Dropped] = deque()
        self.opened: list[Open] = []
        self.given: list[Any] = []
        self._pieces: deque[bytes | Dropped] = deque()

    def __call__(self, script: Any) -> Any:
        """Carry a script out; what it returns or raises is the outcome."""
        outcome, error = None, None
        while True:
            try:
                step = script.throw(error) if error else script.send(outcome)
            except StopIteration as end:
                assert not self.replies
                return end.value
            outcome, error = None, None
            try:
                outcome = self._do(step)
            except Exception as raised:  # noqa: BLE001 - the script decides
                error = raised

    def _do(self, step: Any) -> Any:
        match step:
            case Send():
                return self._answer(step)
            case Open():
                return self._open(step)
            case Piece():
                piece = self._pieces.popleft() if self._pieces else b""
                if isinstance(piece, Dropped):
                    raise piece
                return piece
            case Give(value):
                self.given.append(value)
            case Pause(seconds):
                self.pauses.append(seconds)
            case Now():
                return sum(self.pauses)
            case Work(task):
                return task()
            case Tell(listener, news):
                listener(news)
        return None

    def _open(self, step: Open) -> Reply:
        self.opened.append(step)
        found = self.streams.popleft() if self.streams else Reply(404, {}, b"")
        if isinstance(found, Dropped):
            raise found
        if isinstance(found, Reply):
            return found
        self._pieces = deque(found)
        return Reply(200, {"content-type": "text/event-stream"}, b"")

    def _answer(self, step: Send) -> Reply:
        self.sent.append(step)
        reply = self.replies.popleft()
        if isinstance(reply, Dropped):
            raise reply
        if step.to is not None and reply.http_status == 200:
            step.to(reply.body)
            return Reply(200, reply.headers, b"")
        return reply
