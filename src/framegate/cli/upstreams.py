"""`framegate upstreams`: how each fares, and whether it answers now."""

import asyncio
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from framegate.cli.accounts import opened
from framegate.cli.options import ConfigOption, DataOption, JsonOption
from framegate.cli.terminal import EXIT_FAILED, cell, out, printable, say, say_json
from framegate.domain.health import Breaker
from framegate.domain.upstream import Checked
from framegate.errors import SettingsInvalid
from framegate.flows.examine import examine
from framegate.flows.standing import standings
from framegate.gateway import Gateway, now_ms

upstreams = typer.Typer(no_args_is_help=True, help="Where the work is done: list and test them.")


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
            "upstream", "weight", "in flight", "breaker", "create", "last trouble", box=None
        )
        for each in found:
            slots = f"/{each['concurrency']}" if each["concurrency"] else ""
            table.add_row(
                each["name"],
                str(each["weight"]),
                f"{each['in_flight']}{slots}",
                _breaker(each),
                f"{each['latency_ms']} ms" if each["latency_ms"] else "-",
                cell(each["last_error"] or "-"),
            )
        out.print(table)


@upstreams.command("test")
def ask(
    name: Annotated[str, typer.Argument(help="An upstream's name in framegate.toml.")],
    data: DataOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Ask one upstream whether it is well; a breaker that was open closes if it is."""
    checked = asyncio.run(_examined(name, data, config))
    if json:
        say_json({"name": name, "well": checked.is_well, "says": checked.says})
    else:
        is_how = "well" if checked.is_well else "NOT well"
        say(f"{name} is {is_how}: {printable(checked.says)}")
    if not checked.is_well:
        raise typer.Exit(EXIT_FAILED)


async def _examined(name: str, data: str | None, config: Path | None) -> Checked:
    with opened(data, config) as gateway:
        try:
            return await examine(_named(gateway, name), gateway.database, clock_ms=now_ms)
        finally:
            await gateway.close()


def _named(gateway: Gateway, name: str) -> Any:
    if name not in gateway.upstreams:
        names = ", ".join(gateway.upstreams)
        raise SettingsInvalid(f"no upstream {name!r}; there are: {names}")
    return gateway.upstreams[name]


def _breaker(standing: dict[str, Any]) -> str:
    if standing["breaker"] == Breaker.CLOSED:
        return "closed"
    return f"{standing['breaker']}, next try in {standing['retry_in_s']} s"
