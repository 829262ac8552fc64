"""The options that commands share, and which of all sources has the last word."""

import pytest

from framegate.cli.options import settings
from framegate.errors import SettingsInvalid


@pytest.fixture(autouse=True)
def nowhere(tmp_path, monkeypatch):
    """A folder without a framegate.toml, and an environment without a word of ours."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FRAMEGATE_SERVER_PORT", raising=False)
    monkeypatch.delenv("FRAMEGATE_DATA_DIR", raising=False)


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "other.toml"
    path.write_text('[server]\nport = 1001\n[data]\ndir = "from-file"\n')
    return path


def test_without_a_word_the_defaults_hold():
    chosen = settings(data=None)
    assert (chosen.data.dir, chosen.server.port) == ("framegate-data", 8787)


def test_a_file_is_read(config):
    chosen = settings(data=None, config=config)
    assert (chosen.data.dir, chosen.server.port) == ("from-file", 1001)


def test_the_environment_is_above_the_file(config, monkeypatch):
    monkeypatch.setenv("FRAMEGATE_SERVER_PORT", "1002")
    assert settings(data=None, config=config).server.port == 1002


def test_an_option_is_above_the_environment(config, monkeypatch):
    monkeypatch.setenv("FRAMEGATE_SERVER_PORT", "1002")
    monkeypatch.setenv("FRAMEGATE_DATA_DIR", "from-environment")
    chosen = settings(data="from-option", config=config, port=1003)
    assert (chosen.data.dir, chosen.server.port) == ("from-option", 1003)


def test_an_option_that_was_not_given_hides_nothing(config):
    assert settings(data=None, config=config, host=None, port=None).server.port == 1001


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(SettingsInvalid, match=r"missing\.toml"):
        settings(data=None, config=tmp_path / "missing.toml")
