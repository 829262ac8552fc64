"""`framegate tasks list`, `get`, `watch` and `cancel`: a key's own tasks, through a running server.

The other commands of `framegate tasks` are an operator's, and work on the data folder.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.cells import cell_len

from framegate.cli.follow import WAIT_S_MAX, check_output, followed
from framegate.cli.generate import again_with, save_video
from framegate.cli.language import _, marked
from framegate.cli.options import JsonOption, KeyOption, UrlOption
from framegate.cli.progress import stage
from framegate.cli.sentences import spoken
from framegate.cli.terminal import out, padded, printable, say, say_facts, say_json, troubles
from framegate.client.answers import Task
from framegate.client.face import Framegate

NONE_YET = marked("no task yet; make one with: framegate generate PICTURE")
NONE_OF_THE_KIND = marked("no task of this kind")
COLUMNS = (
    marked("id"),
    marked("created"),
    marked("status"),
    marked("length"),
    marked("price"),
    marked("prompt"),
    marked("message"),
)
PROMPT_CHARACTERS_MAX = 32

TaskArgument = Annotated[
    str, typer.Argument(metavar="ID", help="The id that the create answered, or task_...")
]


def listed(
    status: Annotated[
        list[str] | None,
        typer.Option(help="submitted, processing, succeeded or failed; may be repeated."),
    ] = None,
    first: Annotated[
        str | None,
        typer.Option("--from", help="Created on this UTC day or later.", metavar="YYYY-MM-DD"),
    ] = None,
    last: Annotated[
        str | None, typer.Option("--to", help="Or earlier, included.", metavar="YYYY-MM-DD")
    ] = None,
    text: Annotated[str | None, typer.Option(help="With this text in the prompt.")] = None,
    made_by: Annotated[str | None, typer.Option(help="Made by this key.", metavar="KEY_ID")] = None,
    upstream: Annotated[
        str | None, typer.Option(help="An admin key's: by this upstream.", metavar="NAME")
    ] = None,
    account: Annotated[
        str | None, typer.Option(help="An admin key's: of this account alone, by name or id.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many at most.")] = 20,
    url: UrlOption = None,
    key: KeyOption = None,
    json: JsonOption = False,
) -> None:
    """List tasks, newest first: of the key's account; of every one for an admin key."""
    with troubles(), Framegate(url, key) as client:
        filters = {"first": first, "last": last, "text": text, "key": made_by}
        filters |= {"upstream": upstream, "account": account}
        found = client.tasks(limit=limit, status=status, **filters)
        if json:
            say_json([dict(task.raw) for task in found])
            return
        if not found:
            has_filter = status or any(filters.values())
            say(_(NONE_OF_THE_KIND if has_filter else NONE_YET))
        for line in map(_line, found) if not out.is_terminal else columns(found):
            say(line)


def get(
    task_id: TaskArgument,
    url: UrlOption = None,
    key: KeyOption = None,
    json: JsonOption = False,
) -> None:
    """Show one task, with a fresh link to its video."""
    with troubles(), Framegate(url, key) as client:
        task = client.task(task_id)
        if json:
            say_json(dict(task.raw))
            return
        say_facts({name: printable(value) for name, value in _facts(task).items() if value})


def watch(
    task_id: TaskArgument,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Save the video here.", show_default="print its link"),
    ] = None,
    timeout: Annotated[float, typer.Option(min=0, help="Seconds to wait.")] = WAIT_S_MAX,
    url: UrlOption = None,
    key: KeyOption = None,
    json: JsonOption = False,
) -> None:
    """Follow a task until it has ended; -o saves its video, without it the link is printed."""
    with troubles(), Framegate(url, key) as client:
        if output is not None:
            check_output(output)
        task = client.task(task_id)
        again = again_with(task.id, output or Path("out.mp4"))
        video = followed(client, task, is_quiet=json, again=again, wait_s=timeout)
        if output is not None:
            save_video(video, output, is_json=json)
        elif json:
            say_json(dict(video.task.raw))
        else:
            say(video.url)


def cancel(
    task_id: TaskArgument,
    url: UrlOption = None,
    key: KeyOption = None,
    json: JsonOption = False,
) -> None:
    """Give a task up; what it held is released."""
    with troubles(), Framegate(url, key) as client:
        task = client.cancel(task_id)
        if json:
            say_json(dict(task.raw))
            return
        say(_("{id} is {status} now", id=task.id, status=task.status))


def columns(tasks: Sequence[Task]) -> Iterator[str]:
    """Tasks for a terminal, under names. No table of rich's: it would cut ids, which are copied."""
    if not tasks:
        return
    rows = [tuple(map(_, COLUMNS)), *map(_cells, tasks)]
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(map(padded, row, widths)).rstrip()


def _cells(task: Task) -> tuple[str, ...]:
    prompt = printable(str(task.raw.get("prompt") or ""))
    if len(prompt) > PROMPT_CHARACTERS_MAX:
        prompt = prompt[: PROMPT_CHARACTERS_MAX - 1] + "…"
    return (
        task.id,
        _at(task.created_at),
        task.status,
        _("{duration} s", duration=task.duration_s) if task.duration_s else "",
        _price(task),
        prompt,
        printable(spoken(task.message)),
    )


def _line(task: Task) -> str:
    """A task for a pipe: what scripts read has had these four columns from the beginning."""
    cells = (task.id, _at(task.created_at), f"{task.status:<10}", printable(spoken(task.message)))
    return "  ".join(cells).rstrip()


def _at(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}" if moment else "-"


def _price(task: Task) -> str:
    return f"{task.price} {task.currency}" if task.price is not None else ""


def _facts(task: Task) -> dict[str, str]:
    made = _("{duration} s, {resolution}", duration=task.duration_s, resolution=task.resolution)
    return {
        _("id"): task.id,
        _("task"): task.framegate_id,
        _("external id"): task.external_task_id,
        _("status"): task.status,
        _("message"): spoken(task.message),
        _("stage"): stage(task) if task.stage else "",
        _("frames"): f"{task.frames_done}/{task.frames_total}" if task.frames_total else "",
        _("asked for"): made if task.duration_s else "",
        _("price"): _price(task),
        _("created"): _at(task.created_at) if task.created_at else "",
        _("changed"): _at(task.updated_at) if task.updated_at else "",
        _("video"): task.video_url,
        _("bytes"): str(task.bytes_count or ""),
        "sha256": task.sha256,
    }
