"""What every page of the console costs among 100,000 tasks, beside its limit of 100 ms.

Run `python bench/pages.py`. The installation is that of `bench/lists.py`; a real gateway's process
is asked over loopback, as a browser asks: with a session's cookie. What is printed is from the
first byte out to the last byte in, the page's template included. `half` is a member whose account
has half of everything, and as many keys as an account may have; `admin` sees every account.
"""

import re
from collections.abc import Mapping
from html import unescape

import httpx2

from load.history import Filled
from load.installation import bench, day
from load.timing import Question

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


def questions(filled: Filled, people: Mapping[str, httpx2.Client]) -> list[Question]:
    listed = people["half"].get("/api/tasks?limit=1").json()["data"]
    return [*of_tasks(filled, listed["result"][0]["task"]), *of_records(filled)]


if __name__ == "__main__":
    bench(__doc__, signed_in, questions, next_of)
