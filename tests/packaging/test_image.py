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


def test_image_is_built_without_what_a_gateway_keeps():
    kept_out = IMAGE.with_name("Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    assert {"framegate-data", "framegate.toml", "*.key", ".git", ".venv"} <= set(kept_out)
