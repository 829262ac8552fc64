"""Sends callbacks when they are due: one timer for all of them, however many tasks are in flight.

`vendor` owes it a task's tellings; it sends the bare object, signed when there is a secret, and
tries a little again. The real vendor's retries are not known.
"""

import asyncio
import contextlib
import hashlib
import heapq
import http.client
import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any, Protocol
from urllib.parse import urlsplit

import msgspec

from framegate.domain.signature import sign_webhook
from framegate.pretend.callback_plan import CallbackFault, Telling
from framegate.pretend.log import LogWriter
from framegate.pretend.task import PretendTask

RETRY_WAITS_MS = (1_000, 5_000)
ATTEMPT_WAIT_S_MAX = 10
SENDERS_MAX = 16
ANSWER_BYTES_MAX = 1_024
HTTP_OK = 200
WRONG_SECRET = "whsec_bm90IHRoZSBzZWNyZXQgdGhhdCB5b3Uga25vdyE="  # noqa: S105 - forges
Show = Callable[[PretendTask, int], dict[str, Any]]


class Post(Protocol):
    """One POST: its answer's status. Raises OSError or HTTPException when none comes."""

    def __call__(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        """Send it, and wait."""
        ...


@dataclass(order=True)
class _Due:
    due_ms: int
    number: int
    task: PretendTask = field(compare=False)
    telling: Telling = field(compare=False)
    tries: int = field(compare=False, default=0)


class Callbacks:
    """What is owed, and the timer, which runs only while something is."""

    def __init__(
        self, *, secret: str, show: Show, log: LogWriter, clock_ms: Callable[[], int], post: Post
    ) -> None:
        self._secret, self._show, self._log = secret, show, log
        self._clock_ms, self._post = clock_ms, post
        self._owed: list[_Due] = []
        self._numbers = itertools.count()
        self._timer: asyncio.Task[None] | None = None
        self._sooner = asyncio.Event()
        self._latest: dict[str, asyncio.Task[None]] = {}
        # Its own threads: receivers that hang must not keep anything else waiting.
        self._threads = ThreadPoolExecutor(SENDERS_MAX, thread_name_prefix="pretend-callback")

    @property
    def owed(self) -> int:
        """How many are not sent yet."""
        return len(self._owed)

    def forget(self) -> None:
        """Owe nothing any more."""
        self._owed.clear()

    def owe(self, task: PretendTask, tellings: list[Telling]) -> None:
        """Send these when they are due."""
        for telling in tellings:
            self._push(_Due(telling.due_ms, next(self._numbers), task, telling))

    def hurry(self, task: PretendTask, now_ms: int) -> None:
        """A task has ended before its time: its end is told now, and what lay between never."""
        self._owed = [
            each
            for each in self._owed
            if each.task is not task or each.due_ms <= now_ms or each.tries
        ]
        heapq.heapify(self._owed)
        self.owe(task, [Telling(due_ms=now_ms, as_of_ms=now_ms)])

    async def tell(self, task: PretendTask, telling: Telling) -> None:
        """Send one now, and wait for its answer."""
        await self._send(_Due(telling.due_ms, next(self._numbers), task, telling))

    def close(self) -> None:
        """Send nothing any more."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _push(self, due: _Due) -> None:
        heapq.heappush(self._owed, due)
        self._sooner.set()
        if self._timer is None or self._timer.done():
            self._timer = asyncio.create_task(self._run())

    async def _run(self) -> None:
        while self._owed:
            self._sooner.clear()
            wait_ms = self._owed[0].due_ms - self._clock_ms()
            if wait_ms <= 0:
                self._begin(heapq.heappop(self._owed))
                continue
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_ms / 1_000):
                    await self._sooner.wait()

    def _begin(self, due: _Due) -> None:
        sending = asyncio.create_task(self._in_turn(due, self._latest.get(due.task.id)))
        self._latest[due.task.id] = sending
        sending.add_done_callback(lambda done: self._forget_turn(due.task.id, done))

    def _forget_turn(self, task_id: str, done: asyncio.Task[None]) -> None:
        if self._latest.get(task_id) is done:
            del self._latest[task_id]

    async def _in_turn(self, due: _Due, before: asyncio.Task[None] | None) -> None:
        # One after the other for one task; different tasks wait for nobody.
        if before is not None:
            await asyncio.wait((before,))
        await self._send(due)

    async def _send(self, due: _Due) -> None:
        body, status = self._body(due)
        message_id = f"msg_{due.task.id}_{due.number}"
        headers = self._headers(message_id, body, is_signed=due.telling.is_signed)
        loop = asyncio.get_running_loop()
        url = due.task.order.callback_url
        try:
            answer = await loop.run_in_executor(self._threads, self._post, url, body, headers)
            trouble = ""
        except (OSError, http.client.HTTPException, ValueError) as error:
            answer, trouble = 0, type(error).__name__
        await self._log.write(
            {
                "event": "told",
                "at_ms": self._clock_ms(),
                "id": due.task.id,
                "message_id": message_id,
                "status": status,
                "is_true": not due.telling.lie and due.telling.is_signed,
                # The address may hold a token of the receiver's.
                "url_sha256": hashlib.sha256(url.encode()).hexdigest(),
                "body": body.decode(),
                "try": due.tries + 1,
                "answer": answer,
                "trouble": trouble,
            }
        )
        if answer != HTTP_OK and due.tries < len(RETRY_WAITS_MS):
            wait_ms = RETRY_WAITS_MS[due.tries]
            self._push(replace(due, due_ms=self._clock_ms() + wait_ms, tries=due.tries + 1))

    def _body(self, due: _Due) -> tuple[bytes, str]:
        shown = self._show(due.task, due.telling.as_of_ms)
        if due.telling.lie:
            shown |= {"status": due.telling.lie, "message": ""}
        return msgspec.json.encode(shown), shown["status"]

    def _headers(self, message_id: str, body: bytes, *, is_signed: bool) -> dict[str, str]:
        headers = {"Content-Type": "application/json"}
        if not self._secret:
            return headers
        timestamp_s = self._clock_ms() // 1_000
        signature = sign_webhook(
            self._secret if is_signed else WRONG_SECRET,
            message_id=message_id,
            timestamp_s=timestamp_s,
            body=body,
        )
        return headers | {
            "webhook-id": message_id,
            "webhook-timestamp": str(timestamp_s),
            "webhook-signature": signature,
        }


def early(tellings: list[Telling], fault: CallbackFault) -> tuple[list[Telling], list[Telling]]:
    """What is sent before the answer to the create, and what is owed after it."""
    count = 1 if fault is CallbackFault.EARLY else 0
    return tellings[:count], tellings[count:]


def post(url: str, body: bytes, headers: dict[str, str]) -> int:
    """One POST with the standard library; redirects are not followed."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=ATTEMPT_WAIT_S_MAX)
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", target, body=body, headers=headers)
        answer = connection.getresponse()
        answer.read(ANSWER_BYTES_MAX)
        return answer.status
    finally:
        connection.close()
