"""One gateway with a vendor behind it, while something around it is broken; and the count after.

What must hold is the same for every fault: refusals come at once and say when to come back, what
was acknowledged ends well, what was refused was never bought, and nobody restarts anything.
"""

import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2 as httpx

from fakes.drawn import picture
from framegate.pretend.vendor import Vendor
from processes import PATIENCE_S, Framegate

FRAME = {"type": "first_frame", "url": "https://cdn.example.com/a.jpg"}
LOOK_EVERY_S = 0.05
STORE_DOWN = (503, 5001)

IS_LONG = os.environ.get("FRAMEGATE_FAULTS_LONG") == "1"
"""`make trouble` sets it: every fault, each at its full length."""

CONFIG = """
[upstreams.vendor]
kind = "kling"
base_url = "{url}"
api_key = "{api_key}"
submit_wait_s = 20
poll_wait_s = 2
callbacks = "{callbacks}"
"""


@dataclass
class Trial:
    """The gateway, and what customers were told while it was in trouble."""

    gate: Framegate
    vendor: Vendor
    acknowledged: list[str] = field(default_factory=list)
    orders: int = 0
    pid: int = 0

    def __post_init__(self) -> None:
        self.pid = self.gate.pid

    @classmethod
    @contextmanager
    def begun(
        cls,
        folder: Path,
        vendor: Vendor,
        *,
        callbacks: str = "gateway",
        allowed: Sequence[str] = (),
        more: str = "",
        under: Sequence[str] = (),
        **environment: str,
    ) -> Iterator["Trial"]:
        """A gateway on a folder that may reach some addresses, with more settings."""
        reachable = [url.removeprefix("http://") for url in (vendor.url, *allowed)]
        text = CONFIG.format(url=vendor.url, api_key=vendor.config.api_key, callbacks=callbacks)
        with Framegate(
            folder,
            config=text + more,
            under=under,
            FRAMEGATE_OUTBOUND_ALLOW=",".join(reachable),
            **environment,
        ) as gate:
            yield cls(gate, vendor)

    def create(self, *, is_lost: bool = False) -> tuple[int, int]:
        """One order more; its HTTP status and code.

        is_lost  it has no external id, so that nobody could ask the vendor what became of it
        """
        self.orders += 1
        name = f"trial-{id(self)}-{self.orders}"
        options = {} if is_lost else {"external_task_id": name}
        answer = self.gate.create({"contents": [FRAME], "options": options, "trial": name})
        task_id = answer.headers.get("X-Framegate-Task")
        if task_id:
            self.acknowledged.append(task_id)
        said = answer.status_code, answer.json()["code"]
        assert said in {(200, 0), (504, 5002), STORE_DOWN}, answer.text
        assert bool(task_id) == (said != STORE_DOWN)
        if said == STORE_DOWN:
            assert int(answer.headers["Retry-After"]) >= 1
        return said

    def upload(self) -> httpx.Response:
        """Offer a picture."""
        return self.gate.http.post("/api/images", content=picture(300, 300))

    def is_refused(self, ask: Callable[[], tuple[int, int]] | None = None) -> None:
        """Order until an order is refused, as it must be before long; the process still answers."""
        until(lambda: (ask or self.create)() == STORE_DOWN)
        assert self.gate.http.get("/healthz").status_code == 200

    def is_taken_again(self) -> None:
        """Order until an order is taken: it need not be told that the trouble is over."""
        until(lambda: self.create() == (200, 0))
        assert self.gate.http.get("/readyz").status_code == 200
        assert self.upload().status_code == 200

    def is_well_again(self) -> None:
        """See every acknowledged task end well, and nothing that should not be."""
        self.is_taken_again()
        for task_id in self.acknowledged:
            until(lambda task_id=task_id: self._is_paid(task_id))
        self.nothing_is_half_done()

    def nothing_is_half_done(self) -> None:
        """The books hold, the refused left nothing, and it is the process that it was."""
        told = set(self.acknowledged)
        assert {row[0] for row in self.gate.rows("SELECT id FROM tasks")} == told
        bought = [each["sha256"] for each in self.vendor.log.bought()]
        assert len(bought) == len(set(bought)) == len(told)
        assert self.gate.audit() == []
        assert self.gate.pid == self.pid

    def _is_paid(self, task_id: str) -> bool:
        rows = self.gate.rows(
            "SELECT t.status, h.state FROM tasks t JOIN holds h ON h.task_id = t.id WHERE t.id = ?",
            task_id,
        )
        assert rows[0][0] not in {"failed", "refused", "expired", "cancelled"}, rows
        return rows == [("succeeded", "settled")]


def until(is_so: Callable[[], Any]) -> None:
    """Wait for something that must come by itself."""
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(LOOK_EVERY_S)


def events(gate: Framegate) -> list[str]:
    """The names of everything that the gateway has logged."""
    lines = gate.log.read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["event"] for line in lines if line.startswith("{")]
