"""Write requirements/*.lock from pyproject.toml: `make lock`.

One lock each for the installer, for npm, for running, for checking and for the site. Every file is
pinned by its hash and no lock names an index: where packages come from is the business of the
machine that installs (docs/decisions/0002-hash-locks-without-addresses.md).
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON_MIN = "3.11"

COMPILE = (
    *("pip", "compile", "--quiet", "--upgrade"),
    *("--universal", "--python-version", PYTHON_MIN, "--generate-hashes"),
    *("--no-emit-index-url", "--no-emit-find-links", "--no-annotate", "--no-header"),
)

LOCKS = {
    "bootstrap": ("--group", "bootstrap"),
    "node": ("--group", "node"),
    "run": ("pyproject.toml", "--group", "build"),
    # The same versions as in run.lock, so that what is tested is what runs.
    "check": (
        *("pyproject.toml", "--all-extras"),
        *("--group", "build", "--group", "check", "--group", "docs"),
        *("-c", "requirements/run.lock"),
    ),
    # The same as in check.lock, so that the site that is tested is the one that is built.
    "docs": ("--group", "docs", "-c", "requirements/check.lock"),
}


def main() -> int:
    """Write every lock, in the order in which they constrain each other."""
    uv = Path(sys.executable).with_name("uv")
    for name, choice in LOCKS.items():
        lock = f"requirements/{name}.lock"
        subprocess.run([uv, *COMPILE, *choice, "-o", lock], check=True, cwd=ROOT)
        _refuse_addresses(ROOT / lock)
    return 0


def _refuse_addresses(lock: Path) -> None:
    if "://" in lock.read_text():
        sys.exit(f"{lock} names an address; locks must work on every machine")


if __name__ == "__main__":
    sys.exit(main())
