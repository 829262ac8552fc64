"""Everything around a gateway that is to die: a vendor, customers, a receiver; and the count after.

The crash runs and the walk over the crash points differ only in how processes die in between.
"""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import httpx2 as httpx

from fakes.drawn import picture
from faults.clients import Book, Client
from faults.house import House
from faults.orders import NOWHERE_PAIR
from faults.receiver import CALLBACK, HOOKS, Receiver, receiving
from faults.verdict import OPEN_DELIVERIES, OPEN_TASKS, Figures, Rows, figures
from framegate.pretend.log import Log
from processes import PATIENCE_S, free_port

TESTS = Path(__file__).parents[1]
PACE = 0.02
"""Of the vendor: most tasks take about a second, so that some are seen before they have ended."""

RATES = {
    "create": {
        "reset": 0.01,
        "half": 0.01,
        "internal": 0.01,
        "not-json": 0.01,
        "hangs": 0.005,
        "reset-unbought": 0.01,
        "internal-unbought": 0.01,
        "too-fast": 0.003,
    },
    "fate": {"fails": 0.1},
    "query": {"internal": 0.02, "reset": 0.02, "half": 0.02, "proxy-page": 0.01},
    "video": {"half": 0.05, "not-found": 0.03, "html": 0.02},
}
QUIET_S_MAX = 420  # A webhook that is not heard twice comes again after 300 s.


@dataclass
class Stage:
    """One folder, one gateway, and all who deal with it."""

    folder: Path
    seed: int
    house: House
    book: Book
    receiver: Receiver
    vendor: str
    began_s: float = field(default_factory=time.monotonic)

    @contextmanager
    def crowd(self, *, clients: int, thinks_s: float) -> Iterator[Callable[[], None]]:
        """Customers at a running server; what is yielded waits until each order is answered."""
        is_over, is_quiet = threading.Event(), threading.Event()
        picture_url = self._prepared()
        threads = [
            Client(
                number=number,
                base_url=self.house.url,
                key_file=self.house.key_file,
                book=self.book,
                draws=Random(f"{self.seed}/client/{number}"),
                picture_url=picture_url,
                callback_url=self.receiver.url + CALLBACK,
                thinks_s=thinks_s,
                is_over=is_over,
                is_quiet=is_quiet,
            )
            for number in range(clients)
        ]
        for thread in threads:
            thread.start()

        def quiet() -> None:
            is_quiet.set()
            until = time.monotonic() + QUIET_S_MAX
            while any(each.open_orders for each in threads) and time.monotonic() < until:
                time.sleep(0.2)

        try:
            yield quiet
        finally:
            is_over.set()
            for thread in threads:
                thread.join(PATIENCE_S)

    def mend(self) -> int:
        """No fault any more, and one server that nobody kills; how many died for it."""
        killed = self.house.kill_all()
        for path, wish in (("rates", {}), ("release", {})):
            url = f"{self.vendor}/pretend/{path}"
            httpx.post(url, json=wish, trust_env=False, timeout=PATIENCE_S)
        assert self.house.answered(self.house.start("serve"))
        return killed

    def settle(self) -> None:
        """Wait until nothing is under way, or until everything should long have ended."""
        rows, until = Rows(self.house), time.monotonic() + QUIET_S_MAX
        while (rows(OPEN_TASKS) or rows(OPEN_DELIVERIES)) and time.monotonic() < until:
            time.sleep(0.2)
        for process in self.house.running:
            process.measure()

    def figures(self, **run: Any) -> Figures:
        """The count, once nothing is under way."""
        return figures(
            house=self.house,
            book=self.book,
            receiver=self.receiver,
            log=Log(self.folder / "vendor.jsonl"),
            run={"seed": self.seed, "wall_s": round(time.monotonic() - self.began_s, 1), **run},
        )

    def _prepared(self) -> str:
        """Subscribe the receiver, and keep the picture of those orders that are really rendered."""
        key = self.house.key_file.read_text(encoding="ascii").strip()
        with httpx.Client(
            base_url=self.house.url,
            headers={"Authorization": f"Bearer {key}"},
            trust_env=False,
            timeout=PATIENCE_S,
        ) as http:
            wish = {"url": self.receiver.url + HOOKS, "events": ["task.succeeded", "task.failed"]}
            subscribed = http.post("/api/webhooks", json=wish)
            assert subscribed.status_code == 200, subscribed.text
            kept = http.post("/api/images", content=picture(300, 300))
            assert kept.status_code == 200, kept.text
            return str(kept.json()["data"]["url"])


@contextmanager
def staged(
    folder: Path,
    *,
    seed: int,
    rates: dict[str, dict[str, float]],
    vendor_weight: int = 3,
    local_weight: int = 1,
) -> Iterator[Stage]:
    """A stage with no gateway running yet; none is left running."""
    house = House(folder, free_port())
    with (
        _vending(folder / "vendor.jsonl", seed, rates) as vendor,
        receiving(folder / "told.jsonl", Random(f"{seed}/told")) as receiver,
    ):
        house.configure(
            vendor=vendor,
            allowed=[vendor.removeprefix("http://"), receiver.pair, NOWHERE_PAIR],
            vendor_weight=vendor_weight,
            local_weight=local_weight,
        )
        book = Book(folder / "promises.jsonl")
        try:
            yield Stage(folder, seed, house, book, receiver, vendor)
        finally:
            house.kill_all()


@contextmanager
def _vending(log: Path, seed: int, rates: dict[str, dict[str, float]]) -> Iterator[str]:
    """The vendor's address."""
    program = Path(__file__).with_name("vendor.py")
    with subprocess.Popen(
        [sys.executable, str(program), str(log), str(seed), str(PACE), json.dumps(rates)],
        env=os.environ | {"PYTHONPATH": str(TESTS)},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()
