"""`framegate tasks show`, `uncertain` and `resolve`: what only an operator may see and say.

The other commands of `framegate tasks` are a caller's own, in `own_tasks`.
"""

import asyncio
from typing import Annotated, Any

import typer

from framegate.cli.accounts import opened
from framegate.cli.language import _, marked
from framegate.cli.options import ConfigOption, DataOption, JsonOption
from framegate.cli.sentences import spoken
from framegate.cli.terminal import printable, say, say_facts, say_json, word
from framegate.domain.cost import NOT_KNOWN
from framegate.domain.money import decimal_from_micros
from framegate.errors import NotFound, SettingsInvalid
from framegate.flows import resolve
from framegate.gateway import Gateway, now_ms
from framegate.store import tasks as rows
from framegate.store.tasks import Record

ROWS_MAX = 200
TICKET_CHARACTERS_MAX = 200

FACTS = {
    "task": marked("task"),
    "account": marked("account"),
    "status": marked("status"),
    "upstream": marked("upstream"),
    "ticket": marked("ticket"),
    "external_task_id": marked("external id"),
    "message": marked("message"),
    "operator_note": marked("operator's notes"),
    "polls": marked("looks"),
    "price": marked("price"),
    "currency": marked("currency"),
    "cost": marked("cost"),
    "margin": marked("margin"),
    "billing": marked("bill"),
    "late": marked("late"),
    "video": marked("video"),
    "source_url": marked("source"),
}
"""What a task is shown as, to people: the names of JSON, in words."""

NOT_TOLD = marked("not known")
SENTENCES = ("message", "operator_note", "cost", "margin")


def show(
    task_id: Annotated[str, typer.Argument(help="task_..., or the upstream's id.")],
    data: DataOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Show one task as only the operator sees it: upstream, notes, price, cost and margin."""
    with opened(data, config) as gateway:
        record = gateway.database.read_now(rows.record_of, task_id)
        if record is None:
            raise NotFound(
                _(
                    "no task {id!r}; give the task_... of X-Framegate-Task, or the id that the "
                    "create answered",
                    id=task_id,
                )
            )
        shown = _shown(record)
        if json:
            say_json(shown)
            return
        said = shown | {key: spoken(shown[key]) for key in SENTENCES}
        say_facts({_(FACTS[key]): word(value) for key, value in said.items()})


def uncertain(
    data: DataOption = None, config: ConfigOption = None, json: JsonOption = False
) -> None:
    """List the tasks that an upstream took or did not take: nobody knows yet."""
    with opened(data, config) as gateway:
        found = gateway.database.read_now(rows.uncertain_records, rows_max=ROWS_MAX)
        if json:
            say_json([_shown(record) for record in found])
            return
        if not found:
            say(_("no task is uncertain"))
            return
        # Lines, not a table: an id that is cut to a column's width cannot be copied.
        for record in found:
            task, age_s = record.task, (now_ms() - record.task.sent_ms) // 1_000
            external, note = printable(task.external_task_id or "-"), record.operator_note
            why = printable(spoken(note))
            age = _("{age} s", age=age_s)
            say(f"{task.id}  {task.upstream}  {external}  {age}  {why}")


def resolved(
    task_id: Annotated[str, typer.Argument(help="task_..., as `tasks uncertain` lists it.")],
    ticket: Annotated[
        str, typer.Option(help="The upstream has it under this id: it goes on.")
    ] = "",
    not_bought: Annotated[
        bool, typer.Option("--not-bought", help="The upstream never had it: release its hold.")
    ] = False,
    unchecked: Annotated[
        bool, typer.Option("--unchecked", help="Believe the ticket without asking the upstream.")
    ] = False,
    data: DataOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Say what became of an uncertain task, as the upstream's own console shows it."""
    with opened(data, config) as gateway:
        if bool(ticket) == not_bought:
            raise SettingsInvalid(_("give either --ticket ID or --not-bought"))
        if len(ticket) > TICKET_CHARACTERS_MAX or not all("!" <= each <= "~" for each in ticket):
            limit = TICKET_CHARACTERS_MAX
            raise SettingsInvalid(
                _("--ticket must be 1 to {number} visible characters of ASCII", number=limit)
            )
        if ticket and not unchecked:
            asyncio.run(_check_ticket(gateway, task_id, ticket))
        if ticket:
            task = gateway.database.write_now(
                resolve.as_taken,
                task_id,
                ticket=ticket,
                deadline_s=gateway.settings.tracking.deadline_s,
                now_ms=now_ms(),
            )
        else:
            task = gateway.database.write_now(
                resolve.as_never_taken, task_id, upstream_tells=False, now_ms=now_ms()
            )
        if json:
            say_json({"task": task.id, "status": task.status.value})
            return
        say(_("{id} is {status} now", id=task.id, status=task.status.value))


async def _check_ticket(gateway: Gateway, task_id: str, ticket: str) -> None:
    try:
        await resolve.check_ticket(gateway.database, gateway.upstreams, task_id, ticket=ticket)
    finally:
        # Only what belongs to this loop: the database is written to next.
        await gateway.hang_up()


def _shown(record: Record) -> dict[str, Any]:
    task, is_known = record.task, record.cost_micros != NOT_KNOWN
    return {
        "task": task.id,
        "account": task.account_id,
        "status": task.status.value,
        "upstream": task.upstream,
        "ticket": task.ticket,
        "external_task_id": task.external_task_id,
        "message": task.message,
        "operator_note": record.operator_note,
        "polls": task.polls,
        "price": decimal_from_micros(task.price_micros),
        "currency": task.currency,
        "cost": _amount(record.cost_micros, is_known=is_known),
        "margin": _amount(task.price_micros - record.cost_micros, is_known=is_known),
        "billing": record.billing,
        "late": bool(record.late_ms),
        "video": task.video.id if task.video else "",
        "source_url": task.video.source_url if task.video else "",
    }


def _amount(micros: int, *, is_known: bool) -> str:
    return decimal_from_micros(micros) if is_known else NOT_TOLD
