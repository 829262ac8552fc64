"""Flows that stop where the machine wants them to, on a real database and one event loop.

A flow waits at a gate whenever it asks an upstream or a receiver, and before a write where the
process is slow. The machine opens gates one by one, in any order, or lets a flow die at its gate.
Between two gates everything runs at once and in one thread, so that one seed is one story.
"""

import asyncio
import atexit
import os
import shutil
import tempfile
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import event

from framegate.store import migrate
from framegate.store.database import Database

TURNS_MAX = 500
# Power cuts are not the subject here, so that a disk of memory serves as well, and sooner.
MEMORY = Path("/dev/shm")
PLACE = MEMORY if os.access(MEMORY, os.W_OK) else None


@dataclass(eq=False)
class Gate:
    """One flow that waits: what it asked, of what, and where its answer goes."""

    kind: str
    subject: str
    asked: Any
    answer: "asyncio.Future[Any]"
    flow: "asyncio.Task[Any]"


class Gates:
    """Every flow that waits, oldest first."""

    def __init__(self):
        self.waiting = []
        self.is_slow = False

    async def at(self, kind, subject, asked=None):
        """Wait for the machine's answer."""
        answer = asyncio.get_running_loop().create_future()
        gate = Gate(kind, subject, asked, answer, asyncio.current_task())
        self.waiting.append(gate)
        try:
            return await answer
        finally:
            self.waiting.remove(gate)

    def of(self, *kinds):
        return [gate for gate in self.waiting if gate.kind in kinds]


class GatedDatabase(Database):
    """The real store without its threads for readers, and with a gate before each write."""

    gates: Gates

    async def read(self, work, *args, **kwargs):
        return self.read_now(work, *args, **kwargs)

    async def write(self, work, *args, **kwargs):
        if self.gates.is_slow:
            await self.gates.at("write", "", work)
        return self.write_now(work, *args, **kwargs)


class _AtOnce(Executor):
    """`asyncio.to_thread` without a thread."""

    def submit(self, call, /, *args, **kwargs):
        future = Future()
        try:
            future.set_result(call(*args, **kwargs))
        except BaseException as error:  # noqa: BLE001 - handed on, as an executor does
            future.set_exception(error)
        return future


class Loop:
    """One event loop that the machine turns until every flow waits at a gate or has ended."""

    def __init__(self):
        self._loop = asyncio.new_event_loop()
        self._loop._default_executor = _AtOnce()

    def run(self, coroutine):
        return self._loop.run_until_complete(coroutine)

    def start(self, coroutine):
        return self._loop.create_task(coroutine)

    def settle(self, *, is_quiet):
        self.run(self._turn(is_quiet))

    async def _turn(self, is_quiet):
        for _ in range(TURNS_MAX):
            for _ in range(10):
                await asyncio.sleep(0)
            if is_quiet():
                return
        raise AssertionError("a flow neither waits nor ends")

    def close(self):
        self._loop.close()


def _folder():
    folder = Path(tempfile.mkdtemp(prefix="framegate-machine-", dir=PLACE))
    # Most are removed by their machine; memory must not fill with the others.
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@cache
def _migrated():
    folder = _folder()
    database = Database.open(f"sqlite:///{folder / 'framegate.db'}")
    migrate.upgrade(database)
    database.close_now()
    return folder / "framegate.db"


def fresh_folder():
    """A data folder with a migrated database in it."""
    folder = _folder()
    shutil.copy(_migrated(), folder / "framegate.db")
    return folder


def opened(folder, kind=GatedDatabase):
    """The database of a folder, without syncs."""
    database = kind.open(f"sqlite:///{folder / 'framegate.db'}", readers=1)
    event.listen(database.engine, "connect", _without_syncs)
    return database


def _without_syncs(connection, _record):
    connection.execute("PRAGMA synchronous = OFF")
