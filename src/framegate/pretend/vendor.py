"""The vendor itself: its configuration, its parts, and its app.

`creates` and `queries` answer the vendor's paths, `door` the control paths. The command and
the tests make one Vendor each and serve its `app`; the clock is theirs.
"""

import itertools
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from framegate.pretend import callbacks, quirks
from framegate.pretend.account import PretendAccount
from framegate.pretend.callbacks import Callbacks, Post
from framegate.pretend.faults import Faults, draws, named
from framegate.pretend.log import RESET, Log, LogWriter
from framegate.pretend.order import OrderRead
from framegate.pretend.studio import Studio
from framegate.pretend.task import PretendTask
from framegate.pretend.videos import Films, Links
from framegate.pretend.wire import Envelopes, Hanging

MODEL = "kling-3.0-turbo"
DAYS_30_S = 30 * 86_400
HOURS_12_MS = 12 * 3_600_000


def now_ms() -> int:
    """The wall clock, Unix milliseconds: a test brings its own."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, kw_only=True)
class Config:
    """What a vendor is like.

    seed             every draw of durations and faults follows from it
    slots            tasks at once (5.6); 0 means no limit
    pace             1: as slow as the real one; 0: every task ends at once
    prefix           "/kling": the same paths also under it, and the page's query there
    webhook_secret   `whsec_...`; "" signs nothing
    link_s           how long after a task's end its video is to be had
    costs_lag_ms     how long until a task shows up in the account's costs (5.10)
    units            of the one package; "" when the account has none
    """

    api_key: str = "api-key-kling-pretend"
    access_key: str = "pretend-access-key"
    secret_key: str = "pretend-secret-key-of-nobody-at-all"  # noqa: S105 - a secret of nobody
    seed: int = 0
    slots: int = 5
    pace: float = 1.0
    prefix: str = ""
    webhook_secret: str = ""
    models: frozenset[str] = frozenset({MODEL})
    link_s: int = DAYS_30_S
    costs_lag_ms: int = HOURS_12_MS
    units: str = "1000"

    def __repr__(self) -> str:
        """Nothing of the keys."""
        return f"Config(seed={self.seed}, slots={self.slots}, pace={self.pace})"


@dataclass(kw_only=True)
class Vendor:
    """Everything that one vendor is made of.

    url   where it is reached; films and callbacks are addressed by it
    log   what happened, readable while it runs
    """

    config: Config
    films: Films
    log_path: Path
    url: str = ""
    clock_ms: Callable[[], int] = now_ms
    post: Post = callbacks.post
    hanging: Hanging = field(default_factory=Hanging)

    def __post_init__(self) -> None:
        """Build the parts, and take in what an older log says was sold."""
        self.account = PretendAccount(
            api_key=self.config.api_key,
            access_key=self.config.access_key,
            secret_key=self.config.secret_key,
        )
        self.envelopes = Envelopes(self.config.seed)
        self.links = Links(secrets.token_bytes(32), good_for_s=self.config.link_s)
        self.log = Log(self.log_path)
        sold = self.log.bought()
        self.writer = LogWriter(self.log_path)
        self.callbacks = Callbacks(
            secret=self.config.webhook_secret,
            show=self.shown,
            log=self.writer,
            clock_ms=self.clock_ms,
            post=self.post,
        )
        self._begin()
        for row in sold:
            self.studio.keep(_task_of(row))

    def _begin(self) -> None:
        self.faults = Faults(seed=self.config.seed)
        self.studio = Studio(slots=self.config.slots, pace=self.config.pace)
        # The number of each request of a kind: what is drawn for it follows from that and the seed.
        self._numbers = {place: itertools.count() for place in ("create", "query", "video")}

    def reset(self) -> None:
        """Be as new, and let go whoever hangs; the log goes on, and counts from here."""
        self.hanging.release()
        self.callbacks.forget()
        self._begin()
        self.writer.write_now({"event": RESET, "at_ms": self.clock_ms()})

    def close(self) -> None:
        """Let go whoever hangs, and close the log."""
        self.hanging.release()
        self.callbacks.close()
        self.writer.close()

    def number(self, place: str) -> int:
        """The next request's number at a place."""
        return next(self._numbers[place])

    def draws(self, purpose: str, number: int) -> Random:
        """The random numbers of one request."""
        return draws(self.config.seed, purpose, number)

    def shown(self, task: PretendTask, at_ms: int) -> dict[str, Any]:
        """The object of 5.4, as it is at a moment."""
        film = self.links.film(task, base_url=self.url, now_ms=at_ms)
        return task.shown(at_ms, film)

    def finish(self, task: PretendTask, fate: quirks.Fate | None = None) -> None:
        """End a task now, and tell whoever is to be told."""
        now = self.clock_ms()
        ending = fate or (task.fate if task.fate.words else quirks.SUCCEEDS)
        self.studio.finish(task, ending, now_ms=now)
        self.writer.write_now(
            {"event": "finished", "at_ms": now, "id": task.id, "fate": ending.name}
        )
        if task.order.callback_url and not task.is_silent:
            self.callbacks.hurry(task, now)


def _task_of(row: dict[str, Any]) -> PretendTask:
    """A task as the log's `bought` line has it."""
    order = OrderRead(**{name: row[name] for name in OrderRead.__dataclass_fields__})
    return PretendTask(
        id=row["id"],
        order=order,
        created_ms=row["created_ms"],
        begins_ms=row["begins_ms"],
        ends_ms=row["ends_ms"],
        fate=named("fate", row["fate"]),
    )
