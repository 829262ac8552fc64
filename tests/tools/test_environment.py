import ast
import importlib.util
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "tools" / "environment.py"


@pytest.fixture
def environment(tmp_path, monkeypatch):
    """The script, loaded for a checkout of its own with locks in it."""
    spec = importlib.util.spec_from_file_location("environment", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    (tmp_path / "requirements").mkdir()
    for name in ("bootstrap", "run", "check", "docs"):
        (tmp_path / "requirements" / f"{name}.lock").write_text(f"# {name}\n")
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "VENV", tmp_path / ".venv")
    return module


def pretend_made(environment, kind):
    python = environment.VENV / "bin" / "python"
    python.parent.mkdir(parents=True, exist_ok=True)
    python.touch()
    (environment.VENV / f"{kind}.stamp").write_text(environment.fingerprint(kind))


def test_nothing_is_made_before_the_first_run(environment):
    assert not environment.is_made("run")


@pytest.mark.parametrize("kind", ["run", "check"])
def test_environment_with_its_stamp_is_made(environment, kind):
    pretend_made(environment, kind)
    assert environment.is_made(kind)


def test_environment_for_checks_also_runs_the_gateway(environment):
    pretend_made(environment, "check")
    assert environment.is_made("run")


def test_environment_for_running_is_not_enough_for_checks(environment):
    pretend_made(environment, "run")
    assert not environment.is_made("check")


@pytest.mark.parametrize(("made", "is_enough"), [("check", True), ("docs", True), ("run", False)])
def test_environment_for_the_site_is_its_own_or_that_for_checks(environment, made, is_enough):
    pretend_made(environment, made)
    assert environment.is_made("docs") is is_enough


@pytest.mark.parametrize("file", ["requirements/run.lock", "pyproject.toml"])
def test_changed_lock_or_project_makes_it_again(environment, file):
    pretend_made(environment, "run")
    (environment.ROOT / file).write_text("changed\n")
    assert not environment.is_made("run")


def test_stamp_without_a_python_is_not_believed(environment):
    pretend_made(environment, "run")
    (environment.VENV / "bin" / "python").unlink()
    assert not environment.is_made("run")


def test_mirror_of_pip_becomes_the_mirror_of_uv(environment):
    settings = environment.uv_settings({"PIP_INDEX_URL": "https://mirror.example/simple"}, [])
    assert settings["UV_DEFAULT_INDEX"] == "https://mirror.example/simple"


def test_settings_file_of_pip_is_read_and_its_environment_weighs_more(environment, tmp_path):
    file = tmp_path / "pip.conf"
    file.write_text("[global]\nindex-url = https://file.example\nfind-links = /a\n    /b\n")
    settings = environment.uv_settings({"PIP_INDEX_URL": "https://env.example"}, [file])
    assert settings["UV_DEFAULT_INDEX"] == "https://env.example"
    assert settings["UV_FIND_LINKS"] == "/a,/b"


def test_without_settings_uv_keeps_its_own_index(environment, tmp_path):
    settings = environment.uv_settings({}, [tmp_path / "none.conf"])
    assert settings == {"UV_INDEX_STRATEGY": "unsafe-best-match"}


def test_named_settings_file_of_pip_comes_last_and_weighs_most(environment):
    files = environment.pip_files({"HOME": "/home/me", "PIP_CONFIG_FILE": "/etc/mine.conf"})
    assert files[-1] == Path("/etc/mine.conf")
    assert Path("/home/me/.config/pip/pip.conf") in files


@pytest.mark.parametrize("arguments", [[], ["everything"], ["run", "check"]])
def test_unknown_kind_is_answered_with_the_usage(environment, capsys, arguments):
    assert environment.main(arguments) == 1
    assert "usage:" in capsys.readouterr().err


def test_old_python_is_told_what_it_needs(environment, monkeypatch, capsys):
    monkeypatch.setattr(environment.sys, "version_info", (3, 9, 2))
    monkeypatch.setenv("PATH", "")
    assert environment.main(["run"]) == 1
    assert "framegate needs Python 3.11 or newer" in capsys.readouterr().err


def test_help_of_make_names_every_target():
    said = subprocess.run(
        ["make", "help"], cwd=SCRIPT.parents[1], capture_output=True, text=True, check=True
    ).stdout
    for target in ("demo", "serve", "test", "check", "bench", "docs", "lock", "clean"):
        assert f"make {target} " in said


def test_script_keeps_the_syntax_of_an_old_python():
    """It must reach the sentence that says it is old, not a syntax error."""
    ast.parse(SCRIPT.read_text(), feature_version=(3, 7))
