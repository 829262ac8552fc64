"""The wheel has all that a checkout has, and works from an empty place."""

import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = "src/framegate/"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel of this checkout, built without a network."""
    to = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(to)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (built,) = to.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def unpacked(wheel, tmp_path_factory):
    """As an installer would lay it out."""
    to = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(to)
    return to


def run(unpacked, folder, *words):
    """The command line of the unpacked wheel, in a folder with nothing of the checkout in sight."""
    kept = {name: text for name, text in os.environ.items() if "FRAMEGATE" not in name}
    environment = kept | {"PYTHONPATH": str(unpacked), "PYTHONSAFEPATH": "1"}
    return subprocess.run(
        [sys.executable, "-m", "framegate", *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_file_of_the_package_is_in_the_wheel(wheel):
    listed = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", SOURCE],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    ours = {name.removeprefix("src/") for name in listed.stdout.split()}
    assert len(ours) > 100
    with zipfile.ZipFile(wheel) as archive:
        assert ours <= set(archive.namelist())


def test_wheel_runs_its_own_code(unpacked, tmp_path):
    program = "import framegate; print(framegate.__file__)"
    environment = {"PYTHONPATH": str(unpacked), "PATH": os.environ["PATH"]}
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith(str(unpacked))


def test_wheel_makes_the_demo_in_an_empty_folder(unpacked, tmp_path):
    done = run(unpacked, tmp_path, "demo", "--output", "demo.mp4")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "demo.mp4").read_bytes()[4:8] == b"ftyp"


def test_wheel_describes_itself_in_both_languages(unpacked, tmp_path):
    for language in ("en", "zh"):
        done = run(unpacked, tmp_path, "openapi", "--lang", language)
        assert done.returncode == 0, done.stderr


def test_wheel_has_what_browsers_load_from_others(wheel):
    """As far as this checkout has fetched it: git knows nothing of these files."""
    vendor = ROOT / SOURCE / "web/console/static/vendor"
    fetched = {str(path.relative_to(ROOT / "src")) for path in vendor.glob("*.*")}
    with zipfile.ZipFile(wheel) as archive:
        assert fetched <= set(archive.namelist())


def test_wheel_offers_its_extras(wheel):
    with zipfile.ZipFile(wheel) as archive:
        (metadata,) = [name for name in archive.namelist() if name.endswith("/METADATA")]
        lines = archive.read(metadata).decode().splitlines()
    offered = {line.split()[1] for line in lines if line.startswith("Provides-Extra:")}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert offered == set(project["optional-dependencies"]) == {"otel"}
