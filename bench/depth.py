"""What many tasks cost a gateway: memory, start, and the time of one query and one create.

Run `python bench/depth.py`; it needs no file and no network beyond loopback. One gateway takes
20,000 creates over HTTP in front of a pretend vendor. Another finds 100,000 tasks in flight,
written through the store's own functions, and is worked on: none of them is due, so its idle CPU is
what looking for due jobs costs. Each row has the smallest answer of the same process (`healthz`)
beside the query of one task, asked in turns.
"""

import argparse
import itertools
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from create import bodies
from load.crowd import Round, Side, ask, is_ok
from load.gate import CREATE, Framegate, ended, side_of
from load.rows import fill
from load.vendor import Vendor

CONNECTIONS = 32
ROUNDS = 5
ROUND_S = 0.3
IDLE_S = 3.0


def rss_mb(pid: int) -> float:
    """What of a process is in memory now."""
    (line,) = (
        line
        for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
        if line.startswith("VmRSS:")
    )
    return int(line.split()[1]) / 1_024


def cpu_s(pid: int) -> float:
    """Processor seconds that a process has used so far, its own and the system's for it."""
    cells = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(cells[11]) + int(cells[12])) / 100


def idle_percent(pid: int) -> float:
    """The share of one core that a process uses while nobody asks it anything."""
    before = cpu_s(pid)
    time.sleep(IDLE_S)
    return (cpu_s(pid) - before) / IDLE_S * 100


def median_ms(rounds: list[Round]) -> float:
    answers = list(itertools.chain.from_iterable(each.answers for each in rounds))
    assert all(map(is_ok, answers))
    return statistics.median(itertools.chain.from_iterable(r.latencies_s for r in rounds)) * 1_000


@contextmanager
def started(gate: Framegate, *options: str) -> Iterator[float]:
    """The gateway runs inside; how many seconds it took to say where it listens."""
    begun = time.perf_counter()
    with ended(gate, *options):
        yield time.perf_counter() - begun


def row(name: str, gate: Framegate, start_s: float, orders: Iterator[bytes]) -> None:
    """Ask in turns: one task, the smallest answer, one create."""
    rss, idle = rss_mb(gate.pid), idle_percent(gate.pid)
    count = gate.rows("SELECT COUNT(*) FROM tasks")[0][0]
    tickets = [each[0] for each in gate.rows("SELECT ticket FROM tasks LIMIT 50")]
    create = side_of(gate)
    query = replace(create, method="GET")
    gave: tuple[list[Round], ...] = ([], [], [])
    for turn in range(ROUNDS):
        sides = (
            replace(query, path=f"{CREATE}/{tickets[turn * 7 % len(tickets)]}"),
            replace(query, path="/healthz"),
            create,
        )
        for side, rounds in zip(sides, gave, strict=True):
            asked = orders if side is create else itertools.repeat(b"")
            rounds.append(ask(side, asked, connections=1, seconds=ROUND_S))
    cells = "".join(f"{median_ms(rounds):12.2f}" for rounds in gave)
    print(f"{name:22}{count:9}{rss:9.1f}{start_s:9.2f}{idle:8.1f}{cells}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--creates", type=int, default=20_000)
    parser.add_argument("--tasks", type=int, default=100_000)
    asked = parser.parse_args()
    heads = ("query ms", "healthz ms", "create ms")
    print(f"{'depth':22}{'tasks':>9}{'RSS MB':>9}{'start s':>9}{'idle %':>8}", end="")
    print("".join(f"{head:>12}" for head in heads))
    with tempfile.TemporaryDirectory() as folder, Vendor() as vendor:
        after_creates(Framegate(Path(folder) / "a", config=vendor.settings), asked.creates)
        in_flight(Path(folder) / "b", vendor.settings, asked.tasks)


def after_creates(gate: Framegate, count: int) -> None:
    orders = bodies()
    with started(gate, "--no-work") as start_s:
        warm_up(side_of(gate), orders)
        row("fresh", gate, start_s, orders)
        gave = ask(
            side_of(gate), itertools.islice(orders, count), connections=CONNECTIONS, seconds=600
        )
        assert len(gave.answers) == count
        row("many creates later", gate, start_s, orders)


def in_flight(folder: Path, settings: str, count: int) -> None:
    orders, gate = bodies(), Framegate(folder, config=settings)
    with started(gate):
        pass  # Only to be made: the database and its first account.
    fill(gate.data / "framegate.db", count)
    gate = Framegate(folder, config=settings)
    with started(gate) as start_s:
        warm_up(side_of(gate), orders)
        row("in flight, worked on", gate, start_s, orders)
        assert gate.audit() == []


def warm_up(side: Side, orders: Iterator[bytes]) -> None:
    ask(side, itertools.islice(orders, 50), connections=1, seconds=60)


if __name__ == "__main__":
    main()
