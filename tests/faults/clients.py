"""Customers of a gateway that dies all the time: they order, and keep what they were promised.

Each order has an Idempotency-Key of its own and is sent under it again until there is an answer.
What was acknowledged is in the journal, on disk, before the next order is made.
"""

import json
import os
import threading
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from random import Random

import httpx2 as httpx

from faults.orders import Order, order
from processes import CREATE

AGAIN_S = 0.2
ANSWER_WAIT_S = 8
OPEN_ORDERS_MAX = 40
"""A customer with so many orders unanswered makes no new one."""

ASKED_AGAIN_SHARE = 0.1
UNKNOWN_OUTCOME = 504


@dataclass(frozen=True, kw_only=True)
class Promise:
    """What one order was answered: the task that now has to end."""

    mark: str
    key: str
    task_id: str
    body_sha256: str
    status: int
    has_callback: bool


@dataclass
class Book:
    """Everything that the customers of a run were told, for the verdict."""

    journal: Path
    promises: dict[str, Promise] = field(default_factory=dict)
    statuses: Counter[int] = field(default_factory=Counter)
    lost_answers: int = 0
    refused: int = 0
    changed: list[str] = field(default_factory=list)
    """Marks whose repeat named another task: the same key must be the same task."""
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def keep(self, promise: Promise) -> None:
        with self._turn:
            known = self.promises.setdefault(promise.mark, promise)
            if known.task_id != promise.task_id:
                self.changed.append(promise.mark)
            if known is not promise:
                return
            with self.journal.open("a", encoding="utf-8") as file:
                file.write(json.dumps(vars(promise)) + "\n")
                file.flush()
                os.fsync(file.fileno())

    def count(self, status: int) -> None:
        with self._turn:
            self.statuses[status] += 1

    def miss(self) -> None:
        with self._turn:
            self.lost_answers += 1

    def refuse(self) -> None:
        with self._turn:
            self.refused += 1


@dataclass(kw_only=True, eq=False)
class Client(threading.Thread):
    """One customer, on a thread."""

    number: int
    base_url: str
    key_file: Path
    book: Book
    draws: Random
    picture_url: str
    callback_url: str
    thinks_s: float
    is_over: threading.Event
    is_quiet: threading.Event

    def __post_init__(self) -> None:
        super().__init__(name=f"client {self.number}", daemon=True)
        self._made = 0
        self._was_repeat = False
        self._open: deque[tuple[float, Order]] = deque()

    @property
    def open_orders(self) -> int:
        """How many orders are without an answer."""
        return len(self._open)

    def run(self) -> None:
        while not self.is_over.is_set():
            with httpx.Client(trust_env=False, timeout=ANSWER_WAIT_S) as http:
                # A connection of a dead server is thrown away with its pool.
                while not self.is_over.is_set() and self._step(http):
                    self.is_over.wait(self.thinks_s)

    def _step(self, http: httpx.Client) -> bool:
        """One order sent, if one is due; False when the connection broke."""
        wish = self._next()
        if wish is None:
            return True
        try:
            answer = http.post(
                f"{self.base_url}{CREATE}",
                content=wish.body,
                headers={
                    "Authorization": f"Bearer {self.key_file.read_text().strip()}",
                    "Content-Type": "application/json",
                    "Idempotency-Key": wish.key,
                },
            )
        except (httpx.HTTPError, OSError):
            self.book.miss()
            self._again(wish)
            self.is_over.wait(AGAIN_S)
            return False
        self.book.count(answer.status_code)
        self._hear(wish, answer)
        return True

    def _next(self) -> Order | None:
        is_due = bool(self._open) and self._open[0][0] <= time.monotonic()
        # In turns, so that orders whose answer takes long never keep new ones away.
        self._was_repeat = is_due and (self.is_quiet.is_set() or not self._was_repeat)
        if self._was_repeat:
            return self._open.popleft()[1]
        if self.is_quiet.is_set() or len(self._open) >= OPEN_ORDERS_MAX:
            return None
        self._made += 1
        return order(
            f"{self.number}-{self._made}",
            draws=self.draws,
            picture_url=self.picture_url,
            callback_url=self.callback_url,
        )

    def _again(self, wish: Order, *, after_s: float = AGAIN_S) -> None:
        self._open.append((time.monotonic() + after_s, wish))

    def _hear(self, wish: Order, answer: httpx.Response) -> None:
        task_id = answer.headers.get("X-Framegate-Task", "")
        if task_id and answer.status_code in {200, UNKNOWN_OUTCOME}:
            # "Do not send it again, query it" is a promise as well.
            promise = Promise(
                mark=wish.mark,
                key=wish.key,
                task_id=task_id,
                body_sha256=sha256(wish.body).hexdigest(),
                status=answer.status_code,
                has_callback=wish.has_callback,
            )
            is_first = wish.mark not in self.book.promises
            self.book.keep(promise)
            if is_first and self.draws.random() < ASKED_AGAIN_SHARE:
                self._again(wish, after_s=self.draws.uniform(0, 5))
        elif answer.status_code in {409, 429} or answer.status_code >= 500:
            self._again(wish, after_s=2)
        else:
            self.book.refuse()
