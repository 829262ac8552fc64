"""Runs the engine's jobs at its own pace, in one process per data folder.

`framegate serve` runs it beside the API, `framegate work` alone. A file lock keeps a second one
out: two engines on one SQLite file would run every job twice. The lock dies with its process.
"""

import asyncio
import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from framegate.engine.embedded import Queue
from framegate.errors import SettingsInvalid
from framegate.gateway import Gateway

LOCK_FILE = "worker.lock"
QUEUES: tuple[Queue, ...] = ("track", "deliver", "render", "sweep", "audit")


@contextmanager
def only_worker(folder: Path) -> Iterator[None]:
    """Be the one worker of a data folder.

    raises   SettingsInvalid when another process works on it
    """
    path = folder / LOCK_FILE
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise SettingsInvalid(
                f"another framegate works on {folder}; stop it, or start this one with --no-work"
            ) from None
        yield


async def work(
    gateway: Gateway, stop: asyncio.Event, *, queues: frozenset[Queue] | None = None
) -> None:
    """Run due jobs until `stop` is set."""
    await gateway.engine(queues).run(stop)
