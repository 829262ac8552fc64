import numpy as np

from framegate.render.petals import petals_of


def test_petals_turn_over_as_they_fall(stage):
    petal = petals_of(stage, np.random.default_rng(1)).petals[0]

    areas = [int(petal.sprite(frame).sum()) for frame in range(72)]

    assert max(areas) > 1.5 * min(areas)
    assert petal.place(48)[1] > petal.place(0)[1]


def test_no_petal_pops_out_of_sight(stage):
    """One that leaves at the bottom has left wholly before it comes in at the top."""
    petals = petals_of(stage, np.random.default_rng(1))

    sums = [int(petals.opacity(frame, (0.0, 0.0), 322, 258).sum()) for frame in range(240)]

    largest = max(int(sprite.sum()) for petal in petals.petals for sprite in petal.sprites)
    assert np.abs(np.diff(sums)).max() < largest
