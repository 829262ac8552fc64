"""How commands speak: each kind of trouble has its words and its exit status."""

import json

import pytest
import typer

from framegate.cli.terminal import cell, fail, printable, say, say_json, troubles, word
from framegate.client import ServerRefused, ServerUnreachable, TaskFailed
from framegate.errors import CreditMissing, LedgerBroken, NotFound, SettingsInvalid, StoreDown

TWO_RULES = {
    "code": 1201,
    "message": "contents is required",
    "request_id": "req_7",
    "data": {
        "errors": [
            {"path": "/contents", "message": "contents is required"},
            {"path": "/settings/duration", "message": "settings.duration must be an integer"},
        ]
    },
}
TROUBLES = [
    (SettingsInvalid("server.port must be a number"), 2, "server.port must be a number"),
    (ServerRefused(402, {"message": "not enough credit"}), 3, "not enough credit"),
    (ServerRefused(502, {}), 3, "HTTP 502"),
    (CreditMissing("not enough credit"), 3, "not enough credit"),
    (NotFound("no account 'x'"), 3, "no account 'x'"),
    (StoreDown(), 3, "the gateway cannot write right now"),
    (ServerUnreachable("http://x", "ConnectError"), 4, "no framegate answers at http://x"),
    (TaskFailed({"message": "image is not readable"}), 1, "image is not readable; nothing was"),
    (TaskFailed({"message": ""}), 1, "the task failed; nothing was charged"),
    (LedgerBroken("task_1 has no open hold"), 1, "task_1 has no open hold"),
    (TimeoutError("task 9 has not ended"), 1, "task 9 has not ended"),
    (TimeoutError(), 1, "TimeoutError"),
    (
        PermissionError(13, "Permission denied", "out.mp4"),
        1,
        "[Errno 13] Permission denied: 'out.mp4'",
    ),
    (KeyboardInterrupt(), 130, "stopped"),
]


def ended(error):
    """The exit status of a command that ran into this."""
    with pytest.raises(typer.Exit) as exit_, troubles():
        raise error
    return exit_.value.exit_code


@pytest.mark.parametrize(("error", "status", "words"), TROUBLES)
def test_every_trouble_has_its_words_and_its_exit_status(capsys, error, status, words):
    assert ended(error) == status
    said = capsys.readouterr()
    assert said.err.startswith(f"framegate: {words}")
    assert said.out == ""


def test_every_broken_rule_is_said_with_its_place_and_the_request(capsys):
    ended(ServerRefused(400, TWO_RULES))
    assert capsys.readouterr().err.splitlines() == [
        "framegate: contents is required",
        "  /settings/duration: settings.duration must be an integer",
        "  request req_7",
    ]


def test_trouble_that_nobody_expected_is_not_hidden():
    with pytest.raises(ZeroDivisionError), troubles():
        raise ZeroDivisionError


def test_work_without_trouble_says_nothing(capsys):
    with troubles():
        pass
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    "text",
    [
        "[bold]not markup[/bold]",
        "[/closes nothing]",
        "http://[2001:db8:100::1]:8787",
        "/data/:smile:/x",
        "a line as long as ".ljust(300, "x"),
        "镜头推近",
    ],
)
def test_words_are_said_as_they_are(capsys, text):
    say(text)
    with pytest.raises(typer.Exit):
        fail(text, 1)
    said = capsys.readouterr()
    assert (said.out, said.err) == (f"{text}\n", f"framegate: {text}\n")


def test_json_is_one_line_whatever_it_holds(capsys):
    value = {"prompt": "two\nlines 镜头", "n": 1}
    say_json(value)
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    assert json.loads(out) == value


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("biz-1", "biz-1"),
        ("日本 é 🌊", "日本 é 🌊"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\nb\r\t\x07", "a\\nb\\r\\t\\x07"),
        ("\u202egnp", "\\u202egnp"),
        ("", ""),
    ],
)
def test_what_would_move_a_cursor_is_shown_as_its_escape(words, shown):
    assert printable(words) == shown


@pytest.mark.parametrize("words", ["[/nonsense]", "[bold]x[/bold]", "[link=http://a]"])
def test_brackets_in_a_table_are_brackets(words):
    assert cell(words).plain == words
    assert cell(words).spans == []


@pytest.mark.parametrize(
    ("value", "told"), [(True, "yes"), (False, "no"), (3, "3"), ("a\nb", "a\\nb")]
)
def test_fact_is_told_in_a_word(value, told):
    assert word(value) == told
