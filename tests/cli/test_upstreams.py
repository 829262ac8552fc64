"""`framegate upstreams`: how each fares, and asking one."""

import pytest

from fakes.opened import opened
from framegate.domain.health import Breaker, Health
from framegate.gateway import now_ms
from framegate.store import upstreams

TWO = """
[upstreams.local]
kind = "local"
concurrency = 4

[upstreams.gone]
kind = "kling"
base_url = "http://127.0.0.1:1"
api_key = "api-key-secret"
weight = 3
"""


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "framegate.toml"
    path.write_text(TWO)
    return str(path)


def open_breaker(shell, **changes):
    with opened(shell.folder) as gateway:
        health = Health(name="gone", breaker=Breaker.OPEN, retry_ms=now_ms() + 60_000, **changes)
        gateway.database.write_now(upstreams.keep_health, health)


def test_the_list_has_every_upstream_in_the_operators_order(shell, config):
    listed = shell.json("upstreams", "list", "--config", config)
    assert [each["name"] for each in listed] == ["local", "gone"]
    assert [each["weight"] for each in listed] == [1, 3]


def test_the_table_shows_slots_and_breaker(shell, config):
    open_breaker(shell, failures=5, last_error="reset")
    shown = shell("upstreams", "list", "--config", config).output
    assert "0/4" in shown
    assert "open, next try in" in shown
    assert "reset" in shown


@pytest.mark.parametrize("words", ["[/no]", "[b]x", "\x1b[3m", "a\nb"])
def test_an_upstreams_words_are_shown_and_not_obeyed(shell, config, words):
    """It may say what a terminal, or our table, would take for an order."""
    open_breaker(shell, last_error=words)
    done = shell("upstreams", "list", "--config", config)
    assert done.exit_code == 0
    assert "\x1b" not in done.output
    assert done.output.count("\n") == 3  # A head and two upstreams.


def test_one_that_is_well_says_so(shell):
    done = shell("upstreams", "test", "local")
    assert (done.exit_code, done.output) == (0, "local is well: renders here\n")
    assert shell.json("upstreams", "test", "local")["well"] is True


def test_one_that_does_not_answer_ends_with_another_status(shell, config):
    done = shell("upstreams", "test", "gone", "--config", config)
    assert done.exit_code == 1
    assert "gone is NOT well: no answer" in done.output
    (_, gone) = shell.json("upstreams", "list", "--config", config)
    assert gone["failures_in_a_row"] == 1


def test_an_unknown_one_is_told_which_there_are(shell):
    done = shell("upstreams", "test", "nobody")
    assert done.exit_code == 2
    assert "no upstream 'nobody'; there are: local" in done.output


def test_no_command_shows_a_key(shell, config):
    shown = [
        shell("upstreams", *words, "--config", config) for words in (["list"], ["test", "gone"])
    ]
    assert not [done for done in shown if "api-key-secret" in done.output]
