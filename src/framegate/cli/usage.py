"""`framegate usage`: what was made and spent, through a running server."""

import sys
from typing import Annotated

import typer
from rich.table import Table

from framegate.cli.language import _, marked
from framegate.cli.options import JsonOption, KeyOption, UrlOption
from framegate.cli.terminal import cell, out, say, say_json, troubles
from framegate.client.face import Framegate
from framegate.client.usage import Usage, UsageGroup
from framegate.errors import SettingsInvalid

GROUPS = {
    "day": marked("day"),
    "key": marked("key"),
    "resolution": marked("resolution"),
    "model": marked("model"),
    "status": marked("status"),
    "upstream": marked("upstream"),
    "account": marked("account"),
}
"""What a row is of, as the server names it, in words."""


def usage(
    by: Annotated[
        str,
        typer.Option(
            help="day, key, resolution, model or status; an admin's also upstream or account."
        ),
    ] = "day",
    first: Annotated[
        str | None,
        typer.Option(
            "--from", help="The first UTC day.", metavar="YYYY-MM-DD", show_default="30 days ago"
        ),
    ] = None,
    last: Annotated[
        str | None,
        typer.Option(
            "--to", help="The last, included.", metavar="YYYY-MM-DD", show_default="today"
        ),
    ] = None,
    account: Annotated[
        str | None, typer.Option(help="An admin key's: of this account alone, by name or id.")
    ] = None,
    csv: Annotated[bool, typer.Option("--csv", help="Write the file for a spreadsheet.")] = False,
    url: UrlOption = None,
    key: KeyOption = None,
    json: JsonOption = False,
) -> None:
    """Say what was made and spent; a task counts on the day on which it ended."""
    with troubles(), Framegate(url, key) as client:
        if csv and json:
            raise SettingsInvalid(_("--csv and --json exclude each other; give one of them"))
        if csv:
            written = client.usage_csv(by=by, first=first, last=last, account=account)
            # The server's own bytes: its line ends are not those of this machine's texts.
            sys.stdout.buffer.write(written)
            sys.stdout.buffer.flush()
            return
        used = client.usage(by=by, first=first, last=last, account=account)
        if json:
            say_json(dict(used.raw))
            return
        say(
            _(
                "{first} to {last}, amounts in {currency}",
                first=used.first,
                last=used.last,
                currency=used.currency,
            )
        )
        if used.groups:
            out.print(_table(used))
        else:
            say(_("no task ended in this time; see: framegate tasks list"))


def _table(used: Usage) -> Table:
    has_costs = "costs_known" in used.raw["total"]
    table = Table(box=None, show_footer=len(used.groups) > 1)
    total = _cells(used.total, has_costs=has_costs)
    table.add_column(_(GROUPS.get(used.by, used.by)), _("total"), overflow="fold")
    names = (_("tasks"), _("seconds"), _("spent"), _("cost"), _("margin"))
    for name, sum_of in zip(names, total, strict=False):
        table.add_column(name, sum_of, justify="right", no_wrap=True)
    for group in used.groups:
        table.add_row(cell(group.label or "-"), *_cells(group, has_costs=has_costs))
    return table


def _cells(group: UsageGroup, *, has_costs: bool) -> tuple[str, ...]:
    cells = (str(group.tasks), str(group.seconds), str(group.spent))
    if not has_costs:
        return cells
    amounts = (group.cost, group.margin)
    return cells + tuple(_("not known") if each is None else str(each) for each in amounts)
