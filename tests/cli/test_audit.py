"""`framegate audit`: its exit status is what scripts rely on."""

import re
import sqlite3


def test_a_fresh_folder_keeps_every_promise(shell):
    shell.json("accounts", "create", "acme", "--credit", "5")
    report = shell.json("audit")
    assert report["ok"] is True
    assert {promise["broken"] for promise in report["promises"]} == {0}


def test_a_damaged_balance_is_named_and_fails_the_command(shell):
    account = shell.json("accounts", "create", "acme", "--credit", "5")["account"]
    with sqlite3.connect(shell.folder / "framegate.db") as database:
        database.execute("UPDATE accounts SET posted_micros = posted_micros + 1")
    database.close()
    done = shell("audit")
    assert done.exit_code == 1
    assert "BROKEN" in done.output
    assert account in done.output


def test_promises_are_told_in_the_readers_language(shell, monkeypatch):
    shell.json("accounts", "create", "acme", "--credit", "5")
    english = shell.json("audit")
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    lines = shell("audit").stdout.splitlines()
    assert len(lines) == len(english["promises"])
    # A promise that the console has not translated would stand here in English.
    assert [line for line in lines if not re.fullmatch(r"[ \d]{3}  [^a-z]{2}.*：成立", line)] == []
    assert shell.json("audit") == english
