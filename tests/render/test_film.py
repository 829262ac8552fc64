"""The finished MP4, probed as a player would."""

import json
import struct
from dataclasses import replace

import av
import numpy as np
import pytest
from PIL import Image

from framegate.errors import RenderFailed
from framegate.render.film import Stopped, make
from framegate.render.order import RenderOrder
from framegate.render.picture import Box, read_picture


def _made(order, *, is_stopped=lambda: False):
    seen = []
    return make(order, on_progress=seen.append, is_stopped=is_stopped), seen


@pytest.fixture(scope="module")
def clip(picture_file, tmp_path_factory):
    from_here = tmp_path_factory.mktemp("clip")
    order = _order_for(picture_file, from_here / "video.part", "camera pans left")
    rendered, seen = _made(order)
    return order, rendered, seen


def _order_for(picture, video, prompt, **more):
    fields = {"resolution": "720p", "duration_s": 3, "seed": 7, "comment": "task_1"} | more
    return RenderOrder(picture=picture, video=video, prompt=prompt, **fields)


def _frames(video):
    with av.open(str(video)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def _psnr(one, other):
    error = max(np.mean((one.astype(float) - other.astype(float)) ** 2), 1e-3)
    return 10 * np.log10(255**2 / error)


def test_the_clip_has_exactly_its_seconds_of_frames(clip):
    order, rendered, _ = clip

    assert (rendered.width, rendered.height) == (864, 720)
    assert (rendered.frames, rendered.duration_ms) == (72, 3_000)
    with av.open(str(order.video)) as container:
        assert container.duration == pytest.approx(3_000_000, abs=1_000)
    assert len(_frames(order.video)) == 72


def test_the_stream_is_what_every_browser_plays(clip):
    with av.open(str(clip[0].video)) as container:
        stream = container.streams.video[0]
        context = stream.codec_context
        assert context.name == "h264"
        assert context.profile == "High"
        assert context.pix_fmt == "yuv420p"
        assert stream.average_rate == 24
        assert len(container.streams) == 1


def test_the_colours_are_tagged_as_limited_bt709(clip):
    with av.open(str(clip[0].video)) as container:
        frame = next(container.decode(video=0))
        assert (frame.colorspace, frame.color_range) == (1, 1)
        assert (frame.color_primaries, frame.color_trc) == (1, 1)
    assert b"colrnclx" + struct.pack(">HHHB", 1, 1, 1, 0) in clip[0].video.read_bytes()


def test_the_index_stands_before_the_data(clip):
    data, kinds, at = clip[0].video.read_bytes(), [], 0
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        kinds.append(kind)
        at += size

    assert kinds[0] == b"ftyp"
    assert kinds.index(b"moov") < kinds.index(b"mdat")


def test_prompt_settings_and_seed_are_kept_inside(clip):
    with av.open(str(clip[0].video)) as container:
        made = json.loads(container.metadata["description"])
        assert container.metadata["comment"] == "task_1"

    assert made["prompt"] == "camera pans left"
    assert (made["resolution"], made["duration"], made["seed"]) == ("720p", 3, 7)
    assert made["shots"][0]["moves"] == ["pan_left"]


def test_the_first_frame_is_the_picture(clip):
    order = clip[0]

    picture = read_picture(order.picture, "720p").rgb(Box())

    assert _psnr(_frames(order.video)[0], picture) > 38


def test_the_clip_moves_and_shows_no_border(clip):
    frames = _frames(clip[0].video)

    assert _psnr(frames[-1], frames[0]) < 30
    for frame in frames[::6]:
        # The picture has no dark pixel: one would come from beyond its border.
        for rim in (frame[0], frame[-1], frame[:, 0], frame[:, -1]):
            assert rim.max(axis=-1).min() > 20


def test_progress_names_each_stage_and_each_frame(clip):
    seen = clip[2]

    stages = list(dict.fromkeys(progress.stage for progress in seen))
    assert stages == ["reading", "depth", "rendering", "finishing"]
    done = [progress.frames_done for progress in seen if progress.stage == "rendering"]
    assert done == list(range(72))


def test_the_same_order_gives_the_same_bytes(clip, tmp_path):
    order = replace(clip[0], video=tmp_path / "again.part")

    _made(order)

    assert order.video.read_bytes() == clip[0].video.read_bytes()


def test_two_shots_cut_within_one_clip(picture_file, tmp_path):
    order = _order_for(picture_file, tmp_path / "video", "shot 1, 1, static; shot 2, 2, push in;")

    _made(order)

    frames = _frames(order.video)
    assert len(frames) == 72
    assert _psnr(frames[22], frames[23]) > 35
    assert _psnr(frames[23], frames[24]) < 25


@pytest.mark.parametrize("size", [(750, 300), (300, 750)])
def test_extreme_ratios_at_1080p_are_made(size, landscape, tmp_path):
    landscape(*size).save(tmp_path / "picture.jpg", quality=95)
    order = _order_for(tmp_path / "picture.jpg", tmp_path / "video", "orbit", resolution="1080p")
    stops = iter([False] * 8 + [True] * 99)

    with pytest.raises(Stopped):
        _made(order, is_stopped=lambda: next(stops))

    assert read_picture(order.picture, "1080p").rgb(Box()).shape[:2] == (
        size[1] * 1080 // 300,
        size[0] * 1080 // 300,
    )


def test_a_stop_is_obeyed_between_two_frames(order):
    stops = iter([False] * 10 + [True])

    with pytest.raises(Stopped):
        _made(order, is_stopped=lambda: next(stops))


def test_an_unreadable_picture_fails_before_a_file_is_opened(order, tmp_path):
    (tmp_path / "broken").write_bytes(b"\xff\xd8\xff\xe0 not a picture")

    with pytest.raises(RenderFailed, match="image is not readable"):
        _made(replace(order, picture=tmp_path / "broken"))

    assert not order.video.exists()


def test_a_tiny_black_picture_is_made(order, tmp_path):
    Image.new("RGB", (300, 300)).save(tmp_path / "black.png")
    stops = iter([False] * 30 + [True])

    with pytest.raises(Stopped):
        _made(replace(order, picture=tmp_path / "black.png"), is_stopped=lambda: next(stops))
