"""How late the end of a task is seen, and what it costs to look, with many tasks in flight.

`python bench/tracking.py [--tasks 10000]`. The pretend vendor is a process of its own and takes as
long as the vendor does, about 28 to 60 s a task. Three rounds: nothing is known of its times yet;
they are known; and it brings its news itself (`callbacks = "gateway"`). Both limits stand beside:
what asking for every task once a second, or every five, would cost for the very same tasks, and how
late it would be. The vendor's log says when a task ended and what was asked, our database when we
knew. Loopback only; about four minutes.
"""

import argparse
import itertools
import json
import os
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from framegate.pretend.log import Log
from load.crowd import ask, is_ok
from load.gate import Framegate, ended, side_of
from load.seller import API_KEY, HOOK, selling_in

CONNECTIONS = 32
CREATES_S_MAX = 120
ROUND_S_MAX = 400
LOOK_EVERY_S = 1.0
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


# --- one round --------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Row:
    """What one round showed."""

    name: str
    tasks: int
    in_flight: int
    looks: float
    queries: float
    lag_ms: list[int]
    cpu_share: float
    takes_s: list[float]


def bodies(count: int, callback: str) -> Iterator[bytes]:
    """So many bodies, each with a number of its own."""
    for number in range(count):
        body: dict[str, object] = {
            "contents": [{"type": "first_frame", "url": "https://cdn.example.com/a.jpg"}],
            "x_number": number,
        }
        if callback:
            body["options"] = {"callback_url": callback}
        yield json.dumps(body).encode()


def run_round(
    name: str, gate: Framegate, log: Log, *, tasks: int, callback: str, known: set[str]
) -> Row:
    """Create the tasks at once, wait until the last has ended, and compare the two accounts."""
    asked_before, cpu_before, begun = asked(log), cpu_s(gate.pid), time.perf_counter()
    made = ask(
        side_of(gate), bodies(tasks, callback), connections=CONNECTIONS, seconds=CREATES_S_MAX
    )
    taken = sum(map(is_ok, made.answers))
    assert taken == tasks, f"{taken} of {tasks} creates were taken"
    in_flight = wait_for_all(gate)
    wall_s, cpu = time.perf_counter() - begun, cpu_s(gate.pid) - cpu_before
    looks, queries = (now - before for now, before in zip(asked(log), asked_before, strict=True))
    sold = {row["id"]: row for row in log.bought() if row["id"] not in known}
    known |= set(sold)
    ends = {ticket: row["ends_ms"] for ticket, row in sold.items()}
    lag_ms = [ended_ms - ends[ticket] for ticket, ended_ms in ended_of(gate, ends)]
    assert len(lag_ms) == tasks, f"{len(lag_ms)} of {tasks} tasks succeeded"
    return Row(
        name=name,
        tasks=tasks,
        in_flight=in_flight,
        looks=looks / tasks,
        queries=queries / tasks,
        lag_ms=lag_ms,
        cpu_share=cpu / wall_s,
        takes_s=[(row["ends_ms"] - row["created_ms"]) / 1_000 for row in sold.values()],
    )


def wait_for_all(gate: Framegate) -> int:
    """Until no task is open; the most that were in flight at once."""
    most, deadline = 0, time.monotonic() + ROUND_S_MAX
    while open_tasks := gate.rows("SELECT COUNT(*) FROM tasks WHERE ended_ms = 0")[0][0]:
        assert time.monotonic() < deadline, f"{open_tasks} tasks have not ended"
        most = max(most, open_tasks)
        time.sleep(LOOK_EVERY_S)
    return most


def ended_of(gate: Framegate, tickets: Sequence[str] | dict[str, int]) -> list[tuple[str, int]]:
    """Each ticket's end in our own account, succeeded ones only."""
    rows = gate.rows("SELECT ticket, ended_ms FROM tasks WHERE status = 'succeeded'")
    return [(ticket, ended_ms) for ticket, ended_ms in rows if ticket in tickets]


def asked(log: Log) -> tuple[int, int]:
    """How many tasks the vendor was asked about so far, and in how many queries."""
    time.sleep(1.2)  # The log counts by the second, and writes a second when it is over.
    counted = log.records("queried")
    return sum(row["tasks"] for row in counted), sum(row["queries"] for row in counted)


def cpu_s(pid: int) -> float:
    """Processor seconds of a process so far, its threads included."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


# --- the table --------------------------------------------------------------------------------


def limit_rows(row: Row) -> Iterator[tuple[str, float, float, float]]:
    """Asking for every task each so many seconds: looks a task, median and p99 lag in seconds."""
    for every_s in (1.0, 5.0):
        looks = [-(-takes_s // every_s) for takes_s in row.takes_s]
        lags = sorted(n * every_s - takes_s for n, takes_s in zip(looks, row.takes_s, strict=True))
        yield (
            f"every {every_s:g} s (computed)",
            statistics.mean(looks),
            statistics.median(lags),
            lags[int(len(lags) * 0.99)],
        )


def show(rows: Sequence[Row]) -> None:
    """Print what was measured, and the two limits for the tasks of the last round."""
    print(f"{'':<24}{'tasks':>7}{'in flight':>11}{'looks':>8}{'queries':>9}", end="")
    print(f"{'lag p50':>10}{'p99':>8}{'CPU':>7}")
    for row in rows:
        lag = sorted(row.lag_ms)
        print(
            f"{row.name:<24}{row.tasks:>7}{row.in_flight:>11}{row.looks:>8.2f}{row.queries:>9.2f}"
            f"{lag[len(lag) // 2] / 1_000:>9.2f}s{lag[int(len(lag) * 0.99)] / 1_000:>7.2f}s"
            f"{row.cpu_share:>6.0%}"
        )
    for name, looks, p50, p99 in limit_rows(rows[-1]):
        print(f"{name:<24}{'':>18}{looks:>8.2f}{'':>9}{p50:>9.2f}s{p99:>7.2f}s")
    takes = [takes_s for row in rows for takes_s in row.takes_s]
    print(f"looks and queries are per task; a task took {statistics.mean(takes):.1f} s on average")


def settings(url: str, callbacks: str) -> str:
    """A framegate.toml with the vendor as its only upstream."""
    return f"""
[upstreams.vendor]
kind = "kling"
base_url = "{url}"
api_key = "{API_KEY}"
callbacks = "{callbacks}"
queries_per_s = 50
"""


def main() -> None:
    """Run the three rounds and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--tasks", type=int, default=2_000)
    wanted = parser.parse_args()
    rows: list[Row] = []
    known: set[str] = set()
    with tempfile.TemporaryDirectory(prefix="framegate-bench-") as name:
        folder = Path(name)
        with selling_in(folder) as url:
            log, numbers = Log(folder / "vendor.jsonl"), itertools.count()
            for callbacks, rounds in (
                ("verbatim", ("nothing known", "learned")),
                ("gateway", ("news",)),
            ):
                gate = Framegate(
                    folder / f"gate{next(numbers)}",
                    config=settings(url, callbacks),
                    FRAMEGATE_OUTBOUND_ALLOW=url.removeprefix("http://"),
                )
                with ended(gate):
                    callback = f"{url}{HOOK}" if callbacks == "gateway" else ""
                    for round_name in rounds:
                        row = run_round(
                            round_name,
                            gate,
                            log,
                            tasks=wanted.tasks,
                            callback=callback,
                            known=known,
                        )
                        rows.append(row)
                    assert gate.audit() == []
    show(rows)


if __name__ == "__main__":
    main()
