"""A command brings what it needs, and the list of commands brings nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from framegate.cli.lazy import lazy
from framegate.cli.main import framegate, tasks, webhooks

# Babel too: it takes longer to load than a quick command takes.
SERVER = ("babel", "aiohttp", "av", "cv2", "numpy", "sqlalchemy", "starlette", "uvicorn")


def loaded_by(*words, locale="C.UTF-8"):
    """Which of the server's packages a command loads."""
    code = (
        "import sys\nfrom framegate.cli.main import run\n"
        f"sys.argv = {['framegate', *words]!r}\n"
        "try:\n    run()\nfinally:\n"
        f"    print('LOADED', *[name for name in {SERVER!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LANG": locale},
    )
    return done.stdout.partition("LOADED")[2].split()


@pytest.mark.parametrize(
    "words",
    [
        ["--version"],
        ["generate", "--help"],
        ["quote", "--help"],
        ["tasks", "list", "--help"],
        ["usage", "--help"],
        ["webhooks", "listen", "--help"],
        ["webhooks", "verify", "--help"],
        ["webhooks", "list", "--url", "http://127.0.0.1:9", "--key", "fg_x"],
        ["config", "show"],
        ["demo", "--sample", "none"],
    ],
    ids=" ".join,
)
def test_command_of_a_user_loads_no_part_of_the_server(words):
    assert loaded_by(*words) == []


def test_chinese_is_read_without_loading_more():
    assert loaded_by("generate", "--help", locale="zh_CN.UTF-8") == []


def test_command_of_an_operator_does():
    assert "sqlalchemy" in loaded_by("accounts", "create", "--help")


@pytest.mark.parametrize("group", [framegate, tasks, webhooks])
def test_every_entry_can_be_loaded_under_its_name(group):
    for name, command in typer.main.get_group(group).commands.items():
        assert command.name == name


def test_name_that_is_none_is_told_with_the_one_that_was_meant():
    done = CliRunner().invoke(framegate, ["generat"])
    assert done.exit_code == 2
    assert "Did you mean 'generate'?" in done.output


def test_order_is_the_given_one():
    assert lazy({"b": "x:y", "a": "x:y"})(name="g").list_commands(None) == ["b", "a"]


# --- completion -------------------------------------------------------------------------------

COMPLETE = {
    "bash": lambda typed: {
        "_FRAMEGATE_COMPLETE": "complete_bash",
        "COMP_WORDS": typed,
        "COMP_CWORD": str(len(typed.split(" ")) - 1),
    },
    "zsh": lambda typed: {
        "_FRAMEGATE_COMPLETE": "complete_zsh",
        "_TYPER_COMPLETE_ARGS": typed,
    },
    "fish": lambda typed: {
        "_FRAMEGATE_COMPLETE": "complete_fish",
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
        "_TYPER_COMPLETE_ARGS": typed,
    },
}


def completed(shell, typed):
    """What framegate answers to the script that it gives this shell."""
    done = subprocess.run(
        [Path(sys.executable).with_name("framegate")],
        env={**os.environ, **COMPLETE[shell](typed)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout


@pytest.mark.parametrize("shell", COMPLETE)
@pytest.mark.parametrize(
    ("typed", "found", "other"),
    [
        ("framegate ta", "tasks", "quote"),
        ("framegate webhooks re", "replay", "listen"),
        ("framegate tasks list --st", "--status", "--limit"),
        ("framegate webhooks deliveries --status f", "failed", "pending"),
        ("framegate keys create --sc", "--scope", "--account"),
    ],
)
def test_every_shell_completes_commands_options_and_values(shell, typed, found, other):
    said = completed(shell, typed)
    assert found in said
    assert other not in said


def test_a_name_is_completed_without_loading_what_bears_it():
    code = (
        "import sys\nfrom framegate.cli.main import framegate\n"
        "try:\n    framegate(prog_name='framegate')\nfinally:\n"
        "    print('LOADED', *[name for name in sys.modules if name.startswith('framegate.cli.')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **COMPLETE["bash"]("framegate ")},
        capture_output=True,
        text=True,
        check=False,
    )
    names, _, loaded = done.stdout.partition("LOADED")
    assert names.split() == typer.main.get_group(framegate).list_commands(None)
    assert set(loaded.split()) == {
        f"framegate.cli.{name}" for name in ("lazy", "main", "help_pages", "language", "sentences")
    }


def test_bash_itself_completes_by_the_script_that_is_shown():
    typed = """
        source <(framegate --show-completion)
        COMP_WORDS=(framegate webhooks li) COMP_CWORD=2
        _framegate_completion framegate
        echo "${COMPREPLY[@]}"
    """
    binaries = str(Path(sys.executable).parent)
    done = subprocess.run(
        ["bash", "-c", typed],
        env={**os.environ, "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == ["listen", "list"], done.stderr
