"""`framegate upstreams`: how each fares, and whether it answers now."""

import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from framegate.cli.accounts import opened
from framegate.cli.language import _, marked
from framegate.cli.options import ConfigOption, DataOption, JsonOption
from framegate.cli.sentences import spoken
from framegate.cli.terminal import EXIT_FAILED, cell, out, printable, say, say_json
from framegate.domain.health import Breaker
from framegate.domain.upstream import Checked, Upstream
from framegate.domain.window import ROWS_MAX, ROWS_USUALLY, window
from framegate.errors import SettingsInvalid
from framegate.flows.examine import examine
from framegate.flows.look_into import costs_of, tasks_of
from framegate.flows.standing import standings
from framegate.gateway import Gateway, now_ms
from framegate.store import upstreams as rows

upstreams = typer.Typer(
    no_args_is_help=True,
    help="Where the work is done: list, test and pause them, and look into their accounts.",
)

BREAKERS = {
    Breaker.CLOSED: marked("closed"),
    Breaker.OPEN: marked("open"),
    Breaker.HALF_OPEN: marked("half-open"),
}

NameArgument = Annotated[str, typer.Argument(help="An upstream's name in framegate.toml.")]


@upstreams.command("list")
def listed(data: DataOption = None, config: ConfigOption = None, json: JsonOption = False) -> None:
    """List every upstream: its share, its slots, its breaker, its last trouble."""
    with opened(data, config) as gateway:
        found = gateway.database.read_now(
            standings, list(gateway.upstreams.values()), now_ms=now_ms()
        )
        if json:
            say_json(found)
            return
        table = Table(
            _("upstream"),
            _("weight"),
            _("in flight"),
            _("breaker"),
            _("create"),
            _("last trouble"),
            box=None,
        )
        for each in found:
            slots = f"/{each['concurrency']}" if each["concurrency"] else ""
            table.add_row(
                each["name"],
                str(each["weight"]),
                f"{each['in_flight']}{slots}",
                _breaker(each),
                f"{each['latency_ms']} ms" if each["latency_ms"] else "-",
                cell(spoken(each["last_error"]) or "-"),
            )
        out.print(table)


@upstreams.command("test")
def ask(
    name: NameArgument,
    data: DataOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Ask one upstream whether it is well; a breaker that was open closes if it is."""
    checked = asyncio.run(_examined(name, data, config))
    if json:
        say_json({"name": name, "well": checked.is_well, "says": checked.says})
    else:
        says = printable(spoken(checked.says))
        if checked.is_well:
            say(_("{name} is well: {says}", name=name, says=says))
        else:
            say(_("{name} is NOT well: {says}", name=name, says=says))
    if not checked.is_well:
        raise typer.Exit(EXIT_FAILED)


@upstreams.command("pause")
def pause(
    name: NameArgument,
    data: DataOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Send one upstream no new orders; those that it has are followed to their ends."""
    with opened(data, config) as gateway:
        _named(gateway, name)
        paused_ms = gateway.database.write_now(rows.pause, name, now_ms=now_ms())
        if json:
            say_json({"name": name, "paused": True, "paused_at": paused_ms})
            return
        say(
            _("{name} gets no new orders; `framegate upstreams resume {name}` ends that", name=name)
        )


@upstreams.command("resume")
def resume(
    name: NameArgument,
    data: DataOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Let orders go to a paused upstream again."""
    with opened(data, config) as gateway:
        _named(gateway, name)
        gateway.database.write_now(rows.resume, name)
        if json:
            say_json({"name": name, "paused": False, "paused_at": 0})
            return
        say(_("{name} gets orders again", name=name))


@upstreams.command("tasks")
def held(
    name: NameArgument,
    since: Annotated[
        str,
        typer.Option(help="From when on: an age such as 2h or 3d, or a time.", show_default="1d"),
    ] = "",
    until: Annotated[str, typer.Option(help="Until when: the same.", show_default="now")] = "",
    status: Annotated[
        str, typer.Option(help="submitted, processing, succeeded or failed.", show_default="any")
    ] = "",
    limit: Annotated[
        str, typer.Option(help=f"How many at most, to {ROWS_MAX}.", show_default=str(ROWS_USUALLY))
    ] = "",
    data: DataOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """List what an upstream's own account holds, each with the task of ours that it is."""
    with opened(data, config) as gateway:
        upstream, now = _named(gateway, name), now_ms()
        try:
            asked = window(since=since, until=until, status=status, limit=limit, now_ms=now)
        except ValueError as error:
            raise SettingsInvalid(f"--{spoken(str(error))}") from None
        found = _asked(gateway, tasks_of(upstream, asked, gateway.database))
        if json:
            say_json(found)
            return
        _say_tasks(found)


@upstreams.command("costs")
def costs(
    name: NameArgument,
    data: DataOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Show the packages that pay for an upstream's tasks, and what is left of them."""
    with opened(data, config) as gateway:
        upstream = _named(gateway, name)
        found = _asked(gateway, costs_of(upstream, now_ms=now_ms()))
        if json:
            say_json(found)
            return
        if not found["packages"]:
            say(_("{name} has no package", name=name))
        for package in found["packages"]:
            say(_package(package))


def _asked(gateway: Gateway, question: Coroutine[Any, Any, dict[str, Any]]) -> dict[str, Any]:
    """Ask on an event loop of its own, and let go of the connections that belong to it."""

    async def ask_and_close() -> dict[str, Any]:
        try:
            return await question
        finally:
            await gateway.hang_up()

    return asyncio.run(ask_and_close())


def _say_tasks(found: dict[str, Any]) -> None:
    name, listed = found["upstream"], found["tasks"]
    if not listed:
        say(_("{name} knows no task of that time", name=name))
        return
    # Lines, not a table: an id that is cut to a column's width cannot be copied.
    for each in listed:
        words = [each["ticket"], each["status"], _time(each["created_at"]), each["external_id"]]
        said = "  ".join(printable(word) or "-" for word in words)
        say(f"{said}  {_holder(each)}")
    if found["has_more"]:
        until = listed[-1]["created_at"]
        say(_("there are more; ask with --until {until} or a higher --limit", until=until))
    nobodys = [each for each in listed if not each["task"]]
    if not nobodys:
        return
    say(_("{count} of these are held by none of our tasks.", count=len(nobodys)))
    if any(each["could_be"] for each in nobodys):
        say(_("If one is an uncertain order: framegate tasks resolve TASK --ticket TICKET"))
    else:
        say(_("No uncertain task was sent at their time: somebody else uses this account too."))


def _holder(found: dict[str, Any]) -> str:
    if found["task"]:
        return f"{found['task']} ({found['task_status']})"
    if found["could_be"]:
        return _("nobody's; could be {tasks}", tasks=", ".join(found["could_be"]))
    return _("nobody's")


def _time(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms // 1_000, UTC).isoformat() if at_ms else ""


def _package(package: dict[str, Any]) -> str:
    named = {
        _("left"): package.get("remaining_quantity"),
        _("of"): package.get("total_quantity"),
        _("status"): package.get("status"),
    }
    facts = "  ".join(f"{key} {value}" for key, value in named.items() if value is not None)
    return printable(f"{package.get('resource_pack_name', '-')}  {facts}")


async def _examined(name: str, data: str | None, config: Path | None) -> Checked:
    with opened(data, config) as gateway:
        try:
            return await examine(_named(gateway, name), gateway.database, clock_ms=now_ms)
        finally:
            await gateway.close()


def _named(gateway: Gateway, name: str) -> Upstream:
    if name not in gateway.upstreams:
        names = ", ".join(gateway.upstreams)
        raise SettingsInvalid(_("no upstream {name!r}; there are: {names}", name=name, names=names))
    return gateway.upstreams[name]


def _breaker(standing: dict[str, Any]) -> str:
    if standing["paused"]:
        return _("paused")
    if standing["breaker"] == Breaker.CLOSED:
        return _(BREAKERS[Breaker.CLOSED])
    state = _(BREAKERS[Breaker(standing["breaker"])])
    return _("{breaker}, next try in {wait} s", breaker=state, wait=standing["retry_in_s"])
