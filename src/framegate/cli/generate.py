"""`framegate generate`: a picture file in, a video file out, through a running server."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from framegate.cli.options import JsonOption
from framegate.cli.terminal import err, say, say_json, troubles
from framegate.client import Client, Wish
from framegate.errors import SettingsInvalid

STAGES = {
    "": "waiting",
    "reading": "reading the picture",
    "depth": "estimating depth",
    "rendering": "rendering",
    "finishing": "writing the file",
    "finished": "storing",
}
WAIT_S_MAX = 1_800


def generate(
    picture: Annotated[str, typer.Argument(help="A jpg or png file, - for stdin, or a URL.")],
    prompt: Annotated[
        str,
        typer.Option("--prompt", "-p", help="What should happen; docs/renderer.md has the words."),
    ] = "",
    output: Annotated[Path, typer.Option("--output", "-o", help="Where the video goes.")] = Path(
        "out.mp4"
    ),
    duration: Annotated[int, typer.Option("--duration", "-d", help="Seconds, 3 to 15.")] = 5,
    resolution: Annotated[str, typer.Option("--resolution", "-r", help="720p or 1080p.")] = "720p",
    url: Annotated[
        str, typer.Option(envvar="FRAMEGATE_URL", help="Where the server answers.")
    ] = "http://127.0.0.1:8787",
    key: Annotated[
        str | None,
        typer.Option(
            envvar="FRAMEGATE_KEY",
            help="The API key.",
            show_default="framegate-data/admin.key, if there is one",
            show_envvar=True,
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Make a video from a picture, through a running server (`framegate serve`)."""
    with troubles(), Client(_checked_url(url), _checked_key(key or _local_key())) as client:
        wish = Wish(
            picture_url=_first_frame(client, picture),
            prompt=prompt,
            duration_s=duration,
            resolution=resolution,
        )
        task = make(client, wish, output, is_quiet=json)
        if json:
            say_json(task | {"file": str(output)})
            return
        say(f"{output}  {task['bytes'] / 1e6:.1f} MB  {task['price']} {task['currency']}")


def make(client: Client, wish: Wish, output: Path, *, is_quiet: bool) -> dict[str, Any]:
    """Create, follow and download one video; say what the server knows of it at the end."""
    _check_output(output.absolute())
    created = client.create(wish)
    task_id = created.get("id") or created["task_id"]
    with _shown(is_quiet=is_quiet) as on_change:
        task = client.watch(task_id, on_change=on_change, wait_s_max=WAIT_S_MAX)
    client.download(task["outputs"][0]["url"], output)
    return task


def _check_output(output: Path) -> None:
    # Before anything is bought: a video that cannot be saved is paid for all the same.
    if not output.parent.is_dir():
        raise SettingsInvalid(f"--output: the folder {output.parent} does not exist")
    if output.is_dir():
        raise SettingsInvalid(f"--output: {output} is a folder; name a file in it")
    if not os.access(output.parent, os.W_OK | os.X_OK):
        raise SettingsInvalid(f"--output: the folder {output.parent} is not writable by this user")


@contextmanager
def _shown(*, is_quiet: bool) -> Iterator[Callable[[dict[str, Any]], None]]:
    if is_quiet:
        yield lambda _: None
    elif not err.is_terminal:
        yield _plain_lines()
    else:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed}/{task.total} frames"),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=err, transient=True) as progress:
            bar = progress.add_task(STAGES[""], total=None)
            yield lambda task: progress.update(
                bar,
                description=STAGES.get(task["stage"], task["stage"]),
                completed=task["frames_done"],
                total=task["frames_total"] or None,
            )


def _plain_lines() -> Callable[[dict[str, Any]], None]:
    said: set[str] = set()

    def show(task: dict[str, Any]) -> None:
        stage = STAGES.get(task["stage"], task["stage"])
        if stage not in said:
            said.add(stage)
            err.print(stage, highlight=False)

    return show


def _first_frame(client: Client, picture: str) -> str:
    if picture.startswith(("http://", "https://")):
        return picture
    if picture == "-":
        return str(client.upload(sys.stdin.buffer.read())["url"])
    try:
        content = Path(picture).read_bytes()
    except OSError as error:
        raise SettingsInvalid(f"{picture} cannot be read: {error.strerror}") from None
    return str(client.upload(content)["url"])


def _checked_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        is_good = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_good = False
    if not is_good:
        raise SettingsInvalid(f"--url takes an address like http://127.0.0.1:8787; got {url!r}")
    return url


def _checked_key(key: str) -> str:
    if not all("!" <= character <= "~" for character in key):
        raise SettingsInvalid("the key holds a space or a character that no key has; copy it anew")
    return key


def _local_key() -> str:
    path = Path(os.environ.get("FRAMEGATE_DATA_DIR", "framegate-data")) / "admin.key"
    try:
        return path.read_text(encoding="ascii").strip()
    except OSError:
        raise SettingsInvalid(
            f"no key: give --key or FRAMEGATE_KEY, or run where {path} can be read"
        ) from None
