"""`framegate config show`: every setting with its origin, and no secret."""

import json

import pytest

from framegate.settings import SECRETS, Settings

FILE = """
[server]
port = 9000

[upstreams.kling]
kind = "kling"
base_url = "https://user:pass-word@api.example"
api_key = "api-key-1"

[prices."kling-3.0-turbo"]
per_second = "0.2"
"""


@pytest.fixture(autouse=True)
def nowhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def shown(shell, tmp_path):
    def show(*words, text=FILE):
        (tmp_path / "framegate.toml").write_text(text)
        done = shell.bare("config", "show", "--json", *words)
        assert done.exit_code == 0, done.output
        return {each["name"]: (each["value"], each["origin"]) for each in json.loads(done.stdout)}

    return show


def test_each_value_says_where_it_came_from(shown, monkeypatch):
    monkeypatch.setenv("FRAMEGATE_SERVER_HOST", "::1")
    monkeypatch.setenv("FRAMEGATE_UPSTREAMS_KLING_WEIGHT", "3")
    values = shown("--data", "elsewhere")
    assert values["server.port"] == (9000, "framegate.toml")
    assert values["server.host"] == ("::1", "FRAMEGATE_SERVER_HOST")
    assert values["server.body_wait_s"] == (30, "default")
    assert values["data.dir"] == ("elsewhere", "--data")
    assert values["upstreams.kling.weight"] == (3, "FRAMEGATE_UPSTREAMS_KLING_WEIGHT")
    assert values["prices.kling-3.0-turbo.per_second"] == ("0.2", "framegate.toml")


def test_variable_outweighs_the_file_and_is_named(shown, monkeypatch):
    monkeypatch.setenv("FRAMEGATE_SERVER_PORT", "9001")
    assert shown()["server.port"] == (9001, "FRAMEGATE_SERVER_PORT")


def test_secrets_and_passwords_are_masked(shown, shell, tmp_path):
    values = shown()
    assert values["upstreams.kling.api_key"] == ("...", "framegate.toml")
    assert values["upstreams.kling.base_url"][0] == "https://user:...@api.example"
    said = shell.bare("config", "show").output
    assert "api-key-1" not in said
    assert "pass-word" not in said


def test_secret_of_a_file_is_masked_and_names_the_setting_of_its_file(shown, tmp_path):
    (tmp_path / "kling.key").write_text("api-key-2")
    values = shown(text=FILE.replace('api_key = "api-key-1"', 'api_key_file = "kling.key"'))
    assert values["upstreams.kling.api_key"] == ("...", "upstreams.kling.api_key_file")
    assert values["upstreams.kling.api_key_file"] == ("kling.key", "framegate.toml")


def test_every_setting_is_shown(shown):
    sections = {name.partition(".")[0] for name in shown()}
    assert sections == set(Settings.__struct_fields__)
    assert {name.rpartition(".")[2] for name in shown()} >= SECRETS


def test_people_get_one_line_a_setting(shell):
    lines = shell.bare("config", "show").stdout.splitlines()
    assert any(line.split() == ["server.port", "8787", "(default)"] for line in lines)
    assert any(line.split() == ["outbound.allow", "none", "(default)"] for line in lines)


def test_yes_and_no_are_shown_as_the_file_has_them(shell):
    said = shell.bare("config", "show").stdout
    (line,) = [line for line in said.splitlines() if line.startswith("observability.traces")]
    assert line.split()[1] == "false"


def test_wrong_setting_is_a_sentence(shell, tmp_path):
    (tmp_path / "framegate.toml").write_text("[server]\nprot = 1\n")
    done = shell.bare("config", "show")
    assert done.exit_code == 2
    assert "server.prot is not a setting" in done.output
