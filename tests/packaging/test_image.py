"""The container's recipe, as its linter reads it."""

import subprocess
import sys
from pathlib import Path

IMAGE = Path(__file__).parents[2] / "packaging" / "Dockerfile"
HADOLINT = Path(sys.executable).with_name("hadolint")


def test_image_has_nothing_that_its_linter_complains_of():
    done = subprocess.run(
        [str(HADOLINT), "--no-color", str(IMAGE)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "")
