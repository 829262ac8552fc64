"""An operator's commands on a data folder."""

import msgspec
import pytest
from rich.cells import cell_len

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


def test_limits_of_an_account_are_set_shown_and_lifted(shell):
    shell.json("accounts", "create", "acme")
    limited = shell.json("accounts", "limit", "acme", "--rate", "600", "--in-flight", "5")
    assert (limited["rate"], limited["in_flight_max"], limited["in_flight"]) == (600, 5, 0)
    assert f"{'rate a minute':<16}600" in shell("accounts", "show", "acme").output
    done = shell("accounts", "limit", "acme", "--rate", "none")
    assert "acme may have any number of requests a minute, 5 tasks in flight" in done.output


def test_limit_that_names_nothing_says_what_it_takes(shell):
    shell.json("accounts", "create", "acme")
    done = shell("accounts", "limit", "acme")
    assert (done.exit_code, "--rate, --in-flight" in done.output) == (2, True)


def test_limit_that_is_none_is_refused_in_the_words_of_the_api(shell):
    shell.json("accounts", "create", "acme")
    done = shell("accounts", "limit", "acme", "--in-flight", "0")
    assert done.exit_code == 3
    assert "in_flight must be an integer from 1 to 1000000, or null; got integer 0" in done.output


def test_chinese_table_stands_in_its_columns_and_json_is_as_ever(shell, monkeypatch):
    shell.json("accounts", "create", "acme", "--credit", "7")
    english = shell.json("accounts", "list")
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    heading, row = shell("accounts", "list").output.splitlines()
    assert heading.split() == ["账户", "名称", "账面余额", "冻结", "可用额度"]
    # A character of the heading takes two cells: the values begin below it all the same.
    starts = [cell_len(heading[: heading.index(word)]) for word in heading.split()]
    assert [row[start - 1 : start + 1].strip() for start in starts[1:]] == ["a", "7", "0", "7"]
    assert shell.json("accounts", "list") == english


def test_chinese_reader_is_refused_in_chinese(shell, monkeypatch):
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    done = shell("topup", "nobody", "5")
    assert done.exit_code == 3
    assert done.output == "framegate: 没有账户 'nobody'；查看：framegate accounts list\n"
    done = shell("topup", "nobody", "x")
    assert (done.exit_code, done.output) == (2, "framegate: AMOUNT：'x' 不是十进制数\n")
