"""A command brings what it needs, and the list of commands brings nothing."""

import subprocess
import sys

import pytest
import typer
from typer.testing import CliRunner

from framegate.cli.lazy import lazy
from framegate.cli.main import framegate, tasks

SERVER = ("aiohttp", "av", "cv2", "numpy", "sqlalchemy", "starlette", "uvicorn")


def loaded_by(*words):
    """Which of the server's packages a command loads."""
    code = (
        "import sys\nfrom framegate.cli.main import run\n"
        f"sys.argv = {['framegate', *words]!r}\n"
        "try:\n    run()\nfinally:\n"
        f"    print('LOADED', *[name for name in {SERVER!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    return done.stdout.partition("LOADED")[2].split()


@pytest.mark.parametrize(
    "words",
    [
        ["--version"],
        ["generate", "--help"],
        ["quote", "--help"],
        ["tasks", "list", "--help"],
        ["config", "show"],
        ["demo", "--sample", "none"],
    ],
    ids=" ".join,
)
def test_command_of_a_user_loads_no_part_of_the_server(words):
    assert loaded_by(*words) == []


def test_command_of_an_operator_does():
    assert "sqlalchemy" in loaded_by("accounts", "create", "--help")


@pytest.mark.parametrize("group", [framegate, tasks])
def test_every_entry_can_be_loaded_under_its_name(group):
    for name, command in typer.main.get_group(group).commands.items():
        assert command.name == name


def test_name_that_is_none_is_told_with_the_one_that_was_meant():
    done = CliRunner().invoke(framegate, ["generat"])
    assert done.exit_code == 2
    assert "Did you mean 'generate'?" in done.output


def test_order_is_the_given_one():
    assert lazy({"b": "x:y", "a": "x:y"})(name="g").list_commands(None) == ["b", "a"]
