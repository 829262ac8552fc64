"""What the encoder writes: a file that says of itself what it is, and repeats."""

import av
import pytest

from fakes.videos import facts, first_frame
from framegate.render.encode import KEYFRAME_EVERY, THREADS_MAX, encoder, threads

WIDTH, HEIGHT = 128, 96


def grey(to, *, frames=KEYFRAME_EVERY + 2, luma=128, **metadata):
    """Write a clip of one grey and say how many frames the encoder counted."""
    with encoder(to, width=WIDTH, height=HEIGHT, metadata=metadata) as opened:
        for number in range(frames):
            frame, planes = opened.canvas()
            planes.luma[:] = luma + number % 3
            planes.blue[:] = planes.red[:] = 128
            opened.put(frame)
    return opened.frames


@pytest.fixture
def to(tmp_path):
    return tmp_path / "video.part"


def test_file_is_what_every_player_takes(to):
    frames = grey(to)
    said = facts(to.read_bytes())
    assert (said.size, said.frames, said.rate) == ((WIDTH, HEIGHT), frames, 24)
    assert said.seconds == pytest.approx(frames / 24, abs=0.001)
    assert (said.codec, said.pixels) == ("h264 High", "yuv420p")
    assert said.colour == (1, 1, 1)
    assert said.index_first


def test_canvas_is_written_in_place(to):
    grey(to, luma=235, frames=2)
    assert first_frame(to.read_bytes()).min() >= 250


def test_planes_have_the_size_of_the_picture_without_its_padding(to):
    with encoder(to, width=WIDTH, height=HEIGHT, metadata={}) as opened:
        frame, planes = opened.canvas()
        assert planes.luma.shape == (HEIGHT, WIDTH)
        assert planes.blue.shape == planes.red.shape == (HEIGHT // 2, WIDTH // 2)
        planes.luma[:], planes.blue[:], planes.red[:] = 16, 128, 128
        opened.put(frame)


def test_metadata_is_kept(to):
    grey(to, title="镜头推近", comment="two\nlines")
    with av.open(str(to)) as container:
        assert container.metadata["title"] == "镜头推近"
        assert container.metadata["comment"] == "two\nlines"


def test_player_may_jump_every_two_seconds(to):
    grey(to, frames=2 * KEYFRAME_EVERY + 1)
    with av.open(str(to)) as container:
        keys = [packet.is_keyframe for packet in container.demux(video=0) if packet.size]
    assert sum(keys) >= 3
    assert keys[0]


def test_same_frames_are_the_same_bytes(tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    grey(one)
    grey(two)
    assert one.read_bytes() == two.read_bytes()


def break_off(to):
    with encoder(to, width=WIDTH, height=HEIGHT, metadata={}) as opened:
        frame, _ = opened.canvas()
        opened.put(frame)
        raise LookupError


def test_error_inside_the_block_is_not_hidden(to):
    with pytest.raises(LookupError):
        break_off(to)


def test_threads_are_few_and_always_as_many():
    assert 2 <= threads() <= THREADS_MAX
    assert threads() == threads()
