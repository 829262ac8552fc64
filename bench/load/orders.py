"""Tasks as customers make them over months, and the rows of all that hangs on each."""

import hashlib
import random
import sqlite3
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from framegate import ids
from framegate.domain.delivery import ATTEMPTS_MAX
from load.cells import Rows
from load.customers import Customer

STEP_MS = 10_000
PRICE_MICROS = 560_000

# How a hundred tasks stand, roughly as a gateway in use has them.
STATES = ["succeeded"] * 90 + ["failed"] * 6 + ["expired", "cancelled", "processing", "submitted"]
RUNNING = frozenset({"processing", "submitted"})
WORDS = (
    *("balloon", "hills", "river", "lantern", "fox"),
    *("train", "snow", "orchard", "violin", "market"),
)
MODELS = ["kling-3.0-turbo"] * 99 + ["kling-2.0"]
UPSTREAMS = ["local"] * 60 + ["vendor"] * 39 + ["spare"]
RESOLUTIONS = ("720p", "720p", "1080p")
PICTURE = "https://cdn.example.com/a.jpg"
BODY = b'{"contents":[{"type":"first_frame","url":"https://cdn.example.com/a.jpg"}]}' + b" " * 300
BODY_SHA256 = hashlib.sha256(BODY).hexdigest()
ANSWER = (
    b'{"http_status":200,"code":0,"message":"SUCCEED","request_id":"r",'
    b'"data":{"status":"submitted"}}'
)
# How a hundred tellings went: the status and how many attempts it took.
TOLD = [("delivered", 1)] * 94 + [("delivered", 3)] * 4 + [("failed", ATTEMPTS_MAX)] * 2


@dataclass(frozen=True, kw_only=True)
class Made:
    """One task, as everything that hangs on it needs it."""

    number: int
    id: str
    customer: Customer
    key: str
    at_ms: int
    state: str
    upstream: str
    model: str
    resolution: str

    @property
    def ended_ms(self) -> int:
        return 0 if self.state in RUNNING else self.at_ms + 60_000

    @property
    def is_paid(self) -> bool:
        return self.state == "succeeded"


def made_tasks(
    dice: random.Random, half: Customer, others: list[Customer], *, count: int, began_ms: int
) -> Iterator[Made]:
    for number in range(count):
        customer = half if number % 2 else dice.choice(others)
        yield Made(
            number=number,
            id=ids.new("task"),
            customer=customer,
            key=dice.choice(customer.keys),
            at_ms=began_ms + number * STEP_MS,
            state=dice.choice(STATES),
            upstream=dice.choice(UPSTREAMS),
            model=dice.choice(MODELS),
            resolution=dice.choice(RESOLUTIONS),
        )


def task(rows: Rows, made: Made, *, is_needle: bool, dice: random.Random) -> None:
    rows.add(
        "tasks",
        id=made.id,
        account_id=made.customer.id,
        key_id=made.key,
        kind="image-to-video",
        model=made.model,
        status=made.state,
        fence=3,
        request_id=ids.new("req"),
        upstream=made.upstream,
        ticket=f"9{made.number:017}",
        external_task_id=f"mine-{made.number}",
        resolution=made.resolution,
        aspect_ratio="16:9",
        duration_s=5,
        body=BODY,
        body_sha256=BODY_SHA256,
        price_micros=PRICE_MICROS,
        price_version="x",
        currency="USD",
        answer=ANSWER,
        created_ms=made.at_ms,
        updated_ms=made.ended_ms or made.at_ms + 9,
        sent_ms=made.at_ms + 5,
        ended_ms=made.ended_ms,
        next_ms=0 if made.ended_ms else made.at_ms + 3_600_000,
        deadline_ms=made.at_ms + 86_400_000,
    )
    words = " ".join(dice.choices(WORDS, k=40)) + (" needle" if is_needle else "")
    rows.add("prompts", task_id=made.id, text=words, picture_url=PICTURE)
    for status, after_ms in (("sending", 0), ("submitted", 5), (made.state, 60_000)):
        rows.add(
            "life",
            task_id=made.id,
            account_id=made.customer.id,
            at_ms=made.at_ms + after_ms,
            status=status,
        )


def money(rows: Rows, made: Made) -> None:
    state = "open" if not made.ended_ms else "settled" if made.is_paid else "released"
    rows.add(
        "holds",
        task_id=made.id,
        account_id=made.customer.id,
        key_id=made.key,
        amount_micros=PRICE_MICROS,
        state=state,
        opened_ms=made.at_ms,
        closed_ms=made.ended_ms,
    )
    if not made.is_paid:
        return
    transfer = ids.new("trf")
    rows.add("transfers", id=transfer, kind="settle", task_id=made.id, created_ms=made.ended_ms)
    for ledger, micros in ((made.customer.id, -PRICE_MICROS), ("house:revenue", PRICE_MICROS)):
        rows.add("entries", transfer_id=transfer, ledger=ledger, amount_micros=micros)


def film(rows: Rows, made: Made) -> None:
    if made.is_paid:
        rows.add(
            "videos",
            id=ids.new("vid"),
            task_id=made.id,
            account_id=made.customer.id,
            output_id=f"8{made.number:017}",
            bytes_count=1_200_000,
            sha256=BODY_SHA256,
            duration="5.0",
            created_ms=made.ended_ms,
        )
    if made.upstream == "local":
        rows.add(
            "renders",
            id=f"9{made.number:017}",
            task_id=made.id,
            account_id=made.customer.id,
            status=made.state if made.state in {*RUNNING, "succeeded"} else "failed",
            picture_url=PICTURE,
            resolution=made.resolution,
            duration_s=5,
            created_ms=made.at_ms,
            updated_ms=made.ended_ms,
        )


def deliveries(rows: Rows, made: Made, dice: random.Random) -> None:
    last = {"succeeded": ["task.succeeded"]}.get(made.state, ["task.failed"])
    told = ["task.submitted", "task.processing", *(last if made.ended_ms else [])]
    hook = dice.choice(made.customer.hooks)
    for place, event in enumerate(told):
        # What happened in the last minutes has failed twice so far and is tried again.
        is_new = place == 0 and not made.ended_ms
        status, attempts = ("pending", 2) if is_new else dice.choice(TOLD)
        delivery, at_ms = ids.new("msg"), made.at_ms + place * 20_000
        rows.add(
            "deliveries",
            id=delivery,
            account_id=made.customer.id,
            task_id=made.id,
            event=event,
            endpoint_id=hook,
            url=f"https://hooks.example.com/{hook}",
            status=status,
            attempts=attempts,
            created_ms=at_ms,
            next_ms=at_ms + 86_400_000 if is_new else 0,
            ended_ms=0 if is_new else at_ms + 300,
        )
        for number in range(1, attempts + 1):
            is_taken = status == "delivered" and number == attempts
            rows.add(
                "attempts",
                delivery_id=delivery,
                number=number,
                at_ms=at_ms + number * 5_000,
                took_ms=120,
                http_status=200 if is_taken else 500,
                answer=b"ok" if is_taken else b"<html>it is broken</html>",
            )


# --- what is kept as sums ---------------------------------------------------------------------


@dataclass
class Sums:
    """What the ends of tasks add up to: usage, balances, and what keys have spent."""

    used: dict[tuple[str, ...], list[int]] = field(default_factory=dict)
    spent: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    running: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))

    def note(self, made: Made) -> None:
        for owner in (made.customer.id, made.key):
            self.spent[owner] += PRICE_MICROS * made.is_paid
            self.running[owner] += not made.ended_ms
        if not made.ended_ms:
            return
        day = time.strftime("%Y-%m-%d", time.gmtime(made.ended_ms // 1_000))
        group = (made.customer.id, day, made.key, made.upstream, made.model, made.resolution)
        sums = self.used.setdefault((*group, made.state), [0, 0, 0])
        for index, amount in enumerate((1, 5 * made.is_paid, PRICE_MICROS * made.is_paid)):
            sums[index] += amount

    def add(self, rows: Rows) -> None:
        names = ("account_id", "day", "key_id", "upstream", "model", "resolution", "status")
        for group, (tasks, seconds, micros) in self.used.items():
            known = dict(zip(names, group, strict=True))
            rows.add("usage", **known, tasks=tasks, seconds=seconds, spent_micros=micros)

    def post(self, other: sqlite3.Connection) -> None:
        """Balances and counters of accounts and keys; a key's id is no account's."""
        owners = sorted(self.spent.keys() | self.running.keys())
        facts = [(self.spent[each], self.running[each], PRICE_MICROS, each) for each in owners]
        other.executemany(
            "UPDATE accounts SET posted_micros = -?1, in_flight = ?2, held_micros = ?2 * ?3"
            " WHERE id = ?4",
            facts,
        )
        other.executemany(
            "UPDATE keys SET spent_micros = ?1 + ?2 * ?3, in_flight = ?2 WHERE id = ?4", facts
        )
