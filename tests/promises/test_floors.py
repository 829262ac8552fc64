"""Every package that we depend on stands behind a wall, and the walls are those of the linter."""

import itertools
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
CONTRACTS = PROJECT["tool"]["importlinter"]["contracts"]

# What any floor may import: a value library and a log, neither of which does anything by itself.
EVERYWHERE = {"msgspec", "structlog"}
# Used through others and never imported by name: by uvicorn, and by starlette's forms.
NOT_IMPORTED = {"httptools", "python_multipart"}
IMPORTED_AS = {
    "opentelemetry-exporter-otlp-proto-http": "opentelemetry",
    "opentelemetry-sdk": "opentelemetry",
    "opencv-python-headless": "cv2",
    "pillow": "PIL",
    "prometheus-client": "prometheus_client",
    "pyjwt": "jwt",
    "python-multipart": "python_multipart",
    "python-ulid": "ulid",
}


def dependencies():
    extras = PROJECT["project"]["optional-dependencies"].values()
    lines = itertools.chain(PROJECT["project"]["dependencies"], *extras)
    names = (re.split(r"[<>=\[; ]", line)[0] for line in lines)
    return {IMPORTED_AS.get(name, name) for name in names}


def fenced():
    return {
        name for one in CONTRACTS if one["type"] == "protected" for name in one["protected_modules"]
    }


def floors():
    layers = next(one for one in CONTRACTS if one["id"] == "floors")["layers"]
    return {name.strip(" ()") for layer in layers for name in layer.split("|")}


@pytest.mark.parametrize("package", sorted(dependencies()))
def test_dependency_has_a_fence_or_a_reason_to_have_none(package):
    assert package in fenced() | EVERYWHERE | NOT_IMPORTED


def test_every_module_has_a_floor():
    entries = (ROOT / "src" / "framegate").iterdir()
    modules = {entry.stem for entry in entries if not entry.name.startswith("_")} - {"py"}
    assert modules <= floors()


@pytest.mark.parametrize("lock", ["bootstrap", "node", "run", "check"])
def test_lock_pins_every_file_and_names_no_address(lock):
    text = (ROOT / "requirements" / f"{lock}.lock").read_text()
    assert "://" not in text
    for requirement in text.replace("\\\n", "").splitlines():
        assert re.search(r"==\S+ .*--hash=sha256:[0-9a-f]{64}", requirement), requirement


def test_what_is_tested_is_what_runs():
    """check.lock holds every line of run.lock: same versions, same files."""
    run, check = (
        set((ROOT / "requirements" / f"{lock}.lock").read_text().replace("\\\n", "").splitlines())
        for lock in ("run", "check")
    )
    assert run <= check
