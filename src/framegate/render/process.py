"""Renders one clip in a child process of its own, from inside an event loop.

The only module of this floor that others import. The child may crash, hang, starve or be killed:
the caller sees a Rendered, a RenderFailed with a sentence for the task's owner, or its own
cancellation, and never a partial file. It knows neither pictures nor video.
"""

import asyncio
import logging
import os
import signal
import sys
from collections import deque
from collections.abc import Callable

import msgspec

from framegate import crash
from framegate.errors import RenderFailed, StoreDown
from framegate.render.order import (
    LINE_BYTES_MAX,
    Event,
    Failed,
    Finished,
    Moved,
    Progress,
    Rendered,
    RenderLimits,
    RenderOrder,
    Work,
    event_in,
    line,
)

__all__ = ["Progress", "RenderLimits", "RenderOrder", "Rendered", "render"]

END_GRACE_S = 4.0
"""How long a child may take to end once its stdin is closed, before it is killed."""

STDERR_LINES_MAX = 40
"""How much of a failed child's stderr is kept for the log."""

_CHILD = ("-I", "-m", "framegate.render.child")

_KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "SYSTEMROOT", "TMPDIR")

_log = logging.getLogger(__name__)


async def render(
    order: RenderOrder,
    *,
    limits: RenderLimits | None = None,
    on_progress: Callable[[Progress], None],
) -> Rendered:
    """Make the clip; it lies at `order.video`, whole, when this returns.

    on_progress  called in the event loop for every stage and every frame
    raises       RenderFailed with a sentence for the owner; StoreDown, or OSError when no child
                 can be started, for what is no fault of the order. Cancelling ends the child
                 between two frames; whenever this does not return, nothing is left at
                 `order.video`.
    """
    bounds = limits or RenderLimits()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *_CHILD,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=_environment(),
        start_new_session=True,
        limit=LINE_BYTES_MAX,
    )
    rendered: Rendered | None = None
    try:
        rendered = await _converse(process, order, bounds, on_progress)
    finally:
        await _end(process)
        if rendered is None:
            order.video.unlink(missing_ok=True)
    return rendered


async def _converse(
    process: asyncio.subprocess.Process,
    order: RenderOrder,
    limits: RenderLimits,
    on_progress: Callable[[Progress], None],
) -> Rendered:
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    tail = asyncio.create_task(_tail(process.stderr))
    try:
        async with asyncio.timeout(limits.wall_s_max):
            await _give(process.stdin, line(Work.of(order, limits)))
            ended = await _listen(process.stdout, on_progress)
            if ended is None:
                await process.wait()
    except TimeoutError as exc:
        # No grace here: whoever is late once may be late for ever.
        _kill(process)
        raise RenderFailed(f"render took longer than {limits.wall_s_max} seconds") from exc
    else:
        if isinstance(ended, Finished):
            return ended.rendered
        _log.warning(
            "render child ended without a video: status %s, stderr: %s",
            process.returncode,
            " | ".join(await tail),
        )
        if ended is not None and ended.is_ours:
            raise StoreDown
        raise RenderFailed(ended.sentence if ended else _death(process.returncode))
    finally:
        tail.cancel()


async def _give(stdin: asyncio.StreamWriter, text: bytes) -> None:
    # stdin stays open: its end is what tells the child to stop.
    stdin.write(text)
    try:
        await stdin.drain()
    except ConnectionError:
        return  # The child is dead already; its stdout and its status say how.


async def _listen(
    stdout: asyncio.StreamReader, on_progress: Callable[[Progress], None]
) -> Finished | Failed | None:
    """The child's last word; None when it died without one."""
    while True:
        event = await _next(stdout)
        if not isinstance(event, Moved):
            return event
        on_progress(event.progress)
        crash.at("render.parent")


async def _next(stdout: asyncio.StreamReader) -> Event | None:
    try:
        text = await stdout.readuntil()
        return event_in(text)
    except asyncio.IncompleteReadError:
        return None
    except (asyncio.LimitOverrunError, msgspec.DecodeError) as exc:
        # Only a child gone mad writes such a line; it is ended like a dead one.
        raise RenderFailed("video could not be rendered") from exc


async def _tail(stderr: asyncio.StreamReader) -> deque[str]:
    lines: deque[str] = deque(maxlen=STDERR_LINES_MAX)
    while piece := await stderr.read(LINE_BYTES_MAX):
        lines.extend(piece.decode("utf-8", "replace").splitlines())
    return lines


def _death(status: int | None) -> str:
    """A sentence for a child that died without a word; a decoder's crash is the usual cause."""
    if status == -signal.SIGXCPU:
        return "render needed more processor time than it may use"
    return "image could not be rendered: the renderer stopped unexpectedly"


async def _end(process: asyncio.subprocess.Process) -> None:
    """Tell the child to stop, wait a little, then kill its whole group."""
    assert process.stdin is not None
    process.stdin.close()
    try:
        async with asyncio.timeout(END_GRACE_S):
            await process.wait()
    except TimeoutError:
        _kill(process)
        await process.wait()
    except asyncio.CancelledError:
        _kill(process)
        raise


def _kill(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        os.killpg(process.pid, signal.SIGKILL)


def _environment() -> dict[str, str]:
    """As little of ours as possible: no setting and no secret has a place in a decoder."""
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    # numpy's thread pool is never used here and would reserve memory for every core.
    return {**kept, **crash.handed_down(), "OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}
