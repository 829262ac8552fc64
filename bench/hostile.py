"""What nobody should send, counted by class, and what it costs the server: refusals, 5xx, memory.

Run `python bench/hostile.py`; it needs no network beyond loopback, and about two minutes. One
gateway with its default limits gets everything. A class is well when no answer was a 5xx (a full
house and a full disk say 503, and are not asked here but in the row that says so), and when the
server's memory is as flat behind it as before. `--seconds-hint` is not needed: what is slow is slow
on purpose.

The peer of the memory column is the limit that an upload has: 50 MB a picture.
"""

import argparse
import asyncio
import json
import os
import random
import re
import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import load  # noqa: F401  First: it puts the tests' own parts within reach.
from end_to_end import rebinding
from fakes import attacks
from processes import CREATE, Framegate

NEW_NETWORK = ("unshare", "--map-root-user", "--mount", "--net")
BOMB_ROUNDS = 20
RENDERED_ROUNDS = 2
QUOTE = "/api/quote"
GUESSES = 5_000
SLOW = 500
CONNECTIONS = 10_000
LARGE_BYTES = 60 << 20
LARGE_ROUNDS = 8
COLUMNS = (("class", 28), ("tried", 8), ("refused", 9), ("taken", 7), ("503", 6), ("5xx", 5))


@dataclass
class Count:
    """What came of one class."""

    name: str
    statuses: Counter[int] = field(default_factory=Counter)
    note: str = ""

    def line(self, memory: str) -> str:
        tried = sum(self.statuses.values())
        refused = sum(
            n for status, n in self.statuses.items() if status == 0 or 400 <= status < 500
        )
        taken = sum(n for status, n in self.statuses.items() if 200 <= status < 400)
        faults = sum(n for status, n in self.statuses.items() if status >= 500 and status != 503)
        cells = (self.name, tried, refused, taken, self.statuses[503], faults)
        text = "".join(f"{cell!s:{width}}" for cell, (_, width) in zip(cells, COLUMNS, strict=True))
        return f"{text}{memory}   {self.note}"


class Memory:
    """What of a process is in memory, and the most that it ever was, in MB."""

    def __init__(self, pid: int) -> None:
        self._status = Path(f"/proc/{pid}/status")
        self.before = self.now()

    def now(self) -> tuple[float, float]:
        text = self._status.read_text(encoding="ascii")
        found = (re.search(rf"{name}:\s+(\d+) kB", text) for name in ("VmRSS", "VmHWM"))
        resident, peak = (int(each[1]) / 1_024 for each in found if each)
        return resident, peak

    def told(self) -> str:
        (was, _), (now, peak) = self.before, self.now()
        self.before = (now, peak)
        return f"{was:5.0f} -> {now:4.0f}, peak {peak:4.0f}"


# --- the classes ------------------------------------------------------------------------------


def statuses_of(asked: Iterable[Callable[[], int]]) -> Counter[int]:
    return Counter(ask() for ask in asked)


def orders(gate: Framegate) -> Count:
    bodies = [b if isinstance(b, bytes) else b.encode() for b in attacks.BODIES.values()]
    asked = [lambda body=body: gate.create(body).status_code for body in bodies]
    asked += [
        lambda headers=headers: (
            gate.http.post(
                CREATE,
                content=attacks.GOOD,
                headers={"Content-Type": "application/json", **headers},
            ).status_code
        )
        for headers in attacks.HEADERS.values()
    ]
    return Count("orders and prices", statuses_of(asked))


def spoilt(gate: Framegate) -> Count:
    """A good order with one byte changed, taken out or put in: no answer is a fault."""
    draws, good = random.Random(7), attacks.GOOD.encode()
    asked = []
    for _ in range(1_000):
        at, byte = draws.randrange(len(good)), bytes([draws.randrange(256)])
        cut, put = draws.choice([(1, byte), (1, b""), (0, byte)])
        body = good[:at] + put + good[at + cut :]
        asked.append(lambda body=body: gate.http.post(QUOTE, content=body).status_code)
    return Count("one byte changed", statuses_of(asked), "as quotes, which judge the same")


def framings(gate: Framegate) -> Count:
    key = gate.http.headers["Authorization"]
    requests = [attacks.post(key, *headers) for headers in attacks.FRAMINGS.values()]
    requests += attacks.REQUEST_LINES.values()
    return Count("framing", statuses_of(lambda r=r: raw_status(gate, r) for r in requests))


def raw_status(gate: Framegate, request: bytes) -> int:
    """The first status of whatever is said until the server hangs up; 0: nothing was."""
    with socket.create_connection(("127.0.0.1", gate.port), 20) as connection:
        connection.sendall(request)
        pieces = []
        try:
            while piece := connection.recv(65_536):
                pieces.append(piece)
        except ConnectionResetError:
            pass
    found = re.match(rb"HTTP/1.1 (\d+)", b"".join(pieces))
    return int(found[1]) if found else 0


def paths(gate: Framegate) -> Count:
    methods = ("GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS")
    asked = [
        lambda method=method, path=path: gate.http.request(method, path).status_code
        for path in attacks.PATHS
        for method in methods
    ]
    return Count("paths and methods", statuses_of(asked))


def strings(gate: Framegate) -> Count:
    frame = {"type": "first_frame", "url": "https://cdn.example.com/a.jpg"}
    asked: list[Callable[[], int]] = []
    for text in attacks.STRINGS.values():
        callback = {"callback_url": f"https://a.example/{text}"}
        bodies = (
            {"contents": [frame], "options": {"external_task_id": text}, "settings": {text: 1}},
            {"contents": [frame, {"type": text, "text": text}]},
            {"contents": [{"type": "first_frame", "url": text}]},
            {"contents": [frame], "options": callback, text: 1},
        )
        asked += [lambda b=body: gate.http.post(QUOTE, json=b).status_code for body in bodies]
        asked.append(lambda t=text: gate.http.get(f"{CREATE}/x", params={t: t}).status_code)
    return Count("scripts and log lines", statuses_of(asked))


def addresses(gate: Framegate) -> Count:
    asked = []
    for url in attacks.addresses():
        asked.append(lambda url=url: gate.create(attacks.with_url(url).encode()).status_code)
        options = json.dumps({"callback_url": url})
        asked.append(
            lambda body=options: gate.create(attacks.with_options(body).encode()).status_code
        )
        hook = {"url": url, "events": ["task.failed"]}
        asked.append(lambda hook=hook: gate.http.post("/api/webhooks", json=hook).status_code)
    return Count(
        "addresses inside", statuses_of(asked), "names are judged when they are looked up: below"
    )


def names_and_redirects(folder: Path) -> Count:
    """In a network of its own, where names lie; a socket that is opened inside is a 500 here."""
    command = [*NEW_NETWORK, sys.executable, rebinding.__file__, str(folder), "--whole"]
    environment = os.environ | {"PYTHONPATH": str(Path(rebinding.__file__).parents[1])}
    folder.mkdir()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = done.stderr.strip().splitlines()[-1:]
        return Count("names and redirects", note=f"NOT TRIED: no network of its own here {reason}")
    seen = json.loads(done.stdout)
    caught = sum(seen["caught"].values())
    statuses = Counter({400: seen["tried"] - caught, 500: caught})
    return Count("names and redirects", statuses, f"{caught} sockets opened inside")


def guesses(gate: Framegate) -> Count:
    draws = random.Random(7)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"

    def ask() -> int:
        header = {"Authorization": "Bearer fg_" + "".join(draws.choices(letters, k=43))}
        return gate.http.get("/api/account", headers=header).status_code

    asked = [ask] * GUESSES
    return Count("guessed keys", statuses_of(asked))


def bombs(gate: Framegate) -> Count:
    """Uploaded again and again; what the rules take for a picture is ordered as a video, too."""
    statuses, links = Counter[int](), []
    for number in range(BOMB_ROUNDS):
        for content in attacks.bombs().values() if number == 0 else BOMBS.values():
            answer = gate.http.post("/api/images", content=content)
            statuses[answer.status_code] += 1
            if answer.status_code == 200 and number < RENDERED_ROUNDS:
                links.append(answer.json()["data"]["url"])
    tasks = [gate.created(attacks.with_url(link).encode()) for link in links]
    ends = Counter(ended(gate, task) for task in tasks)
    return Count("picture bombs", statuses, f"taken ones as videos: {dict(ends)}")


BOMBS = attacks.bombs()


def ended(gate: Framegate, task: str) -> str:
    until = time.monotonic() + 600
    while (status := gate.task(task)["status"]) not in {"succeed", "failed"}:
        assert time.monotonic() < until, task
        time.sleep(0.1)
    return str(status)


def large_bodies(gate: Framegate) -> Count:
    content, asked = bytes(LARGE_BYTES), []

    def chunks() -> Iterable[bytes]:
        return (content[:1_048_576] for _ in range(LARGE_BYTES >> 20))

    for path in (CREATE, "/api/images", "/api/webhooks", "/tasks"):
        for whole in (True, False):
            asked += [
                lambda path=path, whole=whole: (
                    gate.http.post(path, content=content if whole else chunks()).status_code
                )
            ] * (LARGE_ROUNDS // 2)
    return Count("bodies of 60 MB", statuses_of(asked), "announced and in chunks")


def slow(gate: Framegate) -> Count:
    """Heads and bodies that come byte by byte, at once, until the server ends them."""
    key = gate.http.headers["Authorization"]
    beginnings = [b"GET / HTTP/1.1\r\nX-Slow: ", attacks.post(key, "Content-Length: 999")]
    statuses = asyncio.run(_dribbled([beginnings[n % 2] for n in range(SLOW)], gate.port))
    return Count("slow heads and bodies", statuses, "408, or the door")


async def _dribbled(beginnings: list[bytes], port: int) -> Counter[int]:
    async def one(beginning: bytes) -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(beginning)
        reading = asyncio.create_task(reader.read())
        try:
            async with asyncio.timeout(90):
                while not reading.done():
                    writer.write(b"a")
                    await asyncio.wait({reading}, timeout=1)
                found = re.match(rb"HTTP/1.1 (\d+)", await reading)
        except (ConnectionError, TimeoutError):
            found = None
        writer.transport.abort()
        return int(found[1]) if found else 0

    return Counter(await asyncio.gather(*(one(each) for each in beginnings)))


def crowd(gate: Framegate) -> Count:
    """So many connections at once, each with a request; a probe that was in before is asked on."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    count = min(CONNECTIONS, hard - 200)
    times_ms: list[float] = []

    def probe() -> None:
        began = time.perf_counter()
        assert gate.http.get("/healthz").status_code == 200
        times_ms.append((time.perf_counter() - began) * 1_000)

    statuses: Counter[int] = Counter()
    probe()
    with ExitStack() as opened:
        crowd = []
        for number in range(count):
            connection = opened.enter_context(socket.socket())
            connection.settimeout(20)
            connection.connect(("127.0.0.1", gate.port))
            crowd.append(connection)
            if number % 100 == 0:
                probe()
        for connection in crowd:
            statuses[_asked(connection)] += 1
        probe()
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    times_ms.sort()
    median_ms, worst_ms = times_ms[len(times_ms) // 2], times_ms[-1]
    note = f"healthz meanwhile: median {median_ms:.1f} ms, worst {worst_ms:.0f} ms"
    return Count(
        f"{count:,} connections at once", statuses, f"503 or the door beyond 1,000; {note}"
    )


def _asked(connection: socket.socket) -> int:
    try:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: gate\r\n\r\n")
        found = re.match(rb"HTTP/1.1 (\d+)", connection.recv(65_536))
    except OSError:
        return 0
    return int(found[1]) if found else 0


def main() -> int:
    argparse.ArgumentParser(description=__doc__).parse_args()
    print("".join(f"{name:{width}}" for name, width in COLUMNS) + "server's memory, MB")
    faults = 0
    with tempfile.TemporaryDirectory() as name, Framegate(Path(name) / "gate") as gate:
        memory = Memory(gate.pid)
        for tried in (
            *(orders, spoilt, framings, paths, strings, addresses, guesses, large_bodies),
            *(bombs, slow, crowd),
        ):
            count = tried(gate)
            faults += sum(n for status, n in count.statuses.items() if status in {500, 502, 504})
            print(count.line(memory.told()), flush=True)
        count = names_and_redirects(Path(name) / "names")
        faults += count.statuses[500]
        print(count.line(f"{'(another server)':22}"))
        broken = gate.audit()
    print(f"{faults} faults; audit: {broken or 'every promise holds'}")
    return 1 if faults or broken else 0


if __name__ == "__main__":
    sys.exit(main())
