"""Commands run in this process, on a data folder of their own."""

import json

import pytest
import structlog
from typer.testing import CliRunner

from framegate.cli.main import framegate


class Shell:
    def __init__(self, folder):
        self.folder = folder
        self.runner = CliRunner()
        self.app = framegate

    def __call__(self, *words):
        """Run one command; every one but the version's takes the data folder."""
        return self.runner.invoke(framegate, [*words, "--data", str(self.folder)])

    def bare(self, *words):
        return self.runner.invoke(framegate, list(words))

    def json(self, *words):
        done = self(*words, "--json")
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)


@pytest.fixture
def shell(tmp_path, monkeypatch):
    # Lines are as long as a terminal's would be for people; not broken inside a sentence.
    monkeypatch.setenv("COLUMNS", "200")
    yield Shell(tmp_path / "data")
    # A command that began to serve has bound the log to a stream that the runner has closed.
    structlog.reset_defaults()


@pytest.fixture
def scripted(script_server, monkeypatch, tmp_path):
    """A server that answers as it is told, and its address; commands find it by themselves."""
    server, url = script_server
    server.reset()
    monkeypatch.setenv("FRAMEGATE_URL", url)
    monkeypatch.setenv("FRAMEGATE_KEY", "fg_key")
    monkeypatch.chdir(tmp_path)
    return server, url
