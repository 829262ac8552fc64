"""The command line as a stranger meets it."""

import os
import subprocess
import sys

import pytest

from framegate import __version__

COMMANDS = [
    *("serve", "work", "generate", "demo", "accounts", "keys", "topup", "webhooks", "audit"),
    *("quote", "tasks", "upstreams", "doctor", "config", "pretend-vendor"),
]


def test_help_names_every_command(shell):
    shown = shell.bare("--help").output
    assert [command for command in COMMANDS if command not in shown] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(shell, command):
    done = shell.bare(command, "--help")
    assert done.exit_code == 0
    assert "Usage" in done.output


def test_the_version_is_said(shell):
    assert shell.bare("--version").output == f"framegate {__version__}\n"


def test_a_bad_setting_is_a_sentence_and_not_a_traceback(shell, tmp_path):
    config = tmp_path / "framegate.toml"
    config.write_text("[server]\nprot = 1\n")
    done = shell("accounts", "list", "--config", str(config))
    assert done.exit_code == 2
    assert "prot" in done.output
    assert "Traceback" not in done.output


def test_a_worker_takes_only_queues_that_exist(shell):
    done = shell("work", "--queues", "renders")
    assert done.exit_code == 2
    assert "track, deliver, render, sweep" in done.output


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "framegate quote [选项]"),
        ({"LANGUAGE": "zh_CN:en", "LANG": "en_US.UTF-8"}, "framegate quote [选项]"),
        ({"LANG": "C"}, "framegate quote [OPTIONS]"),
        ({"LANG": "de_DE.UTF-8"}, "framegate quote [OPTIONS]"),
        ({"LANG": "zh_CN.UTF-8", "PYTHONIOENCODING": "ascii"}, "framegate quote [OPTIONS]"),
    ],
    ids=str,
)
def test_process_speaks_the_language_of_its_locale(environment, said):
    done = subprocess.run(
        [sys.executable, "-m", "framegate", "quote", "--help"],
        env={**os.environ, **environment},
        capture_output=True,
        check=True,
    )
    assert said in done.stdout.decode()
