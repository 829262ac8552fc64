import numpy as np
import pytest
from PIL import Image, ImageDraw

from framegate.render.camera import Stage, parallax_px, path_of
from framegate.render.depth import depth_of
from framegate.render.words import Move


@pytest.fixture(scope="module")
def depth(landscape):
    return depth_of(np.asarray(landscape(480, 360)))


def _stage(depth, *, strength=1.0, frames=72, seed=5):
    return Stage(width=960, height=720, frames=frames, strength=strength, depth=depth, seed=seed)


@pytest.mark.parametrize("move", Move)
def test_every_path_starts_as_the_picture(move, depth):
    path = path_of((move,), _stage(depth, strength=2.0))

    assert path.zoom[0] == 1
    for curve in (path.ahead, path.shift_x, path.shift_y, path.turn_x, path.turn_y):
        assert curve[0] == 0


@pytest.mark.parametrize(
    "move", [move for move in Move if move not in {Move.STATIC, Move.HANDHELD}]
)
def test_every_path_starts_at_rest_and_never_jerks(move, depth):
    path = path_of((move,), _stage(depth, frames=120))

    for curve in (path.zoom * 360, path.ahead * 360, path.shift_x, path.turn_x, path.turn_y):
        pace = np.diff(curve)
        assert abs(pace[0]) < 0.25
        assert np.abs(np.diff(pace)).max() < 0.5


def test_static_does_not_move_at_all(depth):
    path = path_of((Move.STATIC,), _stage(depth))

    assert path.is_still
    assert parallax_px(path, _stage(depth)) == 0


def test_no_words_give_a_slow_push(depth):
    path = path_of((), _stage(depth))

    assert not path.is_still
    assert (np.diff(path.zoom) >= 0).all()
    assert path.ahead[-1] > 0


def test_a_pull_ends_with_the_whole_picture(depth):
    path = path_of((Move.PULL,), _stage(depth))

    assert path.zoom.max() > 1.05
    # It leans in without haste: the picture must not lunge at whoever asked to go away from it.
    assert np.diff(path.zoom).max() < 0.006
    assert path.zoom[-1] == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize(
    ("move", "curve", "side"),
    [
        (Move.PAN_LEFT, "turn_x", -1),
        (Move.PAN_RIGHT, "turn_x", 1),
        (Move.TILT_UP, "turn_y", -1),
        (Move.TILT_DOWN, "turn_y", 1),
        (Move.TRUCK_LEFT, "shift_x", -1),
        (Move.RISE, "shift_y", -1),
        (Move.ORBIT_RIGHT, "shift_x", 1),
    ],
)
def test_a_move_goes_where_its_name_says(move, curve, side, depth):
    assert getattr(path_of((move,), _stage(depth)), curve)[-1] * side > 10


def test_a_stronger_word_moves_farther(depth):
    mild = path_of((Move.PUSH,), _stage(depth, strength=0.5))
    strong = path_of((Move.PUSH,), _stage(depth, strength=1.5))

    assert strong.ahead[-1] > 2 * mild.ahead[-1]


def test_another_seed_gives_another_hand(depth):
    one = path_of((Move.HANDHELD,), _stage(depth, seed=1))
    other = path_of((Move.HANDHELD,), _stage(depth, seed=2))

    assert not np.allclose(one.turn_x, other.turn_x)


@pytest.mark.parametrize("move", [Move.PUSH, Move.ORBIT_LEFT, Move.DOLLY_ZOOM, Move.TRUCK_RIGHT])
def test_a_head_near_the_top_stays_in_view(move):
    """The top of the view may not pass what stands out, however far the view closes in."""
    image = Image.new("RGB", (360, 640), (150, 152, 160))
    ImageDraw.Draw(image).ellipse((110, 60, 250, 240), fill=(190, 80, 40))
    ImageDraw.Draw(image).rectangle((60, 240, 300, 640), fill=(190, 60, 30))
    depth = depth_of(np.asarray(image))
    stage = Stage(width=720, height=1280, frames=120, strength=1.0, depth=depth, seed=5)

    path = path_of((move,), stage)

    near = depth.focus_near
    top = 640 + path.shift_y * near + path.turn_y - 640 * (1 - path.ahead * near) / path.zoom
    assert -0.97 < depth.head_y < -0.7
    assert top.max() < 120
