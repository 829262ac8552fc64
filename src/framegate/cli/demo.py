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
from framegate.cli.terminal import fail, say, troubles
from framegate.client.face import Framegate

START_WAIT_S_MAX = 30
STOP_WAIT_S_MAX = 15
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
        fail(f"--sample takes {', '.join(samples.names())}; got {sample!r}", 2)
    began = time.monotonic()
    with troubles():
        check_output(output)
    with troubles(), tempfile.TemporaryDirectory(prefix="framegate-demo-") as folder:
        with _server(Path(folder)) as url:
            say(f"gateway     {url}")
            key = (Path(folder) / "admin.key").read_text(encoding="ascii").strip()
            with Framegate(url, key) as client:
                picture = client.upload(samples.data(sample))
                say(f"picture     {sample}, {picture.width}x{picture.height}")
                say(f"prompt      {prompt}")
                # Nobody picks this one up: its server ends with the command.
                again = "framegate demo"
                task = client.submit(picture.url, prompt)
                video = followed(client, task, is_quiet=False, again=again)
                video.save(output)
        say(f"task        {video.task.framegate_id}, {video.cost} {video.currency} settled")
        say(f"video       {output}, {video.bytes_count / 1e6:.1f} MB, {_seconds(began)} in all")


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
    ready, _, _ = select.select([process.stdout], [], [], START_WAIT_S_MAX)
    line = process.stdout.readline() if ready else ""
    found = re.search(r"https?://\S+?(?=,|\s)", line)
    if found is None:
        fail("the gateway did not start; run `framegate serve` to see why", 1)
    return found[0]


def _seconds(began: float) -> str:
    return f"{time.monotonic() - began:.1f} s"
