"""A mistake on the command line is a sentence that says what to do, and never a traceback."""

import msgspec
import pytest
from typer.testing import CliRunner

from framegate.cli.main import framegate
from framegate.domain.ledger import Scope
from framegate.gateway import Gateway, new_key
from framegate.settings import Settings
from framegate.store import accounts as rows
from framegate.store import keys

A_KEY = ("--key", "fg_x")

# The words as they are typed, the exit status, and what the sentence must say.
MISTAKES = [
    (["audit", "--data", "no-such-folder"], 2, "name its folder with --data"),
    (["serve", "--port", "99999"], 2, "from 0 to 65535; got 99999"),
    (["serve", "--config", "no-such-file"], 2, "no-such-file cannot be read"),
    (
        ["generate", "a.jpg", "--url", "gate.example", *A_KEY],
        2,
        "give one like http://127.0.0.1:8787 with --url",
    ),
    (
        ["generate", "a.jpg", "--url", "http://[::1", *A_KEY],
        2,
        "give one like http://127.0.0.1:8787 with --url",
    ),
    (["generate", "a.jpg", "--key", "schl\u00fcssel"], 2, "copy the key anew"),
    (["generate", "a.jpg", "--key", "fg_a\nfg_b"], 2, "copy the key anew"),
    (["generate", "no-such.jpg", *A_KEY], 2, "no-such.jpg cannot be read"),
    (["generate", "http://a.example/a.jpg", "-o", ".", *A_KEY], 2, "name a file in it"),
    (["keys", "revoke", "key_x"], 3, "see: framegate keys list"),
    (["topup", "nobody", "5"], 3, "see: framegate accounts list"),
    (["topup", "nobody", "five"], 2, "AMOUNT: 'five' is not a decimal number"),
    (["generate", "a.jpg", "push", "-p", "push", *A_KEY], 2, "give PROMPT or --prompt"),
    (["demo", "--sample", "x"], 2, "--sample takes aurora"),
    (["work", "--queues", "renders"], 2, "--queues takes track"),
]


@pytest.mark.parametrize(
    ("words", "status", "sentence"), MISTAKES, ids=lambda value: str(value)[:40]
)
def test_mistake_is_told_with_what_to_do(words, status, sentence, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    done = CliRunner().invoke(framegate, words)
    assert (done.exit_code, done.output.startswith("framegate: ")) == (status, True), done.output
    assert sentence in done.output
    assert "Traceback" not in done.output


def test_audit_of_a_misspelt_folder_makes_no_folder(tmp_path):
    """A timer that is told "all promises hold" of an empty folder would be told so for ever."""
    CliRunner().invoke(framegate, ["audit", "--data", str(tmp_path / "typo")])
    assert list(tmp_path.iterdir()) == []


def test_key_whose_time_is_over_is_not_called_good(tmp_path):
    gateway = Gateway.open(msgspec.convert({"data": {"dir": str(tmp_path)}}, Settings))
    gateway.prepare()
    (account,) = gateway.database.read_now(rows.all_accounts)
    gateway.database.write_now(
        keys.create,
        account_id=account.id,
        key=new_key(),
        scope=Scope.FULL,
        expires_ms=1,
        now_ms=0,
    )
    gateway.database.close_now()
    done = CliRunner().invoke(
        framegate, ["keys", "list", "--account", account.name, "--data", str(tmp_path)]
    )
    states = sorted(line.split()[3] for line in done.output.splitlines() if line.startswith("key_"))
    assert states == ["expired", "good"]
