"""`framegate demo`: the whole way once, on a server of its own, with a shipped picture."""

import re
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from framegate import samples
from framegate.cli.follow import check_output, followed
from framegate.cli.language import _
from framegate.cli.terminal import EXIT_FAILED, EXIT_USAGE, fail, padded, say, troubles
from framegate.client.face import Framegate

START_WAIT_S_MAX = 30
STOP_WAIT_S_MAX = 15
LABEL_CELLS = 12
PROMPT = "The camera slowly pushes in over the still lake as the last light fades"


def demo(
    output: Annotated[Path, typer.Option("--output", "-o", help="Where the video goes.")] = Path(
        "demo.mp4"
    ),
    sample: Annotated[
        str, typer.Option(help=f"Which picture: {', '.join(samples.names())}.")
    ] = "dusk",
    prompt: Annotated[str, typer.Option("--prompt", "-p", help="What should happen.")] = PROMPT,
) -> None:
    """Start a gateway, make one video from a shipped picture through its API, stop it."""
    if sample not in samples.names():
        names = ", ".join(samples.names())
        fail(_("--sample takes {names}; got {got!r}", names=names, got=sample), EXIT_USAGE)
    began = time.monotonic()
    with troubles():
        check_output(output)
    with troubles(), tempfile.TemporaryDirectory(prefix="framegate-demo-") as folder:
        with _server(Path(folder)) as url:
            _say(_("gateway"), url)
            key = (Path(folder) / "admin.key").read_text(encoding="ascii").strip()
            with Framegate(url, key) as client:
                picture = client.upload(samples.data(sample))
                _say(_("picture"), f"{sample}, {picture.width}x{picture.height}")
                _say(_("prompt"), prompt)
                # Nobody picks this one up: its server ends with the command.
                again = "framegate demo"
                task = client.submit(picture.url, prompt)
                video = followed(client, task, is_quiet=False, again=again)
                video.save(output)
        cost = f"{video.cost} {video.currency}"
        _say(_("task"), _("{id}, {cost} settled", id=video.task.framegate_id, cost=cost))
        size = f"{video.bytes_count / 1e6:.1f} MB"
        took = f"{time.monotonic() - began:.1f}"
        _say(
            _("video"),
            _("{output}, {size}, {took} s in all", output=output, size=size, took=took),
        )


def _say(what: str, text: str) -> None:
    say(f"{padded(what, LABEL_CELLS)}{text}")


@contextmanager
def _server(folder: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "framegate", "serve", "--port", "0", "--data", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own
        try:
            yield _address(process)
        finally:
            process.terminate()
            try:
                process.wait(STOP_WAIT_S_MAX)
            except subprocess.TimeoutExpired:
                process.kill()


def _address(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    ready, _writable, _failed = select.select([process.stdout], [], [], START_WAIT_S_MAX)
    line = process.stdout.readline() if ready else ""
    found = re.search(r"https?://[\w.:\[\]-]+", line, re.ASCII)
    if found is None:
        fail(_("the gateway did not start; run `framegate serve` to see why"), EXIT_FAILED)
    return found[0]
