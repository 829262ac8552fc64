"""Pictures and orders that the renderer's tests share; all of them small and drawn here."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from framegate.render.camera import Stage
from framegate.render.depth import depth_of
from framegate.render.order import RenderOrder


def _landscape(width: int, height: int) -> Image.Image:
    """Sky, hills and rippled water, with fine grain that a lost pixel row would show in."""
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    down, across = rows / height, columns / width
    hills = 0.5 - 0.08 * np.sin(across * 9) - 0.03 * np.sin(across * 31)
    sky = np.stack([0.45 + 0.3 * down, 0.62 + 0.2 * down, 0.9 - 0.05 * down], axis=-1)
    hill = np.stack([0.2 + 0 * down, 0.22 + 0.1 * down, 0.18 + 0 * down], axis=-1)
    ripple = 0.05 * np.sin(rows * 1.3) * (down > 0.6)
    water = np.stack([0.42 + ripple, 0.55 + ripple, 0.68 + ripple], axis=-1)
    colour = np.where((down < hills)[..., None], sky, hill)
    colour = np.where((down > 0.6)[..., None], water, colour)
    grain = np.random.default_rng(4).normal(0, 0.01, (height, width, 1))
    return Image.fromarray((np.clip(colour + grain, 0.1, 1) * 255).astype(np.uint8))


@pytest.fixture(scope="session")
def landscape() -> Callable[[int, int], Image.Image]:
    return _landscape


@pytest.fixture(scope="session")
def picture_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pictures") / "landscape.png"
    _landscape(360, 300).save(path)
    return path


@pytest.fixture(scope="session")
def stage() -> Stage:
    """A shot of three seconds over that landscape, 322 x 258."""
    rgb = np.asarray(_landscape(322, 258))
    return Stage(width=322, height=258, frames=72, strength=1.0, depth=depth_of(rgb), seed=3)


@pytest.fixture
def order(picture_file: Path, tmp_path: Path) -> RenderOrder:
    return RenderOrder(
        picture=picture_file,
        prompt="slow push in",
        resolution="720p",
        duration_s=3,
        seed=7,
        video=tmp_path / "video.part",
    )
