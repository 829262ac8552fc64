"""A gateway's flows on a real database and a real folder, with a clock in hand."""

import hashlib
import itertools
import json

from framegate import ids
from framegate.domain.ledger import Caller, Scope
from framegate.domain.link import Links
from framegate.domain.quote import PriceList
from framegate.domain.signature import Keyring
from framegate.engine.embedded import Wake
from framegate.flows.pool import Pool
from framegate.flows.request import CreateRequest
from framegate.flows.submit import Submit
from framegate.flows.track import Track
from framegate.store import accounts, audit, keys, ledger, migrate, tasks, upstreams
from framegate.store.blobs import Blobs
from framegate.store.database import Database

TOPUP_MICROS = 10_000_000
PRICE_MICROS = 560_000
NOW_MS = 1_783_065_388_949
KEYS = itertools.count()


def body(**options):
    value = {
        "contents": [{"type": "first_frame", "url": "https://cdn.example.com/a.jpg"}],
        "settings": {"duration": 5},
    }
    if options:
        value["options"] = options
    return json.dumps(value).encode()


class Clock:
    def __init__(self):
        self.now_ms = NOW_MS

    def __call__(self):
        return self.now_ms

    def pass_s(self, seconds):
        self.now_ms += int(seconds * 1_000)


class House:
    """A gateway's flows, opened by hand so that each part can be held."""

    def __init__(self, folder, *upstreams, database=None):
        self.clock = Clock()
        self.database = database or Database.open(f"sqlite:///{folder / 'framegate.db'}")
        if database is None:
            migrate.upgrade(self.database)
        self.blobs = Blobs(folder)
        self.keyring = Keyring(b"m" * 32)
        self.links = Links(keyring=self.keyring, public_url="http://gate", good_for_s=86_400)
        self.upstreams = upstreams
        prices = PriceList(model="kling-3.0-turbo", currency="USD", per_second_micros=112_000)
        # As Gateway.prepare does.
        self.database.write_now(ledger.keep_price_list, prices, now_ms=NOW_MS)
        self.submit = Submit(
            database=self.database,
            pool=Pool(upstreams=upstreams, draw=lambda: 0.0),
            prices={prices.model: prices},
            denied_fields=frozenset(),
            allowed_addresses=frozenset(),
            submit_wait_s=60,
            uncertain_release_s=7_200,
            deadline_s=86_400,
            clock_ms=self.clock,
            report_to=self.links.news_of,
        )
        self.track = Track(
            database=self.database,
            blobs=self.blobs,
            upstreams={upstream.name: upstream for upstream in upstreams},
            uncertain_release_s=7_200,
            deadline_s=86_400,
            clock_ms=self.clock,
        )

    def caller(self, name="acme", *, credit_micros=TOPUP_MICROS):
        def make(tx):
            account = accounts.create_account(
                tx, name=name, is_unlimited=False, now_ms=self.clock()
            )
            if credit_micros:
                account = ledger.topup(
                    tx, account_id=account.id, amount_micros=credit_micros, now_ms=self.clock()
                )
            key = keys.create(
                tx,
                account_id=account.id,
                key=f"fg_test{next(KEYS)}",
                scope=Scope.FULL,
                expires_ms=0,
                now_ms=self.clock(),
            )
            return Caller(key=key, account=account)

        return self.database.write_now(make)

    async def create(self, caller, content=None, *, key="", kind="image-to-video"):
        content = body() if content is None else content
        return await self.submit(
            CreateRequest(
                caller=caller,
                path=f"{kind}/kling-3.0-turbo",
                kind=kind,
                model="kling-3.0-turbo",
                body=content,
                body_sha256=hashlib.sha256(content).hexdigest(),
                idempotency_key=key,
                request_id=ids.new("req"),
            )
        )

    async def look_at(self, task_id):
        await self.track(Wake(subject=task_id, now_ms=self.clock()))

    async def run_next(self, task_id):
        """What the engine would run for a task next, when that is due; says when that was."""
        at_ms = self.wakes(task_id)
        if at_ms is None:
            return None
        self.clock.now_ms = max(self.clock.now_ms, at_ms)
        wake = self.wake(task_id)
        await self.track(wake)
        ran = (task_id, wake.generation)
        self.database.write_now(
            lambda tx: tx.exec_driver_sql(
                "DELETE FROM jobs WHERE subject = ? AND generation = ?", ran
            )
        )
        return at_ms

    def wake(self, task_id):
        """The wake-up of a task as the engine would hand it to a run now."""
        found = [row["generation"] for row in self.rows("jobs") if row["subject"] == task_id]
        return Wake(subject=task_id, now_ms=self.clock(), generation=found[0] if found else 0)

    def wakes(self, task_id):
        """When tracking looks at a task next; None for never."""
        due = [row["due_ms"] for row in self.rows("jobs") if row["subject"] == task_id]
        return due[0] if due else None

    def record(self, task_id):
        return self.database.read_now(tasks.record_of, task_id)

    def durations(self, task):
        return self.database.read_now(upstreams.durations_of, task)

    def task(self, task_id):
        return self.database.read_now(tasks.by_id, task_id)

    def balance(self, caller):
        account = self.database.read_now(accounts.account_by_id, caller.account.id)
        return account.posted_micros, account.held_micros

    def rows(self, table):
        return self.database.read_now(
            lambda tx: tx.exec_driver_sql(f"SELECT * FROM {table}").mappings().all()
        )

    def broken_promises(self):
        found = self.database.read_now(audit.run, video_files=self.blobs.lengths("videos"))
        return [finding for finding in found if finding.broken]
