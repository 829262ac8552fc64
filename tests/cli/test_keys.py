"""An operator's commands on the keys of a data folder."""

from datetime import UTC, datetime, timedelta

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
    key_id = shell.json("keys", "create", "--account", "acme", "--expires", "30d")["id"]
    (expires_at,) = [
        each["expires_at"]
        for each in shell.json("keys", "list", "--account", "acme")
        if each["id"] == key_id
    ]
    until = datetime.fromtimestamp(expires_at // 1_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    states = sorted(
        line.split("full ")[1].strip()
        for line in shell("keys", "list", "--account", "acme").output.splitlines()
        if line.startswith("key_")
    )
    assert states == ["good", f"good until {until}"]


def test_key_has_the_name_and_the_limits_that_it_is_made_with(shell):
    shell.json("accounts", "create", "acme")
    made = shell.json(
        *("keys", "create", "--account", "acme", "--name", "nightly"),
        *("--rate", "60", "--in-flight", "2", "--budget", "25.5"),
    )
    assert made["name"] == "nightly"
    assert made["limits"] == {"rate": 60, "in_flight": 2, "budget": "25.5"}
    listed = shell.json("keys", "list", "--account", "acme")
    assert [each["id"] for each in listed][1:] == [made["id"]]
    assert "key" not in listed[1]
    line = "nightly: spent 0 of 25.5, 0 of 2 in flight, 60 requests a minute, last used never"
    assert line in shell("keys", "list", "--account", "acme").output


def test_limit_changes_what_it_names_and_leaves_the_rest(shell):
    shell.json("accounts", "create", "acme")
    key_id = shell.json("keys", "create", "--account", "acme", "--rate", "60")["id"]
    changed = shell.json("keys", "limit", key_id, "--budget", "5", "--in-flight", "3")
    assert changed["limits"] == {"rate": 60, "in_flight": 3, "budget": "5"}
    assert (
        "spent 0 of 5, 0 in flight, 60"
        in shell("keys", "limit", key_id, "--in-flight", "none").output
    )


def test_limit_of_no_key_says_where_to_look(shell):
    done = shell("keys", "limit", "key_x", "--rate", "5")
    assert (done.exit_code, "see: framegate keys list" in done.output) == (3, True)
    done = shell("keys", "limit", "key_x")
    assert (done.exit_code, "--rate, --in-flight, --budget" in done.output) == (2, True)


@pytest.mark.parametrize(
    ("text", "until"),
    [
        ("2999-01-31", datetime(2999, 1, 31, tzinfo=UTC)),
        ("2999-01-31T10:00:00+02:00", datetime(2999, 1, 31, 8, tzinfo=UTC)),
        ("2999-01-31T10:00:00", datetime(2999, 1, 31, 10, tzinfo=UTC)),
    ],
)
def test_key_ends_at_a_date(shell, text, until):
    shell.json("accounts", "create", "acme")
    made = shell.json("keys", "create", "--account", "acme", "--expires", text)
    assert made["expires_at"] == until.timestamp() * 1_000


def test_key_ends_after_a_span(shell):
    shell.json("accounts", "create", "acme")
    made = shell.json("keys", "create", "--account", "acme", "--expires", "12h")
    assert made["expires_at"] - made["created_at"] == timedelta(hours=12) // timedelta(
        milliseconds=1
    )


@pytest.mark.parametrize(
    ("text", "status", "words"),
    [
        ("soon", 2, "--expires takes 30d, 12h or a date such as 2027-01-31; got 'soon'"),
        ("2001-01-01", 3, "expires_at must be a time to come"),
        ("9999999d", 2, "--expires takes 30d"),
    ],
)
def test_end_that_is_none_is_refused(shell, text, status, words):
    shell.json("accounts", "create", "acme")
    done = shell("keys", "create", "--account", "acme", "--expires", text)
    assert (done.exit_code, words in done.output) == (status, True)
