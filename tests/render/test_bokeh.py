import numpy as np

from framegate.render.bokeh import bokeh_of


def test_bokeh_shines_only_behind_what_is_near(stage):
    lights = bokeh_of(stage, np.random.default_rng(1))

    seen = np.max([lights.opacity(frame, (0.0, 0.0), 322, 258) for frame in range(1, 72)], axis=0)

    assert seen[-10:].max() == 0
    assert seen[: stage.height // 3].max() > 30


def test_a_light_glows_and_fades_without_blinking(stage):
    light = bokeh_of(stage, np.random.default_rng(1)).lights[0]

    glow = np.array([int(light.disc(frame).max()) for frame in range(240)])

    assert glow.max() > 3 * glow.min()
    assert np.abs(np.diff(glow)).max() < 15
