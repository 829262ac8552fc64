"""The child from outside: what it makes, and every way in which it can end early."""

import asyncio
import os
import select
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from framegate.errors import RenderFailed, StoreDown
from framegate.render.process import RenderLimits, render

ENDED_WITHIN_MS = 20_000
"""A bound for the machine's worst day; each wait ends as soon as its process does."""

PARENT = """
import asyncio, sys
from pathlib import Path
from framegate.render.process import RenderOrder, render

order = RenderOrder(picture=Path(sys.argv[1]), prompt="push in", resolution="1080p",
                    duration_s=15, seed=1, video=Path(sys.argv[2]))

def tell(progress):
    if progress.stage == "rendering":
        print("rendering", flush=True)

asyncio.run(render(order, on_progress=tell))
"""


def _children(pid):
    """The renders of a process: this one may have other children, such as a server under test."""
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return [int(child) for child in found.split() if _is_render(child)]


def _is_render(pid):
    return b"framegate.render.child" in Path(f"/proc/{pid}/cmdline").read_bytes()


def _ends(pid):
    """Whether that process ends within the bound."""
    try:
        watched = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([watched], [], [], ENDED_WITHIN_MS / 1_000)[0])
    finally:
        os.close(watched)


class _Meddler:
    """Does something once, when the first frame is being drawn."""

    def __init__(self, act):
        self.act = act

    def __call__(self, progress):
        if progress.stage == "rendering" and self.act is not None:
            act, self.act = self.act, None
            act()


async def test_a_render_leaves_a_whole_video_and_tells_its_progress(order):
    seen = []

    rendered = await render(order, on_progress=seen.append)

    assert (rendered.width, rendered.height, rendered.frames) == (864, 720, 72)
    assert order.video.stat().st_size > 10_000
    assert seen[0].stage == "reading"
    assert seen[-1].stage == "finishing"
    assert seen[-1].frames_done == seen[-1].frames_total == 72


async def test_an_unreadable_picture_is_a_sentence_for_the_owner(order, tmp_path):
    (tmp_path / "broken").write_bytes(b"\x89PNG\r\n\x1a\n" + b"\x00" * 99)

    with pytest.raises(RenderFailed) as failed:
        await render(replace(order, picture=tmp_path / "broken"), on_progress=lambda _: None)

    assert failed.value.message == "image is not readable"
    assert not order.video.exists()


async def test_a_disk_without_room_is_no_fault_of_the_picture(order, tmp_path):
    """The encoder's own file calls meet it, deep in C."""
    full = tmp_path / "full.mp4"
    full.symlink_to("/dev/full")

    with pytest.raises(StoreDown):
        await render(replace(order, video=full), on_progress=lambda _: None)


async def test_cancelling_ends_the_child_and_removes_the_file(order):
    child = []
    begun = asyncio.Event()

    def note():
        child.extend(_children(os.getpid()))
        begun.set()

    task = asyncio.create_task(
        render(replace(order, duration_s=15, resolution="1080p"), on_progress=_Meddler(note))
    )
    await begun.wait()
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert child
    assert all(_ends(pid) for pid in child)
    assert not order.video.exists()


async def test_a_killed_child_is_a_failed_render(order):
    def kill():
        for pid in _children(os.getpid()):
            os.kill(pid, signal.SIGSEGV)

    long = replace(order, duration_s=15, resolution="1080p")  # Not over before it is killed.
    with pytest.raises(RenderFailed, match="stopped unexpectedly"):
        await render(long, on_progress=_Meddler(kill))

    assert not order.video.exists()


async def test_a_picture_that_needs_too_much_memory_is_refused(order, tmp_path):
    Image.new("1", (7_500, 7_500)).save(tmp_path / "huge.png")
    limits = RenderLimits(memory_bytes_max=160 * 1024**2)

    with pytest.raises(RenderFailed, match="memory"):
        await render(
            replace(order, picture=tmp_path / "huge.png"),
            limits=limits,
            on_progress=lambda _: None,
        )


async def test_a_render_beyond_its_processor_time_is_ended(order):
    long = replace(order, duration_s=15, resolution="1080p")

    with pytest.raises(RenderFailed, match="processor time"):
        await render(long, limits=RenderLimits(cpu_s_max=1), on_progress=lambda _: None)

    assert not order.video.exists()


async def test_a_child_that_hangs_is_killed_at_the_wall_limit(order):
    child = []

    def freeze():
        child.extend(_children(os.getpid()))
        for pid in child:
            os.kill(pid, signal.SIGSTOP)

    with pytest.raises(RenderFailed, match="longer than 2 seconds"):
        await render(
            replace(order, duration_s=15),
            limits=RenderLimits(wall_s_max=2),
            on_progress=_Meddler(freeze),
        )

    assert all(_ends(pid) for pid in child)


def test_a_child_ends_by_itself_when_its_parent_is_killed(picture_file, tmp_path):
    video = tmp_path / "orphan.part"
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(picture_file), str(video)],
        stdout=subprocess.PIPE,
    ) as parent:
        assert parent.stdout.readline() == b"rendering\n"
        (child,) = _children(parent.pid)

        parent.kill()

        assert _ends(child)
    assert not video.exists()
