from itertools import pairwise

import numpy as np

from framegate.render.fog import fog_of


def test_fog_is_thinner_before_what_is_near(stage):
    fog = fog_of(stage, np.random.default_rng(1))
    far, near = stage.height // 5, stage.height - 8

    seen = np.mean([fog.opacity(frame, (0.0, 0.0), 322, 258) for frame in (1, 30, 60)], axis=0)

    assert seen[near].mean() < 0.7 * seen[far].mean()


def test_fog_drifts_less_than_a_level_a_frame(stage):
    """Steps of a whole cell, 16 pixels, would show as a pulse."""
    fog = fog_of(stage, np.random.default_rng(1))

    frames = [fog.opacity(frame, (0.0, 0.0), 322, 258).astype(int) for frame in range(40)]

    steps = [np.abs(after - before).mean() for before, after in pairwise(frames)]
    assert 0 < max(steps) < 1
