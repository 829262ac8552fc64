"""What a create costs through the gateway, beside the vendor alone asked with the same bodies.

Run `python bench/create.py`; it needs no file and no network beyond loopback. Three gateways, each
a real process on a folder of its own: in front of a pretend vendor (two commits a create), the
same with its worker polling meanwhile, and with the embedded renderer (one commit, not worked on).
Each round asks the gateway, then the vendor (a second process of the same kind), then the disk for
bare fsyncs, so that a busy machine slows all alike: read `added` and the ratios. At the end every
acknowledged create must have exactly one row and have been sent exactly once.
"""

import argparse
import itertools
import json
import os
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from load.crowd import Round, Side, ask, body_of, is_ok
from load.gate import Framegate, ended, side_of
from load.vendor import Vendor

CONNECTIONS = (1, 32)
FSYNCS = 50
# About what one create adds to the log.
FSYNC_BYTES = 16_384
WARM_UP_S = 0.5


def bodies() -> Iterator[bytes]:
    """Orders of the page's shape, no two alike; both sides are asked with the same ones."""
    for number in itertools.count():
        order = {
            "contents": [
                {"type": "prompt", "text": f"The balloon rises over the hills, take {number}."},
                {"type": "first_frame", "url": "https://cdn.example.com/pictures/balloon.jpg"},
            ],
            "settings": {"resolution": "720p", "aspect_ratio": "16:9", "duration": 5},
        }
        yield json.dumps(order, separators=(",", ":")).encode()


@dataclass
class Pair:
    """A gateway and what it is compared with, and what all their rounds gave."""

    name: str
    gate: Framegate
    bodies: Iterator[bytes] = field(default_factory=bodies)
    acknowledged: list[str] = field(default_factory=list)
    refused: int = 0

    def ask(self, connections: int, seconds: float) -> Round:
        gave = ask(side_of(self.gate), self.bodies, connections=connections, seconds=seconds)
        taken = [answer for answer in gave.answers if is_ok(answer)]
        self.acknowledged += [json.loads(body_of(answer))["data"]["id"] for answer in taken]
        self.refused += len(gave.answers) - len(taken)
        return gave


def fsync_s(folder: Path) -> float:
    """The median time of a small append that is synced: the floor under a commit."""
    took = []
    with (folder / "fsync").open("ab", buffering=0) as file:
        for _ in range(FSYNCS):
            begun = time.perf_counter()
            file.write(bytes(FSYNC_BYTES))
            os.fdatasync(file.fileno())
            took.append(time.perf_counter() - begun)
    return statistics.median(took)


def percentile_ms(rounds: Sequence[Round], share: float) -> float:
    """Of the latencies of all rounds together, in milliseconds."""
    latencies = sorted(itertools.chain.from_iterable(each.latencies_s for each in rounds))
    return latencies[min(int(len(latencies) * share), len(latencies) - 1)] * 1_000


def compare(pair: Pair, alone: Side, connections: int, asked: argparse.Namespace) -> None:
    """Rounds of both in turns, and one row of the table."""
    gate, vendor, disk = [], [], []
    peers = bodies()
    pair.ask(connections, WARM_UP_S)
    for _ in range(asked.rounds):
        gate.append(pair.ask(connections, asked.seconds))
        vendor.append(ask(alone, peers, connections=connections, seconds=asked.seconds / 2))
        disk.append(fsync_s(pair.gate.folder))
    ours = [percentile_ms(gate, share) for share in (0.5, 0.99)]
    bare = [percentile_ms(vendor, share) for share in (0.5, 0.99)]
    rates = [statistics.median(each.rate for each in side) for side in (gate, vendor)]
    row = f"{pair.name:24}{connections:5}"
    row += "".join(f"{ms:9.2f}" for ms in (*ours, *bare, ours[0] - bare[0], ours[1] - bare[1]))
    row += f"{statistics.median(disk) * 1_000:8.2f}{rates[0]:11.0f}{rates[1]:10.0f}"
    print(row, flush=True)


def check(pair: Pair, vendor: Vendor | None) -> None:
    """Every acknowledged create has one row and was sent once, and no promise is broken."""
    kept = sorted(ticket for (ticket,) in pair.gate.rows("SELECT ticket FROM tasks"))
    acknowledged = sorted(pair.acknowledged)
    sent = vendor.asked() if vendor else {}
    broken = pair.gate.audit()
    print(
        f"{pair.name}: {len(acknowledged)} acknowledged, {pair.refused} refused, "
        f"{len(kept)} rows, vendor asked: {sent or 'nobody'}, audit: {broken or 'clean'}",
        flush=True,
    )
    once = {"creates", "bodies", "bought"}
    assert kept == acknowledged
    assert all(sent[each] == len(kept) for each in once & sent.keys())
    assert not broken
    assert not pair.refused


def measure(
    pair: Pair, alone: Vendor, bought_from: Vendor | None, asked: argparse.Namespace
) -> None:
    for connections in CONNECTIONS:
        compare(pair, alone.side, connections, asked)
    check(pair, bought_from)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0, help="of one round of a gateway")
    asked = parser.parse_args()
    heads = ("p50 ms", "p99 ms", "vendor50", "vendor99", "added50", "added99")
    print(f"{'create':24}{'conn':>5}{''.join(f'{head:>9}' for head in heads)}", end="")
    print(f"{'fsync':>8}{'creates/s':>11}{'vendor/s':>10}")
    with tempfile.TemporaryDirectory() as folder, Vendor() as alone:
        for name, options in (("vendor", ("--no-work",)), ("vendor, worker beside", ())):
            with Vendor() as vendor:
                gate = Framegate(Path(folder) / name, config=vendor.settings)
                with ended(gate, *options):
                    measure(Pair(name, gate), alone, vendor, asked)
        gate = Framegate(Path(folder) / "renderer")
        with ended(gate, "--no-work"):
            measure(Pair("embedded renderer", gate), alone, None, asked)


if __name__ == "__main__":
    main()
