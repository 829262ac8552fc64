"""What every page of the console costs among 100,000 tasks, beside its limit of 100 ms.

Run `python bench/pages.py`. The database is that of `bench/lists.py`; a real gateway's process is
asked over loopback, as a browser asks: with a session's cookie. What is printed is from the first
byte out to the last byte in, the page's template included; `bare` is `GET /healthz` in the same
turns. `half` is a member whose account has half of all tasks; `admin` sees every account.
"""

import argparse
import itertools
import re
import tempfile
import time
from html import unescape
from pathlib import Path

import httpx2

from lists import LIMIT_MS, TASKS, fill, made, percentile
from load.gate import Framegate, ended

PAGES_MAX = 10
RUNNING = "sending,uncertain,submitted,processing"
PAPER = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}


def signed_in(url: str, key: str) -> httpx2.Client:
    """A browser without a screen, signed in with a key."""
    http = httpx2.Client(base_url=url, trust_env=False, timeout=60, headers=PAPER)
    answer = http.post("/console/sign-in", data={"key": key})
    assert answer.status_code == 303, answer.text
    return http


def questions(keys: dict[str, str], some_task: str) -> list[tuple[str, str, str]]:
    """What is opened: name, path, and who opens it."""
    own_key = f"key_{keys['id of half'][-6:]}_3"
    day = time.strftime("%Y-%m-%d", time.gmtime(time.time() - 5 * 86_400))
    year = time.strftime("%Y-%m-%d", time.gmtime(time.time() - 399 * 86_400))
    both = [
        ("tasks: all", "/console/tasks"),
        ("tasks: running", f"/console/tasks?state={RUNNING}"),
        ("tasks: failed", "/console/tasks?state=failed"),
        ("tasks: key", f"/console/tasks?key={own_key}"),
        ("tasks: from, to", f"/console/tasks?from={day}&to={day}"),
        ("tasks: id", "/console/tasks?id=mine-777"),
        ("tasks: text, common", "/console/tasks?text=violin+market"),
        ("tasks: text, 1 in 50,000", "/console/tasks?text=needle"),
        ("tasks: text, of nobody", "/console/tasks?text=nowhere"),
        ("tasks: key, text, failed", f"/console/tasks?key={own_key}&text=fox&state=failed"),
        ("one task", f"/console/tasks/{some_task}"),
        ("usage: 30 days", "/console/usage"),
        ("usage: 400 days", f"/console/usage?from={year}"),
        ("gallery: all", "/console/gallery"),
        ("gallery: text, common", "/console/gallery?text=violin"),
        ("gallery: text, of nobody", "/console/gallery?text=nowhere"),
    ]
    asked = [(f"{who} {name}", path, who) for who in ("half", "admin") for name, path in both]
    return [
        *asked,
        ("admin tasks: account", "/console/tasks?account=half", "admin"),
        ("admin tasks: upstream", "/console/tasks?upstream=spare", "admin"),
        (
            "admin tasks: all filters",
            f"/console/tasks?account=half&upstream=spare&text=fox&from={day}",
            "admin",
        ),
        ("admin usage: account", "/console/usage?account=half", "admin"),
    ]


def took_ms(http: httpx2.Client, path: str) -> tuple[float, httpx2.Response]:
    begun = time.perf_counter()
    answer = http.get(path)
    took = (time.perf_counter() - begun) * 1_000
    assert answer.status_code == 200, answer.text
    return took, answer


def pages_of(http: httpx2.Client, path: str) -> list[str]:
    """The first page and some behind it, by the links that a person would press."""
    paths = [path]
    while len(paths) < PAGES_MAX:
        found = re.search(r'href="([^"]+)"[^>]*rel="next"', took_ms(http, paths[-1])[1].text)
        if not found:
            break
        paths.append(unescape(found[1]).partition("#")[0])
    return paths


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=TASKS)
    parser.add_argument("--times", type=int, default=20)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        gate = Framegate(Path(folder) / "pages")
        with ended(gate, "--no-work"):
            pass
        path = gate.data / "framegate.db"
        keys = made(path)
        fill(path, asked.tasks, keys)
        print(f"{asked.tasks:,} tasks, {path.stat().st_size / 1e6:.0f} MB", flush=True)
        print(f"{'page':36}{'pages':>6}{'KB':>6}{'p50 ms':>9}{'p99 ms':>9}{'bare':>7}{'limit':>7}")
        with ended(gate, "--no-work"):
            keys["admin"] = gate.http.headers["Authorization"].removeprefix("Bearer ")
            people = {who: signed_in(gate.url, keys[who]) for who in ("half", "admin")}
            listed = people["half"].get("/api/tasks?limit=1").json()["data"]
            task = listed["result"][0]["task"]
            late = measure(people, questions(keys, task), asked.times)
            for http in people.values():
                http.close()
    print(f"beyond the limit at p99: {', '.join(late) or 'none'}")


def measure(
    people: dict[str, httpx2.Client], asked: list[tuple[str, str, str]], times: int
) -> list[str]:
    """A row a page; the names of those that took longer than the limit."""
    late = []
    for name, path, who in asked:
        http = people[who]
        pages, took, bare, size = pages_of(http, path), [], [], 0
        for one in itertools.islice(itertools.cycle(pages), max(times, len(pages))):
            passed, answer = took_ms(http, one)
            took.append(passed)
            size = max(size, len(answer.content))
            bare.append(took_ms(http, "/healthz")[0])
        worst = percentile(took, 0.99)
        late += [name] if worst > LIMIT_MS else []
        print(
            f"{name:36}{len(pages):6}{size / 1e3:6.0f}{percentile(took, 0.5):9.1f}{worst:9.1f}"
            f"{percentile(bare, 0.5):7.1f}{LIMIT_MS:7}",
            flush=True,
        )
    return late


if __name__ == "__main__":
    main()
