"""An operator's commands on a data folder."""

from datetime import UTC, datetime

import msgspec
import pytest

from framegate.gateway import Gateway
from framegate.settings import Settings


async def authenticated(folder, key):
    settings = msgspec.convert({"data": {"dir": str(folder)}}, Settings)
    gateway = Gateway.open(settings)
    try:
        return await gateway.authenticate(key)
    finally:
        await gateway.close()


async def test_a_new_account_has_its_credit_and_a_working_key(shell):
    made = shell.json("accounts", "create", "acme", "--credit", "1000")
    assert set(made) == {"account", "key", "webhook_secret"}
    assert made["key"].startswith("fg_")
    assert made["webhook_secret"].startswith("whsec_")
    caller = await authenticated(shell.folder, made["key"])
    assert caller.account.id == made["account"]
    assert caller.account.available_micros == 1_000_000_000


def test_a_taken_name_is_refused(shell):
    shell.json("accounts", "create", "acme")
    again = shell("accounts", "create", "acme")
    assert again.exit_code == 2
    assert "there is an account 'acme' already" in again.output


@pytest.mark.parametrize(
    ("credit", "words"),
    [
        ("ten", "'ten' is not a decimal number"),
        ("0.0000001", "more than 6 decimals"),
        ("-5", "must not be negative"),
        ("9" * 30, "is beyond"),
    ],
)
def test_a_bad_amount_names_itself(shell, credit, words):
    done = shell("accounts", "create", "acme", f"--credit={credit}")
    assert done.exit_code == 2
    assert words in done.output


async def test_a_second_key_is_as_good_as_the_first(shell):
    made = shell.json("accounts", "create", "acme")
    key = shell.json("keys", "create", "--account", "acme")["key"]
    caller = await authenticated(shell.folder, key)
    assert caller.account.id == made["account"]


async def test_a_reading_key_may_not_create(shell):
    shell.json("accounts", "create", "acme")
    key = shell.json("keys", "create", "--account", "acme", "--scope", "read")["key"]
    caller = await authenticated(shell.folder, key)
    assert not caller.key.scope.may_create


def test_a_revoked_key_is_listed_as_such_and_cannot_be_revoked_twice(shell):
    shell.json("accounts", "create", "acme")
    key_id = shell.json("keys", "create", "--account", "acme")["id"]
    assert shell("keys", "revoke", key_id).exit_code == 0
    assert "revoked" in shell("keys", "list", "--account", "acme").output
    assert shell("keys", "revoke", key_id).exit_code == 3


def test_a_key_that_ends_is_listed_with_its_last_day(shell):
    """Whoever hands out keys for a month wants to see which one ends when."""
    shell.json("accounts", "create", "acme")
    key_id = shell.json("keys", "create", "--account", "acme", "--days", "30")["id"]
    (expires_ms,) = [
        each["expires_ms"]
        for each in shell.json("keys", "list", "--account", "acme")
        if each["id"] == key_id
    ]
    until = datetime.fromtimestamp(expires_ms // 1_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    states = sorted(
        line.split("full ")[1].strip()
        for line in shell("keys", "list", "--account", "acme").output.splitlines()
    )
    assert states == ["good", f"good until {until}"]


def test_an_account_without_a_limit_is_shown_as_it_is_listed(shell):
    shell.json("accounts", "create", "free", "--unlimited")
    assert f"{'available':<16}unlimited" in shell("accounts", "show", "free").output


def test_a_topup_adds_up(shell):
    shell.json("accounts", "create", "acme", "--credit", "1")
    assert shell.json("topup", "acme", "50")["available"] == "51"
    assert "51.5" in shell("topup", "acme", "0.5").output


def test_a_correction_cannot_take_more_than_there_is(shell):
    shell.json("accounts", "create", "acme", "--credit", "1")
    done = shell.bare("topup", "--data", str(shell.folder), "acme", "--", "-2")
    assert done.exit_code == 3
    assert "not enough credit" in done.output


def test_an_unknown_account_is_told_where_to_look(shell):
    done = shell("topup", "nobody", "5")
    assert done.exit_code == 3
    assert "no account 'nobody'; see: framegate accounts list" in done.output


def test_the_list_of_nobody_says_how_to_begin(shell):
    assert "framegate accounts create NAME" in shell("accounts", "list").output


def test_show_tells_the_same_webhook_secret_again(shell):
    made = shell.json("accounts", "create", "acme")
    assert shell.json("accounts", "show", "acme")["webhook_secret"] == made["webhook_secret"]


def test_the_list_has_every_account(shell):
    shell.json("accounts", "create", "acme", "--credit", "3")
    shell.json("accounts", "create", "free", "--unlimited")
    listed = shell.json("accounts", "list")
    assert [(each["name"], each["posted"]) for each in listed] == [("acme", "3"), ("free", "0")]
    assert "unlimited" in shell("accounts", "list").output


@pytest.mark.parametrize("name", ["[/b] & sons", "[red]acme", "a:smile:b"])
def test_a_name_is_listed_as_it_is(shell, name):
    shell.json("accounts", "create", name)
    done = shell("accounts", "list")
    assert done.exit_code == 0
    assert name in done.output
