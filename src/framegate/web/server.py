"""Listen, serve one app on uvloop, stop cleanly: uvicorn, run as a library.

`cli serve` calls `listen` first, because the address that links are made from is known only once
the port is bound, then `run` with a coroutine that opens the gateway and awaits `serve`. It knows
no gateway and no path.
"""

import asyncio
import contextlib
import gc
import resource
import signal
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import uvicorn
import uvloop
from starlette.types import ASGIApp

from framegate.errors import SettingsInvalid
from framegate.web.connection import BoundedConnection, Limits

Result = TypeVar("Result")

BACKLOG_MAX = 2_048
OWN_FILES_MAX = 128
"""The database's, the videos under way, the requests to upstreams and receivers, with some room."""

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)

# Young objects of a request die with it; the default of 700 looks for cycles thousands of times
# a second and finds none. Measured: 17 to 43 % more requests a second, with `gc.freeze`.
GC_THRESHOLDS = (50_000, 20, 20)


def do_nothing() -> None:
    """The default of the two callbacks."""


@dataclass(frozen=True, kw_only=True)
class Listener:
    """A bound socket and what to call it; connections wait in it until `serve`."""

    socket: socket.socket
    host: str
    port: int

    @property
    def url(self) -> str:
        """The address as a client writes it, without a slash at its end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"


def listen(host: str, port: int) -> Listener:
    """Bind host and port; port 0 takes a free one, and the Listener says which.

    raises   SettingsInvalid with a sentence for the operator: taken, not allowed, not ours
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        bound = socket.socket(family, kind, protocol)
    except OSError as exc:
        raise SettingsInvalid(_why_not(host, port, exc)) from exc
    try:
        # A restart must not wait for the last one's connections to be forgotten.
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        # Listening now, so that a second gateway fails here and not after it has opened the data.
        bound.listen(BACKLOG_MAX)
    except OSError as exc:
        bound.close()
        raise SettingsInvalid(_why_not(host, port, exc)) from exc
    return Listener(socket=bound, host=host, port=bound.getsockname()[1])


def connections_that_fit(wished: int) -> int:
    """How many connections may be in, so that the doorkeeper's refusals find a descriptor too.

    Twice as many are held for a moment (`Limits.connections_max`), beside the gateway's own files.
    raises   SettingsInvalid when the system does not let this process open enough
    """
    files_max, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files_max == resource.RLIM_INFINITY:
        return wished
    fit = (files_max - OWN_FILES_MAX) // 2
    if fit < 1:
        raise SettingsInvalid(
            f"this process may open {files_max} files and needs at least {OWN_FILES_MAX + 2}; "
            "raise the limit (ulimit -n, or LimitNOFILE of a service)"
        )
    return min(wished, fit)


def run(main: Coroutine[Any, Any, Result]) -> Result:
    """Run a whole process on uvloop, with as many open files as the system lets it have."""
    _, files_max = resource.getrlimit(resource.RLIMIT_NOFILE)
    # macOS says "unlimited" here and then refuses more than OPEN_MAX; its default must do.
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (files_max, files_max))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main)


async def serve(
    app: ASGIApp,
    listener: Listener,
    *,
    limits: Limits | None = None,
    connection: type[BoundedConnection] = BoundedConnection,
    on_started: Callable[[], None] = do_nothing,
    on_stopping: Callable[[], None] = do_nothing,
) -> None:
    """Serve until SIGTERM, SIGINT or cancellation; return when every request has ended.

    connection    what speaks HTTP; the pretend vendor's can be broken by its app
    on_started    when the first request can be answered
    on_stopping   when no new one is taken: streams without an end should end themselves now,
                  the rest has `limits.shutdown_wait_s`
    """
    server = _Server(_config(app, limits or Limits(), connection), on_stopping)
    async with _stopped_by_signals(server):
        serving = asyncio.ensure_future(server.serve([listener.socket]))
        await server.has_started(serving)
        with _quiet_collector():
            on_started()
            await server.has_ended(serving)


class _Server(uvicorn.Server):
    """uvicorn's server without its own signals, and with a word when it starts and stops."""

    def __init__(self, config: uvicorn.Config, on_stopping: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_stopping = on_stopping
        self._is_up = asyncio.Event()
        self._is_to_stop = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone.

        uvicorn would raise them again at its end, and kill the process before the gateway has
        closed its database.
        """
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._is_up.set()

    async def main_loop(self) -> None:
        """Refresh the Date header every second, and stop at once; uvicorn looks ten times."""
        while not await self.on_tick(0):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._is_to_stop.wait(), timeout=1)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._on_stopping()
        await super().shutdown(sockets)

    def stop(self) -> None:
        """Stop at leisure; the second time, at once."""
        self.force_exit = self.should_exit
        self.should_exit = True
        self._is_to_stop.set()

    async def has_started(self, serving: asyncio.Future[None]) -> None:
        up = asyncio.ensure_future(self._is_up.wait())
        await asyncio.wait((up, serving), return_when=asyncio.FIRST_COMPLETED)
        up.cancel()
        if serving.done():
            await serving  # Raises what went wrong.

    async def has_ended(self, serving: asyncio.Future[None]) -> None:
        try:
            await asyncio.shield(serving)
        except asyncio.CancelledError:
            self.stop()
            await serving
            raise


def _config(app: ASGIApp, limits: Limits, connection: type[BoundedConnection]) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=type("Connection", (connection,), {"limits": limits}),
        ws="none",
        lifespan="off",  # `cli serve` opens and closes the gateway around us.
        log_config=None,
        access_log=False,
        proxy_headers=False,  # Nothing here trusts a header to say who the caller is.
        server_header=False,
        timeout_keep_alive=limits.keep_alive_s,
        timeout_graceful_shutdown=limits.shutdown_wait_s,
        backlog=BACKLOG_MAX,
    )


@contextlib.asynccontextmanager
async def _stopped_by_signals(server: _Server) -> AsyncIterator[None]:
    loop = asyncio.get_running_loop()
    for number in STOP_SIGNALS:
        # Outside the main thread (a test, an embedding) there are no signals to hear.
        with contextlib.suppress(ValueError, RuntimeError):
            loop.add_signal_handler(number, server.stop)
    try:
        yield
    finally:
        for number in STOP_SIGNALS:
            loop.remove_signal_handler(number)


@contextlib.contextmanager
def _quiet_collector() -> Iterator[None]:
    """Leave what start-up made out of every later collection, and collect less often."""
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def _why_not(host: str, port: int, exc: OSError) -> str:
    return (
        f"cannot listen on {host}:{port} ({exc.strerror or exc}); "
        "stop what listens there, or choose another address with --host and --port"
    )
