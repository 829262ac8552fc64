"""How commands speak: each kind of trouble has its words and its exit status."""

import json

import pytest
import typer
from rich.cells import cell_len

from framegate import phrases
from framegate.cli.terminal import (
    cell,
    fail,
    padded,
    printable,
    say,
    say_facts,
    say_json,
    troubles,
    word,
)
from framegate.client import errors as client
from framegate.client.answers import Task
from framegate.errors import CreditMissing, LedgerBroken, NotFound, SettingsInvalid, StoreDown

TWO_RULES = client.FieldsRefused(
    "contents is required",
    http_status=400,
    code=1201,
    request_id="req_7",
    errors=(
        client.FieldProblem("/contents", "contents is required"),
        client.FieldProblem("/settings/duration", "settings.duration must be an integer"),
    ),
)


def refused(kind, message="no"):
    return kind(message, http_status=400, code=1, request_id="req_7")


FAILED, RUNNING = (Task(id="9", status=status) for status in ("failed", "processing"))
TROUBLES = [
    (SettingsInvalid("server.port must be a number"), 2, "server.port must be a number"),
    (client.SetupInvalid("no key"), 2, "no key"),
    (client.PictureUnreadable("a.jpg cannot be read"), 2, "a.jpg cannot be read"),
    (refused(client.FieldsRefused), 3, "no"),
    (refused(client.NotFound), 3, "no"),
    (refused(client.UpstreamRefused), 3, "no"),
    (refused(client.KeyRefused), 5, "no"),
    (refused(client.LinkExpired), 5, "no"),
    (refused(client.CreditShort, "not enough credit"), 6, "not enough credit"),
    (refused(client.LimitReached), 7, "no"),
    (refused(client.ServerBusy), 7, "no"),
    (refused(client.OutcomeUnknown), 8, "no"),
    (client.StillRunning(RUNNING, 5), 8, "task 9 has not ended after 5 s"),
    (client.VideoNotSaved("http://x", "disk full"), 1, "the video was made"),
    (CreditMissing("not enough credit"), 3, "not enough credit"),
    (NotFound("no account 'x'"), 3, "no account 'x'"),
    (StoreDown(), 3, "the gateway cannot write right now"),
    (client.ServerUnreachable("no framegate answers"), 4, "no framegate answers"),
    (client.TaskFailed(FAILED), 1, "the task failed; nothing was charged"),
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


def test_every_broken_rule_is_said_with_its_place_what_to_do_and_the_request(capsys):
    ended(TWO_RULES)
    assert capsys.readouterr().err.splitlines() == [
        "framegate: contents is required",
        "  /settings/duration: settings.duration must be an integer",
        f"  next: {TWO_RULES.what_to_do}",
        "  request req_7",
    ]


def test_somebody_elses_words_cannot_move_the_cursor(capsys):
    ended(refused(client.UpstreamRefused, "\x1b[2J"))
    assert "\x1b" not in capsys.readouterr().err


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


# --- in Chinese -------------------------------------------------------------------------------


@pytest.fixture
def chinese(monkeypatch):
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            SettingsInvalid("data.dir: /x is not writable by this user"),
            "data.dir：当前用户不能写入 /x",
        ),
        (PermissionError(13, "Permission denied", "out.mp4"), "'out.mp4'：没有权限（错误号 13）"),
        (KeyboardInterrupt(), "已停止"),
    ],
    ids=repr,
)
def test_trouble_is_told_in_the_readers_language(capsys, chinese, error, said):
    ended(error)
    assert capsys.readouterr().err == f"framegate: {said}\n"


def test_hint_and_request_are_told_in_the_readers_language(capsys, chinese):
    ended(TWO_RULES)
    *_, hint, request = capsys.readouterr().err.splitlines()
    assert hint == f"  下一步：{phrases.translated(TWO_RULES.what_to_do, 'zh')}"
    assert TWO_RULES.what_to_do not in hint
    assert request == "  请求 req_7"


@pytest.mark.parametrize(("text", "cells"), [("", 4), ("ok", 4), ("正常", 4), ("错误", 5)])
def test_column_is_as_wide_in_both_languages(text, cells):
    assert cell_len(padded(text, cells)) == cells
    assert padded(text, cells).rstrip() == text


def test_values_of_facts_stand_below_each_other(capsys):
    say_facts({"账户": "acme", "可用额度": "5", "key": "fg_"})
    lines = capsys.readouterr().out.splitlines()
    assert lines == ["账户      acme", "可用额度  5", "key       fg_"]
    assert {cell_len(line[: line.rindex(" ") + 1]) for line in lines} == {10}
