"""The render child as its parent meets it: one line in, lines out, and an exit status."""

import subprocess
import sys
from dataclasses import replace

import pytest

from framegate.render.child import STOPPED_STATUS
from framegate.render.order import Failed, Finished, Moved, RenderLimits, Work, event_in, line

CHILD = [sys.executable, "-I", "-m", "framegate.render.child"]
PATIENCE_S = 60


def child():
    return subprocess.Popen(
        CHILD, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def events_until_its_end(process, text):
    """Everything a child says to a parent that keeps its stdin open."""
    process.stdin.write(text)
    process.stdin.flush()
    return [event_in(said) for said in process.stdout]


def work(order, **limits):
    return line(Work.of(order, RenderLimits(**limits)))


def test_child_tells_every_frame_and_ends_with_the_video_in_its_place(order):
    with child() as process:
        *moved, last = events_until_its_end(process, work(order))
    assert process.returncode == 0
    assert isinstance(last, Finished)
    assert (last.rendered.frames, last.rendered.duration_ms) == (72, 3_000)
    assert {type(event) for event in moved} == {Moved}
    stages = [event.progress.stage for event in moved]
    assert sorted(set(stages), key=stages.index) == ["reading", "depth", "rendering", "finishing"]
    assert order.video.stat().st_size > 10_000


@pytest.mark.parametrize("content", [b"", b"<html>", b"\xff\xd8\xff\xe0" + bytes(500)])
def test_picture_that_cannot_be_read_is_a_sentence_and_the_reason_is_for_the_log(
    order, tmp_path, content
):
    broken = tmp_path / "broken"
    broken.write_bytes(content)
    with child() as process:
        *_, last = events_until_its_end(process, work(replace(order, picture=broken)))
        log = process.stderr.read()
    assert (process.returncode, last) == (0, Failed(sentence="image is not readable"))
    assert b"Traceback" in log
    assert not order.video.exists()


def test_sentence_about_a_picture_names_no_file_of_ours(order, tmp_path):
    with child() as process:
        *_, last = events_until_its_end(process, work(replace(order, picture=tmp_path / "no")))
    assert last == Failed(sentence="image is not readable")


def test_video_that_cannot_be_written_is_a_sentence(order, tmp_path):
    with child() as process:
        *_, last = events_until_its_end(process, work(replace(order, video=tmp_path / "no" / "x")))
    assert (process.returncode, last) == (0, Failed(sentence="video could not be rendered"))


def test_child_whose_stdin_ends_stops_without_a_word_and_without_a_file(order):
    long = replace(order, duration_s=15, resolution="1080p")
    with child() as process:
        said, _ = process.communicate(work(long), timeout=PATIENCE_S)
    assert process.returncode == STOPPED_STATUS
    assert not any(isinstance(event_in(text), Finished) for text in said.splitlines())
    assert not order.video.exists()


@pytest.mark.parametrize("text", [b"", b"\n", b"{}\n", b"no order\n"])
def test_line_that_is_no_order_is_not_worked_on(text):
    with child() as process:
        said, log = process.communicate(text, timeout=PATIENCE_S)
    assert process.returncode == 1
    assert said == b""
    assert b"DecodeError" in log or b"ValidationError" in log
