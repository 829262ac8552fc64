import importlib.util
import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "tools" / "assets.py"


@pytest.fixture
def assets(tmp_path, monkeypatch):
    """The script, loaded for a checkout of its own."""
    spec = importlib.util.spec_from_file_location("assets", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for name in ("package.json", "package-lock.json"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    monkeypatch.setattr(module, "ROOT", tmp_path)
    for name in ("VENV", "ASSETS", "MODULES", "VENDOR"):
        monkeypatch.setattr(module, name, tmp_path / name.lower())
    monkeypatch.setattr(module, "STAMP", tmp_path / "vendor" / "stamp")
    monkeypatch.setattr(module, "AXE", tmp_path / "axe.js")
    return module


def pretend_npm(assets, folder, monkeypatch, status=0):
    """A program that leaves what npm would."""
    tool = folder / "bin" / "npm"
    tool.parent.mkdir()
    files = " ".join(f"{assets.MODULES}/{origin}" for origin in assets.SHIPPED.values())
    tool.write_text(f"#!/bin/sh\nfor f in {files}; do mkdir -p $(dirname $f); echo $f > $f; done\n"
                    f"touch {assets.AXE}\nexit {status}\n")  # fmt: skip
    tool.chmod(0o755)
    (folder / "bin" / "node").symlink_to(tool)
    monkeypatch.setenv("PATH", f"{folder / 'bin'}:/usr/bin:/bin")


def test_lock_names_no_address_and_pins_every_file():
    lock = (ROOT / "package-lock.json").read_text()
    assert "://" not in lock
    packages = {name: each for name, each in json.loads(lock)["packages"].items() if name}
    assert all(each["integrity"].startswith("sha512-") for each in packages.values())


def test_lock_holds_what_is_asked_for():
    asked = json.loads((ROOT / "package.json").read_text())
    lock = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    for name, version in (asked["dependencies"] | asked["devDependencies"]).items():
        assert lock[f"node_modules/{name}"]["version"] == version


def test_files_are_copied_once_and_again_when_the_lock_changes(assets, tmp_path, monkeypatch):
    pretend_npm(assets, tmp_path, monkeypatch)
    assert not assets.is_fetched()

    assets.fetch()

    assert assets.is_fetched()
    assert all((assets.VENDOR / name).is_file() for name in assets.SHIPPED)
    (assets.ROOT / "package-lock.json").write_text("{}")
    assert not assets.is_fetched()


def test_failing_npm_is_said_and_leaves_no_stamp(assets, tmp_path, monkeypatch, capsys):
    pretend_npm(assets, tmp_path, monkeypatch, status=1)
    assert assets.main([]) == 1
    assert "could not fetch" in capsys.readouterr().err
    assert not assets.is_fetched()


def test_without_npm_and_uv_it_says_so(assets, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert assets.main([]) == 1
    assert "there is no npm" in capsys.readouterr().err
