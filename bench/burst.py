"""Fifty tasks at once on one process with the embedded renderer; then again, killed on the way.

Run `python bench/burst.py`; it needs no file and no network beyond loopback. The second gateway is
ended by SIGKILL while a task is being rendered and a third of them have ended, and started again.
All that were acknowledged must end with one video, be paid for once, and leave a clean audit, or
this exits with an error. `wall` is from the first create to the last end; `films alone` is the same
number of films made by the same renderer without a gateway: how long the work itself takes.
"""

import argparse
import asyncio
import itertools
import json
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from framegate.render.process import RenderOrder, render
from framegate.settings import Settings
from load.crowd import ask, body_of, is_ok
from load.gate import Framegate, ended, picture, side_of

DURATION_S = 3
# Square and the least there is: the cheapest film of 720p.
SIDE = 300
FILMS_ALONE = 4
LOOK_EVERY_S = 0.2
KILL_AT_SHARE = 1 / 3
OPEN = "SELECT COUNT(*) FROM tasks WHERE ended_ms = 0"
PAID_TWICE = """
    SELECT COUNT(*) FROM (SELECT task_id FROM transfers GROUP BY task_id HAVING COUNT(*) > 1)"""
BOUGHT_TWICE = """
    SELECT COUNT(*) FROM (SELECT task_id FROM renders GROUP BY task_id HAVING COUNT(*) > 1)"""


def orders(picture_url: str, count: int) -> Iterator[bytes]:
    for number in range(count):
        order = {
            "contents": [{"type": "first_frame", "url": picture_url}],
            "settings": {"duration": DURATION_S, "resolution": "720p"},
            "options": {"external_task_id": f"burst-{number}"},
        }
        yield json.dumps(order).encode()


@dataclass
class Burst:
    """One gateway and the tasks that it acknowledged."""

    gate: Framegate
    acknowledged: list[str]
    begun: float
    recovery_s: float = 0
    wall_s: float = 0

    @classmethod
    def of(cls, gate: Framegate, count: int) -> "Burst":
        """Send all creates at once, each over a connection of its own."""
        bodies = orders(gate.upload(picture(SIDE, SIDE)), count)
        begun = time.perf_counter()
        gave = ask(side_of(gate), bodies, connections=count, seconds=60)
        taken = [json.loads(body_of(each)) for each in gave.answers if is_ok(each)]
        return cls(gate, [each["data"]["id"] for each in taken], begun)

    def wait_until_open(self, count: int) -> None:
        """Until no more than so many tasks are still open; the database says so."""
        while self.gate.rows(OPEN)[0][0] > count:
            time.sleep(LOOK_EVERY_S)

    def kill_and_restart(self) -> None:
        """End the process as a power cut would; time it from its start to its first 200."""
        self.gate.kill()
        begun = time.perf_counter()
        self.gate.start()
        answer = self.gate.http.get("/healthz")
        assert answer.status_code == 200
        self.recovery_s = time.perf_counter() - begun

    def figures(self) -> dict[str, int]:
        """What became of the acknowledged tasks: anything but `ended` must be 0."""
        kept = dict(self.gate.rows("SELECT ticket, status FROM tasks"))
        videos = list((self.gate.data / "videos").iterdir())
        (ledger,) = self.gate.rows("SELECT COALESCE(SUM(amount_micros), 0) FROM entries")[0]
        return {
            "ended": sum(kept.get(ticket) == "succeeded" for ticket in self.acknowledged),
            "lost": len(set(self.acknowledged) - kept.keys()),
            "paid twice": self.gate.rows(PAID_TWICE)[0][0],
            "bought twice": self.gate.rows(BOUGHT_TWICE)[0][0] + len(videos) - len(kept),
            "ledger": ledger,
            "audit": len(self.gate.audit()),
        }


def measure(name: str, gate: Framegate, count: int, *, is_killed: bool) -> None:
    burst = Burst.of(gate, count)
    if is_killed:
        burst.wait_until_open(count - int(count * KILL_AT_SHARE))
        burst.kill_and_restart()
    burst.wait_until_open(0)
    burst.wall_s = time.perf_counter() - burst.begun
    figures = burst.figures()
    numbers = "".join(f"{number:13}" for number in (len(burst.acknowledged), *figures.values()))
    print(f"{name:12}{numbers}{burst.recovery_s:11.2f}{burst.wall_s:8.1f}", flush=True)
    expected = dict.fromkeys(figures, 0) | {"ended": count}
    assert figures == expected, f"a promise is broken: {figures}"


async def films_alone(folder: Path, count: int) -> float:
    """Seconds that `count` such films take when nothing is kept, priced or told."""
    first_frame, numbers = folder / "picture.jpg", itertools.count()
    first_frame.write_bytes(picture(SIDE, SIDE))

    async def film(_: object) -> None:
        order = RenderOrder(
            picture=first_frame,
            prompt="",
            resolution="720p",
            duration_s=DURATION_S,
            seed=1,
            video=folder / f"{next(numbers)}.mp4",
            comment="",
        )
        await render(order, on_progress=lambda _: None)

    at_once, begun = Settings().renders_at_once, time.perf_counter()
    for _ in range(FILMS_ALONE):
        await asyncio.gather(*map(film, range(at_once)))
    return (time.perf_counter() - begun) / (FILMS_ALONE * at_once) * count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=50)
    count = parser.parse_args().tasks
    heads = ("acknowledged", "ended", "lost", "paid twice", "bought twice", "ledger", "audit")
    print(f"{'burst':12}{''.join(f'{head:>13}' for head in heads)}{'recovery s':>11}{'wall s':>8}")
    with tempfile.TemporaryDirectory() as folder:
        for name, is_killed in (("undisturbed", False), ("kill -9", True)):
            gate = Framegate(Path(folder) / name)
            with ended(gate):
                measure(name, gate, count, is_killed=is_killed)
        alone_s = asyncio.run(films_alone(Path(folder), count))
        print(f"{count} films alone: {alone_s:.1f} s")


if __name__ == "__main__":
    main()
