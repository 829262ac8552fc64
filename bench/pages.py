"""What every page of the console costs among 100,000 tasks, beside its limit of 100 ms.

Run `python bench/pages.py`. The installation is that of `bench/lists.py`; a real gateway's process
is asked over loopback, as a browser asks: with a session's cookie. What is printed is from the
first byte out to the last byte in, the page's template included. `half` is a member whose account
has half of everything, and as many keys as an account may have; `admin` sees every account.
"""

import argparse
import re
import tempfile
from contextlib import ExitStack, closing
from html import unescape
from pathlib import Path

import httpx2

from lists import audited, day
from load.gate import ended
from load.history import TASKS, Filled, opened
from load.timing import Question, measure

RUNNING = "sending,uncertain,submitted,processing"
PAPER = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}


def signed_in(url: str, key: str) -> httpx2.Client:
    """A browser without a screen, signed in with a key."""
    http = httpx2.Client(base_url=url, trust_env=False, timeout=60, headers=PAPER)
    answer = http.post("/console/sign-in", data={"key": key})
    assert answer.status_code == 303, answer.text
    return http


def of_tasks(filled: Filled, some_task: str) -> list[Question]:
    own_key = filled.half.keys[3]
    both = [
        ("playground", "/console/playground"),
        ("tasks: all", "/console/tasks"),
        ("tasks: running", f"/console/tasks?state={RUNNING}"),
        ("tasks: failed", "/console/tasks?state=failed"),
        ("tasks: key", f"/console/tasks?key={own_key}"),
        ("tasks: from, to", f"/console/tasks?from={day(5)}&to={day(5)}"),
        ("tasks: id", "/console/tasks?id=mine-777"),
        ("tasks: text, common", "/console/tasks?text=violin+market"),
        ("tasks: text, 1 in 50,000", "/console/tasks?text=needle"),
        ("tasks: text, of nobody", "/console/tasks?text=nowhere"),
        ("tasks: key, text, failed", f"/console/tasks?key={own_key}&text=fox&state=failed"),
        ("one task", f"/console/tasks/{some_task}"),
        ("gallery: all", "/console/gallery"),
        ("gallery: text, common", "/console/gallery?text=violin"),
        ("gallery: text, of nobody", "/console/gallery?text=nowhere"),
    ]
    operators = [
        ("tasks: account", "/console/tasks?account=half"),
        ("tasks: upstream", "/console/tasks?upstream=spare"),
        (
            "tasks: all filters",
            f"/console/tasks?account=half&upstream=spare&text=fox&from={day(5)}",
        ),
    ]
    return for_both(both) + for_admin(operators)


def of_records(filled: Filled) -> list[Question]:
    hook = f"/console/webhooks/{filled.half.hooks[3]}"
    both = [
        ("usage: 30 days", "/console/usage"),
        ("usage: 400 days", f"/console/usage?from={day(399)}"),
        ("keys", "/console/keys"),
        ("webhooks", "/console/webhooks"),
        ("docs", "/docs"),
    ]
    told = [
        (f"{name}: {status}", f"{path}?status={status}")
        for name, path in (("webhooks", "/console/webhooks"), ("one webhook", hook))
        for status in ("pending", "delivered", "failed")
    ]
    told += [
        ("one webhook", hook),
        ("one delivery", f"/console/webhooks/deliveries/{filled.delivery}"),
        ("one delivery, given up", f"/console/webhooks/deliveries/{filled.failed_delivery}"),
    ]
    account = f"/console/accounts/{filled.half.id}"
    local = f"/console/upstreams/local?since={day(29)}"
    operators = [
        ("usage: account", "/console/usage?account=half"),
        ("keys of half", "/console/keys?account=half"),
        ("accounts", "/console/accounts"),
        ("one account", account),
        ("upstreams", "/console/upstreams"),
        ("one upstream", "/console/upstreams/local"),
        ("one upstream: failed", f"{local}&status=failed"),
        ("audit", "/console/audit"),
    ]
    members = [Question(f"half {name}", path, "half") for name, path in told]
    return for_both(both) + members + for_admin(operators)


def for_both(asked: list[tuple[str, str]]) -> list[Question]:
    return [
        Question(f"{who} {name}", path, who) for who in ("half", "admin") for name, path in asked
    ]


def for_admin(asked: list[tuple[str, str]]) -> list[Question]:
    return [Question(f"admin {name}", path, "admin") for name, path in asked]


def next_of(_path: str, answer: httpx2.Response) -> str:
    """By the link that a person would press."""
    found = re.search(r'href="([^"]+)"[^>]*rel="next"', answer.text)
    return unescape(found[1]).partition("#")[0] if found else ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=TASKS)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--data", type=Path, help="a folder to fill, or that was filled before")
    parser.add_argument("--only", default="", help="of the pages those whose name has this")
    asked = parser.parse_args()
    with ExitStack() as stack:
        folder = asked.data or Path(stack.enter_context(tempfile.TemporaryDirectory())) / "pages"
        gate, filled = opened(folder, asked.tasks)
        stack.enter_context(ended(gate, "--no-work"))
        audited(gate.http)
        admin_key = gate.http.headers["Authorization"].removeprefix("Bearer ")
        people = {
            who: stack.enter_context(closing(signed_in(gate.url, key)))
            for who, key in (("half", filled.key), ("admin", admin_key))
        }
        listed = people["half"].get("/api/tasks?limit=1").json()["data"]
        every = [*of_tasks(filled, listed["result"][0]["task"]), *of_records(filled)]
        some = [each for each in every if asked.only in each.name]
        late = measure(people, some, pid=gate.pid, next_of=next_of, times=asked.times)
    print(f"beyond the limit at p99: {', '.join(late) or 'none'}")


if __name__ == "__main__":
    main()
