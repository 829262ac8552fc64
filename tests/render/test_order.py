from pathlib import Path

import msgspec
import pytest

from framegate.render.order import (
    LINE_BYTES_MAX,
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
    work_in,
)


def _order(prompt):
    return RenderOrder(
        picture=Path("/in/a b.png"),
        prompt=prompt,
        resolution="1080p",
        duration_s=15,
        seed=3,
        video=Path("/out/ü.part"),
        comment="made for a test",
    )


@pytest.mark.parametrize("prompt", ["", "two\nlines", '"quotes" \\ and \x00', "镜头推近，"])
def test_an_order_travels_unchanged_on_one_line(prompt):
    text = line(Work.of(_order(prompt), RenderLimits(cpu_s_max=7)))

    assert text.count(b"\n") == 1
    assert work_in(text).order() == _order(prompt)
    assert work_in(text).limits == RenderLimits(cpu_s_max=7)


def test_the_longest_prompt_fits_a_line():
    assert len(line(Work.of(_order("\x01" * 2_500), RenderLimits()))) < LINE_BYTES_MAX


@pytest.mark.parametrize(
    "event",
    [
        Moved(progress=Progress(stage="rendering", frames_done=3, frames_total=72)),
        Finished(rendered=Rendered(width=2, height=4, frames=72, duration_ms=3_000)),
        Failed(sentence="image is not readable"),
    ],
)
def test_every_event_travels_unchanged(event):
    assert event_in(line(event)) == event


@pytest.mark.parametrize("text", [b"", b"{}\n", b'{"type":"unknown"}\n', b"\xff\n"])
def test_a_line_that_is_no_event_is_refused(text):
    with pytest.raises(msgspec.DecodeError):
        event_in(text)
