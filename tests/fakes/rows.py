"""Rows as the flows write them, for tests of the store: the smallest that keep every promise."""

import hashlib

from framegate import ids
from framegate.domain.quote import PriceList
from framegate.domain.task import Task, TaskStatus, Video
from framegate.engine import embedded as engine
from framegate.store import accounts, holds, ledger, tasks

NOW_MS = 1_783_065_388_949
PRICE_MICROS = 560_000
BODY = b'{"contents":[]}'
PRICES = PriceList(
    model="kling-3.0-turbo",
    currency="USD",
    per_second_micros=112_000,
    resolution_permille={"1080p": 1_500},
)


def new_account(tx, name="acme", *, credit_micros=0, is_unlimited=False):
    account = accounts.create_account(tx, name=name, is_unlimited=is_unlimited, now_ms=NOW_MS)
    if not credit_micros:
        return account
    return ledger.topup(tx, account_id=account.id, amount_micros=credit_micros, now_ms=NOW_MS)


def a_task(account_id, **changes):
    """A task as submit makes it, before it is written."""
    facts = {
        "id": ids.new("task"),
        "account_id": account_id,
        "key_id": "",
        "kind": "image-to-video",
        "model": PRICES.model,
        "status": TaskStatus.SENDING,
        "fence": 0,
        "request_id": "req_1",
        "upstream": "local",
        "ticket": "",
        "external_task_id": "",
        "callback_url": "",
        "resolution": "720p",
        "aspect_ratio": "16:9",
        "duration_s": 5,
        "body_sha256": hashlib.sha256(BODY).hexdigest(),
        "price_micros": PRICE_MICROS,
        "price_version": PRICES.version,
        "currency": PRICES.currency,
        "message": "",
        "created_ms": NOW_MS,
        "updated_ms": NOW_MS,
        "sent_ms": 0,
        "next_ms": NOW_MS + 75_000,
        "deadline_ms": NOW_MS + 86_400_000,
        "polls": 0,
        "answer": b"",
    }
    return Task(**facts | changes)


def begin(tx, account_id, **changes):
    """Begin one task with its hold, its price list and its wake-up, as submit does."""
    task = a_task(account_id, **changes)
    tasks.begin(tx, task, body=BODY)
    ledger.keep_price_list(tx, PRICES, now_ms=NOW_MS)
    holds.open_hold(
        tx,
        task_id=task.id,
        account_id=account_id,
        amount_micros=task.price_micros,
        currency=task.currency,
        key_id=task.key_id,
        now_ms=NOW_MS,
    )
    engine.enqueue(tx, "track", task.id, at_ms=task.next_ms)
    return task


def move(tx, task, status, **changes):
    return tasks.move(
        tx, task, **{"status": status, "now_ms": NOW_MS + 1, "next_ms": NOW_MS + 2} | changes
    )


def accept(tx, task, *, ticket="901930004609634393"):
    return move(tx, task, TaskStatus.SUBMITTED, ticket=ticket)


def a_video(video_id="vid_1"):
    return Video(
        id=video_id,
        output_id="901930004609634394",
        bytes_count=4,
        sha256=hashlib.sha256(b"film").hexdigest(),
        duration="5.041",
        source_url="",
        created_ms=NOW_MS + 3,
    )
