"""`framegate serve` and `framegate work`: the two processes that run."""

import asyncio
import os
import signal
from collections.abc import Coroutine, Iterator
from contextlib import AbstractContextManager
from typing import Annotated, Any, cast

import typer

from framegate import __version__, crash, tracing
from framegate.cli import log
from framegate.cli.console import link_line
from framegate.cli.language import _
from framegate.cli.options import ConfigOption, DataOption, settings
from framegate.cli.terminal import out, say, troubles
from framegate.client.access import ADDRESS_FILE
from framegate.engine.embedded import Queue
from framegate.errors import SettingsInvalid
from framegate.folder import left_while_alive
from framegate.gateway import Gateway, address_here
from framegate.settings import Settings
from framegate.web import server
from framegate.web.app import app
from framegate.web.connection import Limits
from framegate.web.console.static_files import has_vendor_files
from framegate.worker import QUEUES, only_worker
from framegate.worker import work as run_worker


def serve(
    host: Annotated[
        str | None, typer.Option(help="The address to listen on.", show_default="127.0.0.1")
    ] = None,
    port: Annotated[
        int | None, typer.Option(help="The port; 0 takes a free one.", show_default="8787")
    ] = None,
    data: DataOption = None,
    config: ConfigOption = None,
    no_work: Annotated[
        bool, typer.Option("--no-work", help="Only the API; run `framegate work` beside it.")
    ] = False,
) -> None:
    """Start the gateway: the API and, unless told otherwise, its worker.

    The first start on an empty data folder makes the account `default`,
    without a limit, and writes its key to DIR/admin.key. On a terminal it
    prints a link that signs a browser in once. Ctrl-C stops it; what is
    under way goes on at the next start.
    """
    with troubles():
        chosen = settings(data=data, config=config, host=host, port=port)
        crash.arm(os.environ)
        log.configure()
        with _traced(chosen):
            server.run(_serve(chosen, works=not no_work))


def work(
    host: Annotated[
        str | None,
        typer.Option(help="The address that `serve` listens on.", show_default="127.0.0.1"),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            help="The port that `serve` listens on; links begin with both.", show_default="8787"
        ),
    ] = None,
    data: DataOption = None,
    config: ConfigOption = None,
    queues: Annotated[
        str | None,
        typer.Option(
            help=f"Only these queues, with commas between: {', '.join(QUEUES)}.", show_default="all"
        ),
    ] = None,
) -> None:
    """Run the worker alone, beside a `serve --no-work` on the same data folder."""
    with troubles():
        chosen = settings(data=data, config=config, host=host, port=port)
        only = _queues(queues)
        crash.arm(os.environ)
        log.configure()
        with _traced(chosen):
            server.run(_work(chosen, only))


def _traced(chosen: Settings) -> AbstractContextManager[None]:
    wanted = chosen.observability.traces
    return tracing.exported(os.environ, is_wanted=wanted, version=__version__)


async def _serve(chosen: Settings, *, works: bool) -> None:
    connections_max = server.connections_that_fit(chosen.server.connections_max)
    listener = server.listen(chosen.server.host, chosen.server.port)
    gateway = Gateway.open(chosen, port=listener.port)
    key_file = gateway.prepare()
    stop = asyncio.Event()

    # Before the server runs: once it is said to listen, nothing may hold up or end its loop.
    link = link_line(gateway) if key_file or out.is_terminal else ""
    lines = [
        _(
            "framegate listens on {url}, its data is in {folder}",
            url=listener.url,
            folder=gateway.folder,
        ),
        *([_("first start: an admin key is in {path}", path=key_file)] if key_file else []),
        *_warnings(chosen, gateway, connections_max=connections_max),
        *([] if works else [_work_elsewhere(chosen, listener.port)]),
        *([link] if link else []),
    ]

    def announce() -> None:
        for line in lines:
            say(line)

    limits = Limits(
        head_wait_s=chosen.server.header_wait_s,
        connections_max=connections_max,
        shutdown_wait_s=chosen.server.shutdown_wait_s,
    )

    def serving() -> Coroutine[Any, Any, None]:
        return server.serve(
            app(gateway),
            listener,
            limits=limits,
            on_started=announce,
            on_stopping=gateway.watch.end,
        )

    here = address_here(chosen.server.host, listener.port)
    try:
        with left_while_alive(gateway.folder / ADDRESS_FILE, here):
            if not works:
                await serving()
                return
            with only_worker(gateway.folder):
                await both(serving(), run_worker(gateway, stop), stop)
    finally:
        await gateway.close()


def _warnings(chosen: Settings, gateway: Gateway, *, connections_max: int) -> Iterator[str]:
    """What an operator should know of this start, though it goes on."""
    for name in without_an_address(chosen):
        yield _(
            "upstream {name} sends its news to {url}: set server.public_url if it cannot reach "
            "that",
            name=name,
            url=gateway.links.public_url,
        )
    if connections_max < chosen.server.connections_max:
        yield _(
            "the system allows this process too few open files for server.connections_max = "
            "{wished}: {count} connections are answered",
            wished=chosen.server.connections_max,
            count=connections_max,
        )
    if not has_vendor_files():
        yield _("the console has no fonts and scripts of others here: `make assets` fetches them")


def without_an_address(chosen: Settings) -> list[str]:
    """The upstreams that are to bring news to an address that nobody has chosen."""
    if chosen.server.public_url:
        return []
    return [name for name, each in chosen.upstreams.items() if each.callbacks == "gateway"]


async def both(
    serving: Coroutine[Any, Any, None], working: Coroutine[Any, Any, None], stop: asyncio.Event
) -> None:
    """Serve and work side by side; the end of the one is the end of the other.

    A gateway that takes tasks and works on none looks healthy: when the worker dies, the server
    ends with it, and whoever watches the process starts both again.
    """
    async with asyncio.TaskGroup() as side_by_side:
        side_by_side.create_task(working)
        try:
            await serving
        finally:
            stop.set()


async def _work(chosen: Settings, queues: frozenset[Queue] | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    gateway = Gateway.open(chosen)
    try:
        with only_worker(gateway.folder):
            gateway.prepare()
            say(
                _(
                    "framegate works on {folder} for {url}",
                    folder=gateway.folder,
                    url=gateway.links.public_url,
                )
            )
            await run_worker(gateway, stop, queues=queues)
    finally:
        await gateway.close()


def _work_elsewhere(chosen: Settings, port: int) -> str:
    command = "framegate work"
    # It makes links too, and knows our own pictures by their address.
    if not chosen.server.public_url:
        command += f" --host {chosen.server.host} --port {port}"
    return _("it does not work on tasks: run `{command}` on the same data folder", command=command)


def _queues(text: str | None) -> frozenset[Queue] | None:
    if text is None:
        return None
    names = {name.strip() for name in text.split(",") if name.strip()}
    unknown = names - set(QUEUES)
    if unknown or not names:
        names_known = ", ".join(QUEUES)
        raise SettingsInvalid(_("--queues takes {names}; got {got!r}", names=names_known, got=text))
    return frozenset(cast("set[Queue]", names))
