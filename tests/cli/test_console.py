import re

import msgspec

from framegate.cli.console import link_line
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
