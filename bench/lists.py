"""What every list of tasks, usage and ledger costs among 100,000 tasks, beside its limit of 100 ms.

Run `python bench/lists.py`. The rows are written straight into a real gateway's database; then its
own process is asked over loopback, each question --times times, with its key: what is printed is
from the first byte out to the last byte in. `bare` is `GET /healthz` in the same turns: what a
request costs that asks nothing. Member questions are those of an account that has half of all
tasks. The rarest text is in one task in 50,000, the worst that a search can meet.
"""

import argparse
import hashlib
import itertools
import random
import sqlite3
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

import httpx2

from framegate import ids
from framegate.domain.ledger import Scope
from framegate.gateway import new_key
from framegate.store import accounts
from framegate.store.database import Database, Transaction
from load.gate import Framegate, ended

LIMIT_MS = 100
TASKS = 100_000
SEED = 0
STEP_MS = 10_000
# How a hundred tasks stand, roughly as a gateway in use has them.
STATES = ["succeeded"] * 90 + ["failed"] * 6 + ["expired", "cancelled", "processing", "submitted"]
WORDS = (
    "balloon",
    "hills",
    "river",
    "lantern",
    "fox",
    "train",
    "snow",
    "orchard",
    "violin",
    "market",
)
MODELS = ["kling-3.0-turbo"] * 99 + ["kling-2.0"]
UPSTREAMS = ["local"] * 60 + ["vendor"] * 39 + ["spare"]
BODY = b'{"contents":[{"type":"first_frame","url":"https://cdn.example.com/a.jpg"}]}' + b" " * 300


def names(tx: Transaction) -> dict[str, str]:
    """Three accounts: one with half of everything, one with the rest, and the operator's."""
    return {each.name: each.id for each in accounts.all_accounts(tx)}


def made(path: Path) -> dict[str, str]:
    """Two more accounts and the keys to ask with, by name."""
    database = Database.open(f"sqlite:///{path}")
    keys = {}
    try:
        for name in ("half", "rest"):
            account = database.write_now(
                accounts.create_account, name=name, is_unlimited=True, now_ms=1
            )
            keys[name] = new_key()
            database.write_now(
                accounts.create_key,
                account_id=account.id,
                key=keys[name],
                scope=Scope.FULL,
                expires_ms=0,
                now_ms=1,
            )
        keys |= {f"id of {name}": one for name, one in database.read_now(names).items()}
    finally:
        database.close_now()
    return keys


def fill(path: Path, count: int, keys: dict[str, str]) -> None:
    """So many tasks with hold, life, words, usage and ledger, oldest first."""
    dice = random.Random(SEED)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("PRAGMA synchronous = OFF")
    other.execute("BEGIN")
    began_ms = time.time_ns() // 1_000_000 - count * STEP_MS
    usage: dict[tuple[str, ...], list[int]] = {}
    spent: dict[str, int] = {}
    for number in range(count):
        account = keys["id of half" if number % 2 else "id of rest"]
        task_id, at_ms = ids.new("task"), began_ms + number * STEP_MS
        state = dice.choice(STATES)
        facts = (f"key_{account[-6:]}_{dice.randrange(20)}", dice.choice(UPSTREAMS))
        model, resolution = dice.choice(MODELS), dice.choice(["720p", "720p", "1080p"])
        ended_ms = at_ms + 60_000 if state not in {"processing", "submitted"} else 0
        other.execute(
            "INSERT INTO tasks (id, account_id, key_id, kind, model, status, fence, request_id,"
            " upstream, ticket, external_task_id, resolution, aspect_ratio, duration_s, body,"
            " body_sha256, price_micros, price_version, currency, created_ms, updated_ms, sent_ms,"
            " ended_ms, deadline_ms) VALUES (?,?,?,'image-to-video',?,?,3,?,?,?,?,?,'16:9',5,?,?,"
            " 560000,'x','USD',?,?,?,?,?)",
            (
                *(task_id, account, facts[0], model, state, ids.new("req"), facts[1]),
                *(f"9{number:017}", f"mine-{number}", resolution, BODY),
                *(hashlib.sha256(BODY).hexdigest(), at_ms, ended_ms or at_ms + 9, at_ms + 5),
                *(ended_ms, at_ms + 86_400_000),
            ),
        )
        words = " ".join(dice.choices(WORDS, k=40))
        words += " needle" if number in {count // 100, count // 2} else ""
        other.execute(
            "INSERT INTO prompts VALUES (?, ?, ?)",
            (task_id, words, "https://cdn.example.com/a.jpg"),
        )
        for step, after_ms in (("sending", 0), ("submitted", 5), (state, 60_000)):
            other.execute(
                "INSERT INTO life (task_id, account_id, at_ms, status) VALUES (?,?,?,?)",
                (task_id, account, at_ms + after_ms, step),
            )
        is_paid = state == "succeeded"
        other.execute(
            "INSERT INTO holds (task_id, account_id, key_id, amount_micros, state, opened_ms,"
            " closed_ms) VALUES (?,?,?,560000,?,?,?)",
            (task_id, account, facts[0], "settled" if is_paid else "released", at_ms, ended_ms),
        )
        if is_paid:
            transfer = ids.new("trf")
            other.execute(
                "INSERT INTO transfers VALUES (?, 'settle', ?, ?)", (transfer, task_id, ended_ms)
            )
            for ledger, micros in ((account, -560_000), ("house:revenue", 560_000)):
                other.execute(
                    "INSERT INTO entries (transfer_id, ledger, amount_micros) VALUES (?,?,?)",
                    (transfer, ledger, micros),
                )
            spent[account] = spent.get(account, 0) + 560_000
        if ended_ms:
            day = time.strftime("%Y-%m-%d", time.gmtime(ended_ms // 1_000))
            sums = usage.setdefault((account, day, *facts, model, resolution, state), [0, 0, 0])
            for index, amount in enumerate((1, 5 * is_paid, 560_000 * is_paid)):
                sums[index] += amount
    for (account, day, key, upstream, model, resolution, state), sums in usage.items():
        other.execute(
            "INSERT INTO usage VALUES (?,?,?,?,?,?,?,?,?,?,0,0)",
            (account, day, key, upstream, model, resolution, state, *sums),
        )
    for account, micros in spent.items():
        other.execute("UPDATE accounts SET posted_micros = ? WHERE id = ?", (-micros, account))
    other.execute("COMMIT")
    other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    other.close()


def questions(keys: dict[str, str]) -> list[tuple[str, str, str]]:
    """What is asked: name, path, and whose key (admin: the operator's)."""
    some = ("succeeded", "failed,expired", "cancelled")
    day = time.strftime("%Y-%m-%d", time.gmtime(time.time() - 5 * 86_400))
    own_key = f"key_{keys['id of half'][-6:]}_3"
    filters = [
        ("all", ""),
        *((f"state {each}", f"state={each}") for each in some),
        ("status failed", "status=failed"),
        ("key", f"key={own_key}"),
        ("key, failed", f"key={own_key}&state=failed"),
        ("model, 1 in 100", "model=kling-2.0"),
        ("model of nobody", "model=none"),
        ("resolution", "resolution=1080p"),
        ("from, to", f"from={day}&to={day}"),
        ("id, ours or none", "id=task_01M8642PVXZ759M3EMMQ8YY14N"),
        ("id, the caller's", "id=mine-777"),
        ("id, the vendor's", f"id=9{777:017}"),
        ("text, common", "text=violin%20market"),
        ("text, 1 in 50,000", "text=needle"),
        ("text, of nobody", "text=nowhere"),
        ("text and model", "text=violin&model=kling-2.0&resolution=1080p"),
        ("limit 100", "limit=100"),
    ]
    asked = [
        (f"{who}: {name}", f"/api/tasks?{query}", who)
        for who in ("half", "admin")
        for name, query in filters
    ]
    asked += [
        ("admin: account", f"/api/tasks?account={quote('half')}", "admin"),
        ("admin: upstream, 1 in 100", "/api/tasks?upstream=spare", "admin"),
        ("admin: upstream, failed", "/api/tasks?upstream=vendor&state=failed", "admin"),
        (
            "admin: account, upstream, text",
            "/api/tasks?account=half&upstream=spare&text=fox",
            "admin",
        ),
    ]
    asked += [
        (f"{who}: usage by {by}", f"/api/usage?by={by}&from={first}", who)
        for first in (time.strftime("%Y-%m-%d", time.gmtime(time.time() - 86_400 * 29)),)
        for who, bys in (
            ("half", ("day", "key", "model")),
            ("admin", ("day", "key", "resolution", "upstream", "model", "status", "account")),
        )
        for by in bys
    ]
    asked += [("half: ledger", "/api/ledger", "half")]
    return asked


def took_ms(http: httpx2.Client, path: str, key: str) -> tuple[float, httpx2.Response]:
    begun = time.perf_counter()
    answer = http.get(path, headers={"Authorization": f"Bearer {key}"})
    took = (time.perf_counter() - begun) * 1_000
    assert answer.status_code == 200, answer.text
    return took, answer


def percentile(took: list[float], share: float) -> float:
    ordered = sorted(took)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def paths_of(http: httpx2.Client, path: str, key: str) -> list[str]:
    """The first page and up to nine behind it: a page far down must cost no more."""
    paths = [path]
    while len(paths) < 10:
        cursor = took_ms(http, paths[-1], key)[1].json()["data"].get("next_cursor", "")
        if not cursor:
            break
        paths.append(f"{path}{'&' if '?' in path else '?'}cursor={quote(cursor)}")
    return paths


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=TASKS)
    parser.add_argument("--times", type=int, default=20)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        gate = Framegate(Path(folder) / "lists")
        with ended(gate, "--no-work"):
            pass
        path = gate.data / "framegate.db"
        keys = made(path)
        begun = time.perf_counter()
        fill(path, asked.tasks, keys)
        print(
            f"{asked.tasks:,} tasks, {path.stat().st_size / 1e6:.0f} MB,"
            f" written in {time.perf_counter() - begun:.0f} s",
            flush=True,
        )
        print(f"{'question':36}{'pages':>6}{'p50 ms':>9}{'p99 ms':>9}{'bare':>7}{'limit':>7}")
        with ended(gate, "--no-work"):
            keys["admin"] = gate.http.headers["Authorization"].removeprefix("Bearer ")
            late = measure(gate, questions(keys), keys, asked.times)
    print(f"beyond the limit at p99: {', '.join(late) or 'none'}")


def measure(
    gate: Framegate, asked: list[tuple[str, str, str]], keys: dict[str, str], times: int
) -> list[str]:
    """A row a question; the names of those that took longer than the limit."""
    late = []
    with httpx2.Client(base_url=gate.url, trust_env=False, timeout=60) as http:
        for name, path, who in asked:
            pages, took, bare = paths_of(http, path, keys[who]), [], []
            for one in itertools.islice(itertools.cycle(pages), max(times, len(pages))):
                took.append(took_ms(http, one, keys[who])[0])
                bare.append(took_ms(http, "/healthz", keys[who])[0])
            worst = percentile(took, 0.99)
            late += [name] if worst > LIMIT_MS else []
            print(
                f"{name:36}{len(pages):6}{percentile(took, 0.5):9.1f}{worst:9.1f}"
                f"{percentile(bare, 0.5):7.1f}{LIMIT_MS:7}",
                flush=True,
            )
    return late


if __name__ == "__main__":
    main()
