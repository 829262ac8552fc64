"""Questions asked of a running gateway over loopback, each beside its limit and a bare request.

What is timed goes from the first byte out to the last byte in. `bare` is `GET /healthz` in the
same turns: what a request costs that asks nothing. `cpu` is the server's own work on one question,
in milliseconds, which a busy machine hardly changes; Linux tells it.
"""

import itertools
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx2

LIMIT_MS = 100
PAGES_MAX = 10
"""The first page and those behind it: a page far down must cost no more."""

Next = Callable[[str, httpx2.Response], str]
"""The path behind a page, of the page's path and its answer; "" at the end."""


@dataclass(frozen=True)
class Question:
    """What is asked, under which name it is printed, and by whom: a name of `people`."""

    name: str
    path: str
    who: str


def percentile(took: Sequence[float], share: float) -> float:
    ordered = sorted(took)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def cpu_ms(pid: int) -> float:
    """What all threads of a process have worked so far; 0 where there is no /proc."""
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e6


def took_ms(http: httpx2.Client, path: str) -> tuple[float, httpx2.Response]:
    begun = time.perf_counter()
    answer = http.get(path)
    took = (time.perf_counter() - begun) * 1_000
    assert answer.status_code == 200, (path, answer.text[:500])
    return took, answer


def measure(
    people: Mapping[str, httpx2.Client],
    asked: Sequence[Question],
    *,
    pid: int,
    next_of: Next,
    times: int,
) -> list[str]:
    """Print a row a question; answer the names of those that took longer than the limit."""
    print(
        f"{'question':40}{'pages':>6}{'KB':>6}{'cpu':>7}{'p50 ms':>9}{'p99 ms':>9}{'bare':>7}"
        f"{'limit':>7}",
        flush=True,
    )
    late = []
    for one in asked:
        http = people[one.who]
        pages = _pages(http, one.path, next_of)
        if _row(http, one.name, pages, pid=pid, times=max(times, len(pages))) > LIMIT_MS:
            late.append(one.name)
    return late


def _row(http: httpx2.Client, name: str, pages: list[str], *, pid: int, times: int) -> float:
    took, bare, size, worked = [], [], 0, 0.0
    for path in itertools.islice(itertools.cycle(pages), times):
        before = cpu_ms(pid)
        passed, answer = took_ms(http, path)
        worked += cpu_ms(pid) - before
        took.append(passed)
        size = max(size, len(answer.content))
        bare.append(took_ms(http, "/healthz")[0])
    worst = percentile(took, 0.99)
    print(
        f"{name:40}{len(pages):6}{size / 1e3:6.0f}{worked / times:7.1f}"
        f"{percentile(took, 0.5):9.1f}{worst:9.1f}{percentile(bare, 0.5):7.1f}{LIMIT_MS:7}"
        f"{'  late' if worst > LIMIT_MS else ''}",
        flush=True,
    )
    return worst


def _pages(http: httpx2.Client, path: str, next_of: Next) -> list[str]:
    paths = [path]
    while len(paths) < PAGES_MAX:
        behind = next_of(path, took_ms(http, paths[-1])[1])
        if not behind:
            break
        paths.append(behind)
    return paths
