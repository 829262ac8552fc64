"""What every list and every other question of the JSON API costs, beside its limit of 100 ms.

Run `python bench/lists.py`. The installation is that of `load/history.py`: 100,000 tasks with all
that hangs on them. Its own process is asked over loopback, each question --times times and up to
ten pages deep, by a key of `half`, a member whose account has half of everything, or by the
operator's. The rarest text is in one task in 50,000, the worst that a search can meet.
"""

from collections.abc import Mapping
from urllib.parse import quote

import httpx2

from load.history import Filled
from load.installation import bench, day
from load.timing import Question


def of_tasks(filled: Filled) -> list[Question]:
    some = ("succeeded", "failed,expired", "cancelled")
    own_key = filled.half.keys[3]
    filters = [
        ("all", ""),
        *((f"state {each}", f"state={each}") for each in some),
        ("status failed", "status=failed"),
        ("key", f"key={own_key}"),
        ("key, failed", f"key={own_key}&state=failed"),
        ("model, 1 in 100", "model=kling-2.0"),
        ("model of nobody", "model=none"),
        ("resolution", "resolution=1080p"),
        ("from, to", f"from={day(5)}&to={day(5)}"),
        ("id, ours or none", "id=task_01M8642PVXZ759M3EMMQ8YY14N"),
        ("id, the caller's", "id=mine-777"),
        ("id, the vendor's", f"id=9{777:017}"),
        ("text, common", "text=violin%20market"),
        ("text, 1 in 50,000", "text=needle"),
        ("text, of nobody", "text=nowhere"),
        ("text and model", "text=violin&model=kling-2.0&resolution=1080p"),
        ("limit 100", "limit=100"),
    ]
    operators = [
        ("account", "account=half"),
        ("upstream, 1 in 100", "upstream=spare"),
        ("upstream, failed", "upstream=vendor&state=failed"),
        ("account, upstream, text", "account=half&upstream=spare&text=fox"),
    ]
    return [
        Question(f"{who}: tasks, {name}", f"/api/tasks?{query}", who)
        for who, some in (("half", filters), ("admin", [*filters, *operators]))
        for name, query in some
    ]


def of_books() -> list[Question]:
    every = ("day", "key", "resolution", "upstream", "model", "status", "account")
    usage = [
        Question(f"{who}: usage by {by}", f"/api/usage?by={by}&from={day(29)}", who)
        for who, bys in (("half", ("day", "key", "model")), ("admin", every))
        for by in bys
    ]
    return [
        *usage,
        Question("half: ledger", "/api/ledger", "half"),
        Question("admin: ledger of half", "/api/ledger?account=half&limit=100", "admin"),
        Question("half: account", "/api/account", "half"),
        *(Question(f"{who}: counts", "/api/counts", who) for who in ("half", "admin")),
    ]


def of_webhooks(filled: Filled) -> list[Question]:
    hook = f"/api/webhooks/{filled.half.hooks[3]}"
    asked = [("webhooks", "/api/webhooks"), ("webhook", hook)]
    for name, path in (("deliveries", "/api/deliveries"), ("of a webhook", f"{hook}/deliveries")):
        asked += [(name, path), (f"{name}, 100", f"{path}?limit=100")]
        asked += [
            (f"{name}, {status}", f"{path}?status={status}")
            for status in ("pending", "delivered", "failed")
        ]
    asked += [
        ("delivery", f"/api/deliveries/{filled.delivery}"),
        ("delivery, given up", f"/api/deliveries/{filled.failed_delivery}"),
    ]
    return [Question(f"half: {name}", path, "half") for name, path in asked]


def of_one_task(http: httpx2.Client) -> list[Question]:
    newest = http.get("/api/tasks?limit=1").json()["data"]["result"][0]["task"]
    path = f"/api/tasks/{newest}"
    asked = [("task", path), ("its bytes", f"{path}/request"), ("its answer", f"{path}/answer")]
    return [
        Question(f"{who}: {name}", path, who) for who in ("half", "admin") for name, path in asked
    ]


def of_operators(filled: Filled) -> list[Question]:
    account, key = f"/api/accounts/{filled.half.id}", f"/api/keys/{filled.half.keys[3]}"
    failed = f"/api/upstreams/local/tasks?since={day(29)}&status=failed&limit=100"
    asked = [
        ("accounts", "/api/accounts"),
        ("account, by id", account),
        ("account, by name", "/api/accounts/half"),
        ("keys of half", "/api/keys?account=half"),
        ("key", key),
        ("upstreams", "/api/upstreams"),
        ("tasks of an upstream", "/api/upstreams/local/tasks"),
        ("tasks of an upstream, failed", failed),
        ("audit", "/api/audit"),
        ("metrics", "/metrics"),
    ]
    own = [("keys", "/api/keys"), ("openapi.json", "/openapi.json")]
    return [
        *(Question(f"admin: {name}", path, "admin") for name, path in asked),
        *(Question(f"half: {name}", path, "half") for name, path in own),
    ]


def next_of(path: str, answer: httpx2.Response) -> str:
    if not answer.headers["content-type"].startswith("application/json"):
        return ""
    data = answer.json().get("data", {})
    cursor = data.get("next_cursor", "") if isinstance(data, dict) else ""
    return f"{path}{'&' if '?' in path else '?'}cursor={quote(cursor)}" if cursor else ""


def asking(url: str, key: str) -> httpx2.Client:
    headers = {"Authorization": f"Bearer {key}"}
    return httpx2.Client(base_url=url, trust_env=False, timeout=60, headers=headers)


def questions(filled: Filled, people: Mapping[str, httpx2.Client]) -> list[Question]:
    return [
        *(*of_tasks(filled), *of_one_task(people["half"]), *of_books()),
        *(*of_webhooks(filled), *of_operators(filled)),
    ]


if __name__ == "__main__":
    bench(__doc__, asking, questions, next_of)
