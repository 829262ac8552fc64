import re
import socket

import msgspec
import pytest

from fakes.scripted_server import ScriptedServer, success
from fakes.serving import serving
from framegate.cli.console import link_line
from framegate.client.access import ADDRESS_FILE
from framegate.folder import left_while_alive
from framegate.gateway import Gateway
from framegate.settings import Settings


def test_link_is_printed_with_how_long_it_works(shell):
    shell.json("accounts", "create", "acme")
    done = shell("console", "--account", "acme")

    assert done.exit_code == 0
    assert re.search(
        r"^http://127\.0\.0\.1:8787/console/link/[\w-]{43}$", done.output, re.MULTILINE
    )
    assert "as acme, within 15 minutes" in done.output


def test_link_for_a_program(shell):
    shell.json("accounts", "create", "acme")
    said = shell.json("console", "--account", "acme")
    assert (said["account"], said["good_for_s"]) == ("acme", 900)


def test_operators_link_needs_an_admin_key(shell):
    shell.json("accounts", "create", "acme")
    done = shell("console")
    assert done.exit_code == 3
    assert "no account has a good admin key" in done.stderr


def test_unknown_account_is_told_so(shell):
    assert "account not found: nobody" in shell("console", "--account", "nobody").stderr


def test_start_has_no_link_to_give_while_nothing_can_be_written(tmp_path):
    settings = msgspec.convert({"data": {"dir": str(tmp_path)}}, Settings)
    gateway = Gateway.open(settings)
    gateway.prepare()
    assert "/console/link/" in link_line(gateway)
    gateway.database.close_now()
    assert link_line(gateway) == ""


@pytest.fixture
def acme(shell, monkeypatch):
    monkeypatch.delenv("FRAMEGATE_URL", raising=False)
    shell.json("accounts", "create", "acme")
    return lambda *words: shell("console", "--account", "acme", *words)


def link_in(done):
    assert done.exit_code == 0, done.output
    return done.stdout.splitlines()[0]


def test_link_leads_to_the_server_that_runs_on_the_folder(acme, shell):
    with left_while_alive(shell.folder / ADDRESS_FILE, "http://127.0.0.1:1"):
        assert link_in(acme()).startswith("http://127.0.0.1:1/console/link/")


def test_link_leads_where_the_environment_says(acme, shell, monkeypatch):
    monkeypatch.setenv("FRAMEGATE_URL", "http://127.0.0.1:2/")
    with left_while_alive(shell.folder / ADDRESS_FILE, "http://127.0.0.1:1"):
        assert link_in(acme()).startswith("http://127.0.0.1:2/console/link/")


def test_public_address_is_the_one_that_cookies_are_made_for(acme, monkeypatch):
    monkeypatch.setenv("FRAMEGATE_URL", "http://127.0.0.1:2")
    monkeypatch.setenv("FRAMEGATE_SERVER_PUBLIC_URL", "http://127.0.0.1:3/gate/")
    assert link_in(acme()).startswith("http://127.0.0.1:3/gate/console/link/")


def test_environment_that_names_no_server_is_a_sentence(acme, monkeypatch):
    monkeypatch.setenv("FRAMEGATE_URL", "gate.example")
    done = acme()
    assert done.exit_code == 2
    assert "'gate.example' is not an address of a server" in done.stderr


@pytest.mark.parametrize("more", [[], ["--json"]])
def test_link_that_nobody_answers_is_given_with_one_line_of_warning(acme, monkeypatch, more):
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # Bound and not listening: nobody else takes the port.
        url = f"http://127.0.0.1:{bound.getsockname()[1]}"
        monkeypatch.setenv("FRAMEGATE_URL", url)
        done = acme(*more)
    assert f"{url}/console/link/" in done.stdout
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"this link cannot be opened now: no framegate answers at {url} (")
    assert "; next: start one with: framegate serve" in line


@pytest.mark.parametrize(
    ("data", "warns"), [({"name": "framegate"}, False), ({"name": "another"}, True)]
)
def test_who_answers_is_asked_and_not_shown_the_key(acme, monkeypatch, data, warns):
    server = ScriptedServer()
    server.answers.append(success(data))
    with serving(server.app()) as url:
        monkeypatch.setenv("FRAMEGATE_URL", url)
        done = acme()
    assert ("is no framegate" in done.stderr) == warns
    assert "authorization" not in server.asked[0].headers
