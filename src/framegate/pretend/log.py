"""What the vendor did, one JSON line each, on disk before the caller is answered.

`LogWriter` is the vendor's; `Log` reads the file for whoever judges a promise: not our database,
this file says what was bought. Requests that wait at the same time share one sync. No key is ever
written, only its SHA-256.
"""

import asyncio
import base64
import hashlib
import json
import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

Record = dict[str, Any]
RESET = "reset"


def sent(path: str, headers: Any, body: bytes, *, now_ms: int) -> Record:
    """The record of the exact bytes that a create was sent with."""
    key = headers.get("authorization", "").removeprefix("Bearer ")
    return {
        "event": "sent",
        "at_ms": now_ms,
        "path": path,
        "headers": {name: value for name, value in headers.items() if name != "authorization"},
        "key_sha256": hashlib.sha256(key.encode()).hexdigest() if key else "",
        "bytes": len(body),
        "sha256": hashlib.sha256(body).hexdigest(),
        "body": base64.b64encode(body).decode("ascii"),
    }


class LogWriter:
    """The one writer of a log file; what is there already is kept."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._waiting: list[bytes] = []
        self._taken = self._synced = 0
        self._turn = asyncio.Lock()
        # One thread: lines stay in order, and nothing else can keep it busy.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="pretend-log")
        self._second, self._tally = 0, Counter[str]()

    async def write(self, *records: Record) -> None:
        """Return when the records are on disk, whole and in this order."""
        self._waiting += [_line(record) for record in records]
        self._taken += len(records)
        mine = self._taken
        async with self._turn:
            if self._synced >= mine:
                return  # Somebody's sync took ours along.
            batch, self._waiting = self._waiting, []
            loop = asyncio.get_running_loop()
            await asyncio.shield(loop.run_in_executor(self._thread, self._put, b"".join(batch)))
            self._synced += len(batch)

    def write_now(self, record: Record) -> None:
        """The same for whoever has no event loop, and stops everybody meanwhile."""
        self._put(_line(record))

    def count(self, *, queries: int, tasks: int, now_ms: int) -> None:
        """Count queries; each second with any becomes one line once it is over."""
        second = now_ms // 1_000
        if second != self._second:
            self.flush_counts()
            self._second = second
        self._tally.update(queries=queries, tasks=tasks)

    def flush_counts(self) -> None:
        """Write what was counted so far."""
        if self._tally:
            record = {"event": "queried", "at_ms": self._second * 1_000, **self._tally}
            self._tally = Counter()
            # Not synced: a count is no promise, and the system keeps it if only we die.
            os.write(self._file, _line(record))

    def close(self) -> None:
        """Write what waits, and close the file."""
        self._thread.shutdown()
        self.flush_counts()
        os.close(self._file)

    def _put(self, lines: bytes) -> None:
        while lines:
            lines = lines[os.write(self._file, lines) :]
        os.fsync(self._file)


class Log:
    """A log file, read again for every question; only what came after the last reset counts."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def records(self, *events: str) -> list[Record]:
        """The records of these events, or of all, oldest first. A torn last line is no record."""
        text = self.path.read_bytes() if self.path.exists() else b""
        found: list[Record] = []
        for line in text.splitlines(keepends=True):
            if not line.endswith(b"\n"):
                break
            record = json.loads(line)
            if record["event"] == RESET:
                found = []
            elif not events or record["event"] in events:
                found.append(record)
        return found

    def sent_bytes(self) -> list[bytes]:
        """The body of every create that was read, whatever became of it."""
        return [base64.b64decode(record["body"]) for record in self.records("sent")]

    def bought(self) -> list[Record]:
        """Every task that the vendor made: what it would send a bill for, once it succeeds."""
        return self.records("bought")

    def refused(self) -> list[Record]:
        """Every create that made no task."""
        return self.records("refused")

    def answered(self) -> list[Record]:
        """What each create was answered: status, body, and the manner in which it was sent."""
        return self.records("answered")

    def told(self) -> list[Record]:
        """Every try at a callback, and its answer."""
        return self.records("told")

    def fetched(self) -> list[Record]:
        """Every request for a video."""
        return self.records("fetched")

    def queries_per_s(self) -> dict[int, int]:
        """Unix second -> queries answered in it; the last second only once it was flushed."""
        counts = Counter[int]()
        for record in self.records("queried"):
            counts[record["at_ms"] // 1_000] += record["queries"]
        return dict(counts)


def _line(record: Record) -> bytes:
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
