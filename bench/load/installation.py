"""What the benches of lists and pages have in common: their words, their gateway, their verdict."""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack, closing
from pathlib import Path

import httpx2

from load.gate import Framegate, ended
from load.history import TASKS, Filled, opened
from load.timing import Next, Question, measure

DAY_S = 86_400

Visitor = Callable[[str, str], httpx2.Client]
"""Makes a client of an address and a key."""

Questions = Callable[[Filled, Mapping[str, httpx2.Client]], Iterable[Question]]
"""The questions for an installation, which two people may be asked about: `half` and `admin`."""


def bench(description: str | None, visitor: Visitor, questions: Questions, next_of: Next) -> None:
    """Ask everything of an installation with --tasks tasks, and print what was beyond the limit."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--tasks", type=int, default=TASKS)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--data", type=Path, help="a folder to fill, or that was filled before")
    parser.add_argument("--only", default="", help="of the questions those whose name has this")
    asked = parser.parse_args()
    with ExitStack() as stack:
        folder = asked.data or Path(stack.enter_context(tempfile.TemporaryDirectory())) / "filled"
        gate, filled = opened(folder, asked.tasks)
        stack.enter_context(ended(gate, "--no-work"))
        _audited(gate)
        admin_key = gate.http.headers["Authorization"].removeprefix("Bearer ")
        people = {
            who: stack.enter_context(closing(visitor(gate.url, key)))
            for who, key in (("half", filled.key), ("admin", admin_key))
        }
        some = [each for each in questions(filled, people) if asked.only in each.name]
        late = measure(people, some, pid=gate.pid, next_of=next_of, times=asked.times)
    print(f"beyond the limit at p99: {', '.join(late) or 'none'}")


def day(days_ago: int) -> str:
    """A UTC day as the filters take it."""
    return time.strftime("%Y-%m-%d", time.gmtime(time.time() - days_ago * DAY_S))


def _audited(gate: Framegate) -> None:
    """Let the audit have run: how long that takes is no page's business, but worth a line."""
    answer = gate.http.post("/api/audit/run", timeout=600).json()["data"]
    print(f"one run of the audit: {answer['took_ms']:,} ms", flush=True)
