import io

import pytest
from PIL import Image

from framegate import samples

BYTES_MAX = 260_000
BYTES_IN_ALL_MAX = 1_300_000


def opened(name):
    return Image.open(io.BytesIO(samples.data(name)))


def test_scenes_that_docs_and_demo_name_are_there():
    assert {"dusk", "ocean", "aurora", "dunes", "rose"} <= set(samples.names())


def test_names_are_sorted_and_bare():
    assert list(samples.names()) == sorted(name.removesuffix(".jpg") for name in samples.names())


@pytest.mark.parametrize("name", samples.names())
def test_sample_is_a_first_frame_that_every_upstream_takes(name):
    picture = opened(name)
    assert picture.format == "JPEG"
    assert min(picture.size) >= 720
    assert 1 / 2.5 <= picture.width / picture.height <= 2.5


@pytest.mark.parametrize("name", samples.names())
def test_sample_is_small_enough_for_a_wheel(name):
    assert len(samples.data(name)) <= BYTES_MAX


def test_samples_together_are_small_enough_for_a_wheel():
    assert sum(len(samples.data(name)) for name in samples.names()) <= BYTES_IN_ALL_MAX


def test_there_is_one_of_each_shape():
    shapes = [opened(name).size for name in samples.names()]
    assert any(width > height for width, height in shapes)
    assert any(width < height for width, height in shapes)
    assert any(width == height for width, height in shapes)


@pytest.mark.parametrize("name", ["none", "../samples/dusk", "", "__init__"])
def test_unknown_name_is_a_key_error(name):
    with pytest.raises(KeyError):
        samples.data(name)
