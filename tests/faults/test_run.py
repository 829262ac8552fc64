"""A crash run small enough for every day; `make faults` is the long one."""

import os
import secrets

from faults.run import Run
from faults.stage import RATES, staged

KILLS = 50


def test_gateway_that_is_killed_again_and_again_loses_nothing(tmp_path):
    seed = int(os.environ.get("FRAMEGATE_FAULTS_SEED") or secrets.randbelow(1 << 31))
    print(f"FRAMEGATE_FAULTS_SEED={seed} repeats this run")

    with staged(tmp_path, seed=seed, rates=RATES) as stage:
        found = Run(stage, KILLS, seed)()

    print(found.table())
    assert found.kills >= KILLS
    assert found.acknowledged > 0
    assert found.losses == {}
