"""`framegate generate` and `quote`: a picture in, a video out, through a running server."""

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from framegate.cli.follow import WAIT_S_MAX, check_output, followed
from framegate.cli.language import _, marked
from framegate.cli.options import JsonOption, KeyOption, OutputOption, UrlOption
from framegate.cli.terminal import EXIT_STOPPED, err, fail, padded, say, say_json, troubles
from framegate.client.answers import Task
from framegate.client.face import Framegate, Video
from framegate.client.picture import PictureSource
from framegate.errors import SettingsInvalid

STDIN = "-"
LINES = {
    "duration": marked("duration"),
    "per second": marked("per second"),
    "resolution": marked("resolution"),
    "aspect_ratio": marked("aspect_ratio"),
}
"""What a price is made of, as the server names it, in words."""

LINE_CELLS = 13

DurationOption = Annotated[int, typer.Option("--duration", "-d", help="Seconds, 3 to 15.")]
ResolutionOption = Annotated[str, typer.Option("--resolution", "-r", help="720p or 1080p.")]
RatioOption = Annotated[
    str | None,
    typer.Option(
        "--aspect-ratio",
        help="16:9, 9:16 or 1:1; it may count for the price, the picture gives the shape.",
    ),
]


def generate(
    picture: Annotated[str, typer.Argument(help="A jpg or png file, - for stdin, or a URL.")],
    words: Annotated[
        str, typer.Argument(metavar="PROMPT", help="What should happen.", show_default=False)
    ] = "",
    prompt: Annotated[
        str,
        typer.Option(
            "--prompt", "-p", help="The same as PROMPT; docs/renderer.md lists the words."
        ),
    ] = "",
    output: OutputOption = Path("out.mp4"),
    duration: DurationOption = 5,
    resolution: ResolutionOption = "720p",
    aspect_ratio: RatioOption = None,
    external_id: Annotated[
        str | None,
        typer.Option("--external-id", help="Your own id for the task; each can be used once."),
    ] = None,
    callback_url: Annotated[
        str | None,
        typer.Option("--callback-url", help="An address to tell when it has ended, https://..."),
    ] = None,
    timeout: Annotated[
        float, typer.Option(min=0, help="Seconds to wait; then the task goes on without us.")
    ] = WAIT_S_MAX,
    no_wait: Annotated[
        bool, typer.Option("--no-wait", help="Begin the task, print its id, and end.")
    ] = False,
    open_it: Annotated[
        bool, typer.Option("--open", help="Open the video once it is saved.")
    ] = False,
    url: UrlOption = None,
    key: KeyOption = None,
    json: JsonOption = False,
) -> None:
    """Make a video from a picture, through a running server (`framegate serve`).

    Ctrl-C stops looking, not the task: it says how to pick the task up.
    """
    with troubles(), Framegate(url, key) as client:
        if words and prompt:
            raise SettingsInvalid(_("the prompt came twice; give PROMPT or --prompt"))
        if not no_wait:
            check_output(output)
        try:
            task = client.submit(
                _picture(picture),
                words or prompt,
                duration=duration,
                resolution=resolution,
                aspect_ratio=aspect_ratio,
                external_task_id=external_id,
                callback_url=callback_url,
            )
        except KeyboardInterrupt:
            fail(
                _("stopped; a task may have begun\n  next: look for it with: framegate tasks list"),
                EXIT_STOPPED,
            )
        if no_wait:
            _say_begun(task, output, is_json=json)
            return
        again = again_with(task.id, output)
        video = followed(client, task, is_quiet=json, again=again, wait_s=timeout)
        save_video(video, output, is_json=json)
    if open_it and typer.launch(str(output.absolute())):
        err.print(_("{output} could not be opened here; it is saved", output=output))


def quote(
    duration: DurationOption = 5,
    resolution: ResolutionOption = "720p",
    aspect_ratio: RatioOption = None,
    url: UrlOption = None,
    key: KeyOption = None,
    json: JsonOption = False,
) -> None:
    """Say what a video would cost; nothing is created or held."""
    with troubles(), Framegate(url, key) as client:
        priced = client.quote(duration=duration, resolution=resolution, aspect_ratio=aspect_ratio)
        left = None if priced.available is None else str(priced.available)
        if json:
            amount = {"amount": str(priced.amount), "currency": priced.currency}
            say_json(amount | {"available": left})
            return
        say(f"{priced.amount} {priced.currency}")
        for line in priced.lines:
            what = padded(_(LINES.get(line.what, line.what)), LINE_CELLS)
            say(f"  {what}{line.value:<8}x {line.factor}")
        say(f"  {padded(_('available'), LINE_CELLS)}{left or _('unlimited')}")


def again_with(task_id: str, output: Path) -> str:
    """The command that picks a task up."""
    return f"framegate tasks watch {task_id} -o {shlex.quote(str(output))}"


def save_video(video: Video, output: Path, *, is_json: bool) -> None:
    """Save the video; say where it is, what it cost, and whether it took a file's place."""
    is_replaced = output.is_file()
    video.save(output)
    if is_json:
        say_json(dict(video.task.raw) | {"file": str(output)})
        return
    size, cost = f"{video.bytes_count / 1e6:.1f} MB", f"{video.cost} {video.currency}"
    replaced = "  " + _("replaced the file that was there") if is_replaced else ""
    say(f"{output}  {size}  {cost}  {_('task {id}', id=video.task.id)}{replaced}")


def _say_begun(task: Task, output: Path, *, is_json: bool) -> None:
    if is_json:
        say_json(dict(task.raw))
        return
    # The id alone, so that ID=$(framegate generate --no-wait ...) is an id.
    say(task.id)
    err.print(_("task {id} has begun", id=task.id), soft_wrap=True)
    err.print(_("next: {step}", step=again_with(task.id, output)), soft_wrap=True)


def _picture(picture: str) -> PictureSource:
    if picture != STDIN:
        return picture
    if sys.stdin.isatty():
        raise SettingsInvalid(_("- reads the picture from stdin; pipe one in, or name a file"))
    return sys.stdin.buffer
