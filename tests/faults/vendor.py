"""The pretend vendor as a process of its own, which nobody kills: the outside truth of a run.

`python vendor.py LOG SEED PACE RATES` with RATES as JSON. It says its address on standard output.
"""

import json
import sys
from pathlib import Path

from fakes.vendor import OneFilm
from framegate.pretend.app import app
from framegate.pretend.vendor import Config, Vendor
from framegate.web import server
from framegate.web.breakable import BreakableConnection


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


async def sell(log: Path, seed: int, pace: float, rates: dict[str, dict[str, float]]) -> None:
    listener = server.listen("127.0.0.1", 0)
    vendor = Vendor(
        config=Config(seed=seed, slots=0, pace=pace),
        films=OneFilm(log.parent),
        log_path=log,
        url=listener.url,
    )
    vendor.faults.set_rates(rates)
    try:
        await server.serve(
            app(vendor),
            listener,
            connection=BreakableConnection,
            on_started=lambda: say(listener.url),
            on_stopping=vendor.hanging.release,
        )
    finally:
        vendor.close()


if __name__ == "__main__":
    path, number, speed, shares = sys.argv[1:]
    server.run(sell(Path(path), int(number), float(speed), json.loads(shares)))
