"""A month of tasks, written straight into a gateway's database: over HTTP it would take hours.

`tools/shots_full.py` calls it, for pictures of pages that are full. Only what pages show is
written; no promise is kept about it.
"""

import hashlib
import random
import sqlite3
import time
from collections import Counter
from pathlib import Path

from framegate import ids

ROWS = 2_400
STEP_MS = 18 * 60_000
"""A month has 2,400 of these."""

TOOK_MS = 42_000
PRICE_MICROS = 560_000
SECONDS = 5
STATES = ["succeeded"] * 90 + ["failed"] * 6 + ["expired", "cancelled", "processing", "submitted"]
WORDS = ("balloon", "hills", "river", "lantern", "fox", "train", "snow", "orchard", "violin")
UPSTREAMS = ["local"] * 60 + ["kling"] * 39 + ["spare"]
KEYS = 20
BODY = b'{"contents":[{"type":"first_frame","url":"https://cdn.example.com/a.jpg"}]}'


def write(path: Path, account: str) -> None:
    """So many tasks of one account, oldest first, with life, words, hold, ledger and usage."""
    dice = random.Random(0)  # noqa: S311 - the same pictures each time, and no secret
    database = sqlite3.connect(path, isolation_level=None)
    try:
        database.execute("BEGIN")
        began_ms = time.time_ns() // 1_000_000 - ROWS * STEP_MS
        usage: Counter[tuple[str, ...]] = Counter()
        for number in range(ROWS):
            at_ms, state = began_ms + number * STEP_MS, dice.choice(STATES)
            key, upstream = f"key_{account[-6:]}_{dice.randrange(KEYS)}", dice.choice(UPSTREAMS)
            resolution = dice.choice(["720p", "720p", "1080p"])
            ended_ms = 0 if state in {"processing", "submitted"} else at_ms + TOOK_MS
            task = ids.new("task")
            _task(database, task, (account, key, upstream, state, resolution), at_ms, ended_ms)
            words = (task, " ".join(dice.choices(WORDS, k=40)), "https://cdn.example.com/a.jpg")
            database.execute("INSERT INTO prompts VALUES (?,?,?)", words)
            _money(database, task, (account, key, state), at_ms, ended_ms)
            if ended_ms:
                day = time.strftime("%Y-%m-%d", time.gmtime(ended_ms // 1_000))
                usage[(account, day, key, upstream, "kling-3.0-turbo", resolution, state)] += 1
        for facts, tasks in usage.items():
            paid = tasks if facts[-1] == "succeeded" else 0
            sums = (tasks, paid * SECONDS, paid * PRICE_MICROS, 0, 0)
            database.execute("INSERT INTO usage VALUES (?,?,?,?,?,?,?,?,?,?,?,?)", (*facts, *sums))
        database.execute("COMMIT")
    finally:
        database.close()


def _task(
    database: sqlite3.Connection, task: str, facts: tuple[str, ...], at_ms: int, ended_ms: int
) -> None:
    account, key, upstream, state, resolution = facts
    database.execute(
        "INSERT INTO tasks (id, account_id, key_id, kind, model, status, fence, request_id,"
        " upstream, ticket, external_task_id, resolution, aspect_ratio, duration_s, body,"
        " body_sha256, price_micros, price_version, currency, created_ms, updated_ms, sent_ms,"
        " ended_ms, deadline_ms) VALUES (?,?,?,'image-to-video','kling-3.0-turbo',?,3,?,?,?,?,?,"
        " '16:9',?,?,?,?,'x','USD',?,?,?,?,?)",
        (
            *(task, account, key, state, ids.new("req"), upstream, f"9{at_ms:017}", ""),
            *(resolution, SECONDS, BODY, hashlib.sha256(BODY).hexdigest(), PRICE_MICROS),
            *(at_ms, ended_ms or at_ms + 9, at_ms + 5, ended_ms, at_ms + 86_400_000),
        ),
    )
    steps = [("sending", 0), ("submitted", 5)] + [(state, TOOK_MS)] * (state != "submitted")
    for step, after_ms in steps:
        database.execute(
            "INSERT INTO life (task_id, account_id, at_ms, status) VALUES (?,?,?,?)",
            (task, account, at_ms + after_ms, step),
        )


def _money(
    database: sqlite3.Connection, task: str, facts: tuple[str, ...], at_ms: int, ended_ms: int
) -> None:
    account, key, state = facts
    closed = "settled" if state == "succeeded" else "released"
    database.execute(
        "INSERT INTO holds (task_id, account_id, key_id, amount_micros, state, opened_ms,"
        " closed_ms) VALUES (?,?,?,?,?,?,?)",
        (task, account, key, PRICE_MICROS, closed if ended_ms else "open", at_ms, ended_ms),
    )
    if state != "succeeded":
        return
    transfer = ids.new("trf")
    database.execute(
        "INSERT INTO transfers VALUES (?,'settle',?,?)", (transfer, task, at_ms + TOOK_MS)
    )
    for ledger, micros in ((account, -PRICE_MICROS), ("house:revenue", PRICE_MICROS)):
        database.execute(
            "INSERT INTO entries (transfer_id, ledger, amount_micros) VALUES (?,?,?)",
            (transfer, ledger, micros),
        )
    database.execute(
        "UPDATE accounts SET posted_micros = posted_micros - ? WHERE id = ?",
        (PRICE_MICROS, account),
    )
