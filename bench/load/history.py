"""A gateway that has been in use for months by many customers: what the benches of pages ask.

Over HTTP it would take hours to make, so it is written straight into the database. The operator's
own account has no task.
"""

import random
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path

import msgspec

from load.cells import Rows
from load.customers import Customer, customers_of, made_half
from load.gate import Framegate, ended
from load.orders import STEP_MS, Sums, deliveries, film, made_tasks, money, task

TASKS = 100_000
SEED = 0
TASKS_AT_ONCE = 2_000

CONFIG = """
[upstreams.local]
kind = "local"

[upstreams.vendor]
kind = "kling"
base_url = "http://127.0.0.1:1"
api_key = "nobody-is-there"

[upstreams.spare]
kind = "kling"
base_url = "http://127.0.0.1:1"
api_key = "nobody-is-there"
"""
"""The gateway's settings: the upstreams that the tasks were at."""


@dataclass(frozen=True)
class Filled:
    """What there is to ask for."""

    key: str  # A full key of `half`.
    half: Customer
    delivery: str
    failed_delivery: str


def opened(folder: Path, count: int) -> tuple[Framegate, Filled]:
    """A gateway with so many tasks, which does not run; a folder that was filled before is kept."""
    gate, noted = Framegate(folder, config=CONFIG), folder / "filled.json"
    if noted.exists():
        return gate, msgspec.json.decode(noted.read_bytes(), type=Filled)
    with ended(gate, "--no-work"):
        pass
    path, begun = gate.data / "framegate.db", time.perf_counter()
    filled = fill(path, count)
    noted.write_bytes(msgspec.json.encode(filled))
    size, took = path.stat().st_size / 1e6, time.perf_counter() - begun
    print(f"{count:,} tasks, {size:.0f} MB, written in {took:.0f} s", flush=True)
    # The one that made the tables has ended, and its connection with it.
    return Framegate(folder, config=CONFIG), filled


def fill(path: Path, count: int) -> Filled:
    """So many tasks with all that hangs on them, oldest first, for a gateway that does not run."""
    key, half_id = made_half(path)
    dice = random.Random(SEED)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("PRAGMA synchronous = OFF")
    other.execute("BEGIN")
    rows, sums = Rows(), Sums()
    began_ms = time.time_ns() // 1_000_000 - count * STEP_MS
    half, others = customers_of(rows, half_id, began_ms)
    for made in made_tasks(dice, half, others, count=count, began_ms=began_ms):
        task(rows, made, is_needle=made.number in {count // 100, count // 2}, dice=dice)
        money(rows, made)
        film(rows, made)
        deliveries(rows, made, dice)
        sums.note(made)
        if made.number % TASKS_AT_ONCE == 0:
            rows.write(other)
    sums.add(rows)
    rows.write(other)
    sums.post(other)
    other.execute("COMMIT")
    other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    newest = "SELECT MAX(id) FROM deliveries WHERE account_id = ? AND status = ?"
    some = [
        other.execute(newest, (half_id, status)).fetchone()[0] for status in ("delivered", "failed")
    ]
    other.close()
    return Filled(key, half, *some)
