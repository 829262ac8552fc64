"""What one account's flood leaves to another: the wait for a create, and the wait for a render.

Run `python bench/fairness.py`; it needs no file and no network beyond loopback. A calm account
creates at a steady pace, alone and beside one that floods the gateway with creates from 64
connections, in turns within one run, so that a busy machine slows both alike: read the ratio. Then
the calm one orders single videos, alone and behind a backlog of the other's. Twice the time is the
most that it shall take; the median of the runs stands below them.
"""

import argparse
import itertools
import json
import multiprocessing
import socket
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from urllib.parse import urlsplit

from load.crowd import HEAD_END, OK, Side, ask, body_of
from load.gate import CREATE, Framegate, ended, picture
from load.vendor import Vendor

FLOOD_CONNECTIONS = 64
PACE_S = 0.04
WARM_UP_S = 0.3
LOOK_EVERY_S = 0.02


def bodies(url: str = "https://cdn.example.com/a.jpg") -> Iterator[bytes]:
    """Orders of three seconds, no two alike."""
    for number in itertools.count():
        order = {
            "contents": [
                {"type": "prompt", "text": f"The camera slowly zooms in, take {number}."},
                {"type": "first_frame", "url": url},
            ],
            "settings": {"resolution": "720p", "duration": 3},
        }
        yield json.dumps(order, separators=(",", ":")).encode()


@dataclass
class Calm:
    """One connection that creates at its own pace, and how long each create took."""

    side: Side
    took_s: list[float] = field(default_factory=list)

    def create_for(self, seconds: float) -> None:
        """Create once each PACE_S, whatever the last one took."""
        address = urlsplit(self.side.url)
        orders = bodies()
        with socket.create_connection((address.hostname, address.port)) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            begun = time.perf_counter()
            for number in range(int(seconds / PACE_S)):
                time.sleep(max(0.0, begun + number * PACE_S - time.perf_counter()))
                request = self.side.request(next(orders))
                sent_at = time.perf_counter()
                connection.sendall(request)
                answer = _answer(connection)
                self.took_s.append(time.perf_counter() - sent_at)
                assert answer.startswith(OK), answer

    def ms(self, share: float) -> float:
        """A percentile."""
        took = sorted(self.took_s)
        return took[min(int(len(took) * share), len(took) - 1)] * 1_000


def _answer(connection: socket.socket) -> bytes:
    got = b""
    while True:
        got += connection.recv(65_536)
        head, end, rest = got.partition(HEAD_END)
        if end:
            length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
            if len(rest) >= length:
                return got


def flood(side: Side, told: Connection) -> None:
    """Be the flood, in a process of its own: for as many seconds as it is told, until told 0.

    Each time it says how many creates were taken.
    """
    orders = bodies()
    while seconds := told.recv():
        gave = ask(side, orders, connections=FLOOD_CONNECTIONS, seconds=seconds)
        told.send(sum(answer.startswith(OK) for answer in gave.answers))


@dataclass(frozen=True, kw_only=True)
class Creates:
    """One run: the calm account's creates alone and under the flood."""

    alone: Calm
    under: Calm
    flooded: float  # Creates a second of the flood that were taken.

    @property
    def ratio(self) -> float:
        return self.under.ms(0.99) / self.alone.ms(0.99)


def account(gate: Framegate, name: str) -> Side:
    """A fresh account without a limit of credit, as somebody who creates."""
    key = gate.command("accounts", "create", name, "--unlimited")["key"]
    return Side(url=gate.url, path=CREATE, headers={"Authorization": f"Bearer {key}"})


def creates(calm: Side, loud: Side, asked: argparse.Namespace) -> Creates:
    alone, under, taken = Calm(calm), Calm(calm), 0
    spawn = multiprocessing.get_context("spawn")
    told, its_end = spawn.Pipe()
    noise = spawn.Process(target=flood, args=(loud, its_end))
    noise.start()
    Calm(calm).create_for(WARM_UP_S)
    flood_s = asked.seconds + 2 * WARM_UP_S
    for _ in range(asked.rounds):
        alone.create_for(asked.seconds)
        told.send(flood_s)
        time.sleep(WARM_UP_S)  # Until it is in full flow.
        under.create_for(asked.seconds)
        taken += told.recv()
    told.send(0)
    noise.join()
    return Creates(alone=alone, under=under, flooded=taken / asked.rounds / flood_s)


# --- renders ----------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Renders:
    """One run: the calm account's videos alone and behind a backlog."""

    alone_s: list[float]
    behind_s: list[float]
    overtaken_by: int  # Renders of the backlog that began between an order and its own.

    @property
    def ratio(self) -> float:
        return statistics.median(self.behind_s) / statistics.median(self.alone_s)


def renders(gate: Framegate, calm: Side, loud: Side, asked: argparse.Namespace) -> Renders:
    # The calm one's orders and the backlog are of one length, and one render runs at a time.
    orders = bodies(gate.upload(picture(640, 640)))
    alone = [_made(gate, calm, next(orders))[0] for _ in range(asked.videos)]
    backlog = itertools.islice(orders, asked.backlog)
    ask(loud, backlog, connections=4, seconds=60.0)
    behind = [_made(gate, calm, next(orders)) for _ in range(asked.videos)]
    return Renders(
        alone_s=alone,
        behind_s=[took_s for took_s, _ in behind],
        overtaken_by=max(others for _, others in behind),
    )


def _made(gate: Framegate, side: Side, order: bytes) -> tuple[float, int]:
    """Seconds from an order to its video, and how many of others' renders began before its own."""
    begun = time.perf_counter()
    before = _begun(gate)
    gave = ask(side, iter([order]), connections=1, seconds=60.0)
    (answer,) = gave.answers
    ticket = json.loads(body_of(answer))["data"]["id"]
    others = 0
    while True:
        ((status, tries),) = gate.rows("SELECT status, tries FROM renders WHERE id = ?", ticket)
        if not tries:
            others = _begun(gate) - before
        if status in {"succeeded", "failed"}:
            assert status == "succeeded"
            return time.perf_counter() - begun, others
        time.sleep(LOOK_EVERY_S)


def _begun(gate: Framegate) -> int:
    ((count,),) = gate.rows("SELECT COUNT(*) FROM renders WHERE tries > 0")
    return int(count)


# --- the table --------------------------------------------------------------------------------


def say(name: str, run: Creates) -> None:
    figures = (run.alone.ms(0.5), run.alone.ms(0.99), run.under.ms(0.5), run.under.ms(0.99))
    row = "".join(f"{ms:12.2f}" for ms in figures)
    print(f"{name:24}{row}{run.ratio:8.2f}{run.flooded:11.0f}", flush=True)


def measure_creates(kind: str, folder: Path, asked: argparse.Namespace) -> None:
    ratios = []
    for number in range(asked.runs):
        with Vendor() as vendor:
            config = vendor.settings if kind.startswith("vendor") else ""
            gate = Framegate(folder / f"{kind} {number}", config=config)
            with ended(gate, *([] if "worker" in kind else ["--no-work"])):
                run = creates(account(gate, "calm"), account(gate, "loud"), asked)
                say(kind, run)
                ratios.append(run.ratio)
            broken = gate.audit()
            assert not broken, broken
    print(f"{kind}: median ratio {statistics.median(ratios):.2f}", flush=True)


def measure_renders(folder: Path, asked: argparse.Namespace) -> None:
    print(f"{'render, s':24}{'alone':>12}{'behind':>12}{'ratio':>8}{'overtaken by':>14}")
    ratios = []
    for number in range(asked.runs):
        gate = Framegate(folder / f"renders {number}", config="[worker]\nrenders = 1\n")
        with ended(gate):
            run = renders(gate, account(gate, "calm"), account(gate, "loud"), asked)
            medians = [statistics.median(took) for took in (run.alone_s, run.behind_s)]
            row = "".join(f"{median:12.2f}" for median in medians)
            print(f"{'':24}{row}{run.ratio:8.2f}{run.overtaken_by:14}", flush=True)
            ratios.append(run.ratio)
    print(f"renders: median ratio {statistics.median(ratios):.2f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=10, help="of creates, alone and flooded")
    parser.add_argument("--seconds", type=float, default=1.0, help="of one round, each way")
    parser.add_argument("--videos", type=int, default=3, help="of the calm account, each way")
    parser.add_argument("--backlog", type=int, default=50, help="renders of the other account")
    asked = parser.parse_args()
    heads = ("alone p50", "alone p99", "flood p50", "flood p99")
    print(f"{'create, ms':24}{''.join(f'{head:>12}' for head in heads)}{'ratio':>8}{'flood/s':>11}")
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("renderer", "vendor, worker beside"):
            measure_creates(kind, Path(folder), asked)
        measure_renders(Path(folder), asked)


if __name__ == "__main__":
    main()
