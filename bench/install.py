"""What installing framegate brings: alone, with each extra, and beside a peer in the same run.

    python bench/install.py [--peer 'fastapi[standard]' ...] [--largest 10]

Builds the wheel of this checkout and installs it into empty virtual environments, each twice: the
first brings everything into the installer's cache, the second is timed, so that no network is
measured. A peer is installed in the same way, from the same registry; one that cannot be had there
is left out and said to be. Bytecode is not counted: Python writes it later, as it likes.
"""

import argparse
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
UV = Path(sys.executable).with_name("uv")
# A copy, as most installers write it: with uv's own way nothing would be written at all.
INSTALL = (UV, "pip", "install", "--quiet", "--link-mode", "copy", "--python")
PEERS = ("fastapi[standard]", "litellm[proxy]")


@dataclass(frozen=True)
class Installed:
    """One environment: what is in it and how long it took to fill."""

    name: str
    seconds: float
    parts: dict[str, int]  # Bytes by distribution.
    files: int

    @property
    def megabytes(self) -> float:
        return sum(self.parts.values()) / 1e6


def build(to: Path) -> Path:
    """The wheel of this checkout."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(to)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = to.glob("*.whl")
    return wheel


def extras() -> list[str]:
    """The names of the extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return sorted(project.get("optional-dependencies", {}))


def installed(name: str, requirement: str, folder: Path) -> Installed | None:
    """Install a requirement; None when the registry does not have it."""
    for environment in (folder / "first", folder / "second"):
        subprocess.run([UV, "venv", "--quiet", "--python", sys.executable, environment], check=True)
        began = time.perf_counter()
        done = subprocess.run(
            [*INSTALL, environment, requirement],
            capture_output=True,
            text=True,
            check=False,
        )
        seconds = time.perf_counter() - began
        if done.returncode:
            print(f"{name}: not to be had here ({done.stderr.strip().splitlines()[-1]})")
            return None
    (site,) = environment.glob("lib/python*/site-packages")
    found = {each.name: list(sizes(each)) for each in distributions(path=[str(site)])}
    parts = {each: sum(found[each]) for each in found}
    return Installed(name, seconds, parts, sum(len(each) for each in found.values()))


def sizes(one: Distribution) -> Iterator[int]:
    """Of every file that a distribution brought."""
    for file in one.files or ():
        path = Path(str(one.locate_file(file)))
        if path.is_file() and path.suffix != ".pyc":
            yield path.stat().st_size


def table(rows: Sequence[Installed]) -> None:
    """One row for each environment; the ratios are to the first."""
    print(f"\n{'':24}{'MB':>8}{'files':>8}{'parts':>7}{'s':>7}{'MB x':>8}{'s x':>7}")
    first = rows[0]
    for row in rows:
        print(
            f"{row.name:24}{row.megabytes:8.1f}{row.files:8}{len(row.parts):7}{row.seconds:7.2f}"
            f"{row.megabytes / first.megabytes:8.2f}{row.seconds / first.seconds:7.2f}"
        )


def largest(one: Installed, count: int) -> None:
    """What weighs most in an environment."""
    print(f"\nthe largest {count} in {one.name}, MB")
    for name, size in sorted(one.parts.items(), key=lambda part: -part[1])[:count]:
        print(f"{name:32}{size / 1e6:8.1f}{size / 1e4 / one.megabytes:6.0f} %")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer", action="append", help=f"default: {' and '.join(PEERS)}")
    parser.add_argument("--largest", type=int, default=10)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        began = time.perf_counter()
        wheel = build(folder / "dist")
        took = time.perf_counter() - began
        print(f"{wheel.name}: {wheel.stat().st_size / 1e3:.0f} KB, built in {took:.1f} s")
        wanted = {"framegate": str(wheel)}
        wanted |= {f"framegate[{extra}]": f"{wheel}[{extra}]" for extra in extras()}
        wanted |= {peer: peer for peer in asked.peer or PEERS}
        rows = []
        for number, (name, requirement) in enumerate(wanted.items()):
            row = installed(name, requirement, folder / str(number))
            if row is not None:
                rows.append(row)
        table(rows)
        largest(rows[0], asked.largest)


if __name__ == "__main__":
    main()
