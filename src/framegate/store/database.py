"""The database: one write door with group commit, readers beside it.

Flows and the web hand in a function of a transaction; it runs on the writer's thread inside a
savepoint, and the caller is answered after the commit that carries it. Many waiting writers share
one fsync, and one that fails takes nobody with it. This file must not know a table.
"""

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import structlog
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError
from sqlalchemy.pool import QueuePool

from framegate.errors import Overloaded, SettingsInvalid, StoreDown

# What a function handed to the doors gets. An alias, so that no floor above names the library.
Transaction = Connection

P = ParamSpec("P")
T = TypeVar("T")

UNITS_PER_COMMIT_MAX = 256
BUSY_WAIT_MS = 5_000
# Pages are 4 KiB: a checkpoint each 16 MiB keeps the log small and the writer rarely waiting.
CHECKPOINT_PAGES = 4_000
SQLITE = "sqlite:///"

_log = structlog.get_logger("framegate.store.database")


class PlainInsert:
    """An insert of one row that is said as text: what every create writes and nothing asks back.

    Measured beside the library's own, which looks for a new row's number each time: a quarter.
    """

    def __init__(self, table: str, *columns: str) -> None:
        self._table, self._columns = table, columns
        self._texts: dict[str, str] = {}

    def __call__(self, tx: Transaction, *values: Any) -> None:
        """Write one row; the values stand in the order of the columns."""
        tx.exec_driver_sql(self._text(tx.dialect.paramstyle), values)

    def _text(self, style: str) -> str:
        if style not in self._texts:
            marks = ", ".join(["?" if style == "qmark" else "%s"] * len(self._columns))
            names = ", ".join(self._columns)
            self._texts[style] = f"INSERT INTO {self._table} ({names}) VALUES ({marks})"  # noqa: S608 - our own names
        return self._texts[style]


# Of a caller on an event loop, or of one that waits on its own thread.
Answer = asyncio.Future[Any] | Future[Any]


@dataclass(frozen=True)
class _Unit:
    work: Callable[[Transaction], Any]
    answer: Answer


@dataclass(frozen=True)
class _Outcome:
    answer: Answer
    value: Any = None
    error: BaseException | None = None

    def tell(self) -> None:
        """Answer, unless the caller has gone away."""
        if self.answer.done():
            return
        if self.error is None:
            self.answer.set_result(self.value)
        else:
            self.answer.set_exception(self.error)


class Database:
    """Opens, writes, reads and closes. All methods but `open` are for one asyncio loop."""

    def __init__(self, engine: Engine, *, write_queue_max: int, readers: int) -> None:
        self._engine = engine
        self._waiting: queue.Queue[_Unit | None] = queue.Queue(maxsize=write_queue_max)
        self._readers = ThreadPoolExecutor(readers, thread_name_prefix="reader")
        self._writer = threading.Thread(target=self._write_forever, name="writer", daemon=True)
        self._after_commit: list[Callable[[], None]] = []
        self._is_closed = False
        # Nothing may be handed in behind the mark that ends the writer: it would wait for ever.
        self._door = threading.Lock()
        self._writer.start()

    @classmethod
    def open(cls, url: str, *, write_queue_max: int = 10_000, readers: int = 2) -> "Database":
        """Connect to `sqlite:///PATH`.

        raises   SettingsInvalid for any other kind
        """
        path = url.removeprefix(SQLITE)
        if path in {url, ""}:
            kind = url.partition(":")[0]
            raise SettingsInvalid(
                f"data.database: this version keeps SQLite only, as {SQLITE}PATH; got {kind}:"
            )
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(
            # Not parsed: a folder's name may hold what means something in a URL.
            URL.create("sqlite", database=path),
            poolclass=QueuePool,
            pool_size=readers + 2,
            max_overflow=2,
            connect_args={"check_same_thread": False, "timeout": BUSY_WAIT_MS / 1_000},
        )
        event.listen(engine, "connect", _prepare_connection)
        event.listen(engine, "begin", _begin)
        return cls(engine, write_queue_max=write_queue_max, readers=readers)

    @property
    def engine(self) -> Engine:
        """For migrations, before anything else runs."""
        return self._engine

    @property
    def waiting(self) -> int:
        """How many units wait for the writer."""
        return self._waiting.qsize()

    def after_commit(self, call: Callable[[], None]) -> None:
        """Have `call` run on the writer's thread after each commit, soon after its answers.

        It must be quick and must not raise: what it raises is only logged.
        """
        self._after_commit.append(call)

    async def write(
        self, work: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run `work` in a transaction; its value comes back once it is durable.

        raises   what `work` raises, with nothing of it kept; Overloaded when too many wait;
                 StoreDown when the database cannot write
        """
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._hand_in(lambda tx: work(tx, *args, **kwargs), answer)
        return await answer

    async def read(
        self, work: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run `work` on a reader: a consistent snapshot, never waiting for the writer.

        raises   what `work` raises; StoreDown when the database cannot be read
        """
        if self._is_closed:
            raise StoreDown
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self._readers, lambda: self.read_now(work, *args, **kwargs)
        )

    def read_now(
        self, work: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run `work` on the calling thread; for commands and start-up."""
        try:
            with self._engine.connect() as connection:
                connection.execution_options(framegate_reads=True)
                return work(connection, *args, **kwargs)
        except DatabaseError as error:
            if _is_trouble(error):
                raise StoreDown from error
            raise

    def write_now(
        self, work: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """As `write`, waiting on the calling thread; for commands and start-up."""
        answer: Future[T] = Future()
        self._hand_in(lambda tx: work(tx, *args, **kwargs), answer)
        return answer.result()

    async def close(self) -> None:
        """Finish what waits, then let go of every connection."""
        await asyncio.to_thread(self.close_now)

    def close_now(self) -> None:
        """As `close`, for callers without a loop."""
        with self._door:
            if self._is_closed:
                return
            self._is_closed = True
        self._waiting.put(None)
        self._writer.join()
        self._readers.shutdown()
        self._engine.dispose()

    def _hand_in(self, work: Callable[[Transaction], Any], answer: Answer) -> None:
        with self._door:
            if self._is_closed:
                raise StoreDown
            try:
                self._waiting.put_nowait(_Unit(work, answer))
            except queue.Full:
                raise Overloaded from None

    # --- the writer's thread ------------------------------------------------------------------

    def _write_forever(self) -> None:
        while (first := self._waiting.get()) is not None:
            units, is_last = self._gather(first)
            self._commit(units)
            if is_last:
                return

    def _gather(self, first: _Unit) -> tuple[list[_Unit], bool]:
        units = [first]
        while len(units) < UNITS_PER_COMMIT_MAX:
            try:
                unit = self._waiting.get_nowait()
            except queue.Empty:
                break
            if unit is None:
                return units, True
            units.append(unit)
        return units, False

    def _commit(self, units: list[_Unit]) -> None:
        outcomes: list[_Outcome] = []
        try:
            with self._engine.connect() as connection, connection.begin():
                outcomes.extend(_run(connection, unit) for unit in units)
        except DBAPIError as error:
            # The commit itself failed: not one of these units happened.
            _tell(_Outcome(unit.answer, error=StoreDown().with_cause(error)) for unit in units)
            return
        except BaseException as error:  # noqa: BLE001 - the writer must outlive anything
            _tell(_Outcome(unit.answer, error=error) for unit in units)
            return
        _tell(outcomes)
        for call in self._after_commit:
            try:
                call()
            except Exception:  # noqa: BLE001 - the writer must outlive anything
                _log.exception("database.listener_failed")


def _run(connection: Connection, unit: _Unit) -> _Outcome:
    # Said by hand: a nested transaction of the library costs more than a unit's statements.
    connection.exec_driver_sql("SAVEPOINT unit")
    try:
        value = unit.work(connection)
    except Exception as error:
        if not _is_in_transaction(connection):
            # A full disk makes SQLite roll back everything: the units before this one are gone
            # too, and the next one would begin and commit a transaction of its own.
            raise
        connection.exec_driver_sql("ROLLBACK TO unit")
        if _is_trouble(error):
            error = StoreDown().with_cause(error)
        return _Outcome(unit.answer, error=error)
    finally:
        if _is_in_transaction(connection):
            connection.exec_driver_sql("RELEASE unit")
    return _Outcome(unit.answer, value)


def _is_trouble(error: BaseException) -> bool:
    """Whether the store is at fault: SQLite says of a damaged file only the base of its errors."""
    return isinstance(error, OperationalError) or type(error) is DatabaseError


def _is_in_transaction(connection: Connection) -> bool:
    raw: Any = connection.connection.dbapi_connection
    return bool(raw.in_transaction)


def _tell(outcomes: Iterable[_Outcome]) -> None:
    """Answer everybody, and wake each event loop once: a wake-up costs more than an answer."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Outcome]] = {}
    for outcome in outcomes:
        if isinstance(outcome.answer, asyncio.Future):
            by_loop.setdefault(outcome.answer.get_loop(), []).append(outcome)
        else:
            outcome.tell()
    for loop, theirs in by_loop.items():
        # A loop that is closed has nobody left who waits.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(_tell_all, theirs)


def _tell_all(outcomes: Iterable[_Outcome]) -> None:
    for outcome in outcomes:
        outcome.tell()


def _prepare_connection(connection: Any, _record: Any) -> None:
    # We say BEGIN ourselves: sqlite3 would begin late, and a lock that comes late cannot wait.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    # FULL, because an answered task must survive a power cut, not only a crash of ours.
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_WAIT_MS}")
    cursor.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
    cursor.execute("PRAGMA cache_size = -16000")
    cursor.close()


def _begin(connection: Connection) -> None:
    reads = connection.get_execution_options().get("framegate_reads", False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")
