"""Every page of help, and every error of a command line, in the reader's language."""

import re

import pytest
import typer
from rich.cells import cell_len
from typer.testing import CliRunner

from framegate.cli.demo import PROMPT
from framegate.cli.help_pages import Command, Group
from framegate.cli.main import framegate


def paths(command, path=()):
    yield path
    for name, each in getattr(command, "commands", {}).items():
        yield from paths(each, (*path, name))


PATHS = list(paths(typer.main.get_command(framegate)))
CODE = re.compile(
    r"`[^`]*`|<[^>]*>|'[^']*'|\[[A-Z]+\]|\S*(?:/|_|--|\.\w)\S*|framegate(?: [a-z-]+)*"
)
"""What is the same in every language: commands, types, options, paths, names."""

ENGLISH_WORDS = re.compile(r"[A-Za-z]{2,} [a-z]{2,} [a-z]{2,}")


def english_in(shown):
    """What is left of a page when everything that is the same in every language is taken away."""
    on_one_line = " ".join(re.sub("[╭╮╰╯│─]", " ", shown).split())
    return ENGLISH_WORDS.findall(CODE.sub("", on_one_line.replace(PROMPT, "")))


def run(words):
    return CliRunner().invoke(framegate, list(words), prog_name="framegate")


@pytest.fixture
def chinese(monkeypatch):
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    monkeypatch.setenv("COLUMNS", "80")
    return lambda *words: run(words)


def test_every_command_was_found():
    assert {("generate",), ("tasks", "resolve"), ("webhooks", "verify")} <= set(PATHS)


@pytest.mark.parametrize("path", PATHS, ids=" ".join)
def test_page_is_chinese_from_top_to_bottom(chinese, path):
    shown = chinese(*path, "--help").output
    assert "用法：framegate" in shown
    assert "显示此帮助并退出。" in shown
    assert english_in(shown) == []


@pytest.mark.parametrize("path", PATHS, ids=" ".join)
def test_page_fits_a_terminal_and_nothing_is_cut_off(chinese, path):
    shown = chinese(*path, "--help").output
    assert "…" not in shown
    assert {cell_len(line) for line in shown.splitlines()} <= {0, 80}


@pytest.mark.parametrize("path", PATHS, ids=" ".join)
def test_page_is_english_in_any_other_locale(monkeypatch, path):
    monkeypatch.setenv("LANG", "de_DE.UTF-8")
    shown = run([*path, "--help"]).output
    assert "Usage: framegate" in shown
    assert "Show this message and exit." in shown
    assert re.findall("[\u3000-\u9fff]", shown) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("tasks lis", "没有命令 'lis'。是不是想用 'list'？"),
        ("tasks xyz", "没有命令 'xyz'。"),
        ("--verison", "没有选项 --verison（是不是想用 --version）"),
        ("quote -x", "没有选项 -x"),
        ("generate", "缺少参数 'PICTURE'。"),
        ("keys create", "缺少选项 '--account'。"),
        ("quote -d", "选项 '-d' 后面要有值。"),
        ("quote --json=1", "选项 '--json' 后面不能有值。"),
        ("quote 3 4", "多了参数：3 4"),
        ("quote -d x", "'--duration' / '-d' 的值不对：必须是整数"),
        ("quote -d " + "9" * 5_000, "'--duration' / '-d' 的值不对：数字太长"),
        ("generate a.png --timeout x", "'--timeout' 的值不对：必须是数字"),
        ("generate a.png --timeout -1", "'--timeout' 的值不对：不能小于 0"),
        ("tasks list --limit 10001", "'--limit' 的值不对：不能大于 10000"),
        ("openapi --lang de", "'--lang' 的值不对：'de' 不在可选值 'en', 'zh' 之中。"),
    ],
)
def test_usage_error_is_chinese(chinese, words, said):
    done = chinese(*words.split())
    assert done.exit_code == 2
    assert "错误" in done.output
    assert said in done.output
    assert english_in(done.output) == []


def test_usage_error_says_where_the_help_is(chinese):
    lines = chinese("tasks", "lis").output.splitlines()
    assert lines[:2] == [
        "用法：framegate tasks [选项] 命令 [参数]...",
        "运行 'framegate tasks --help' 查看帮助。",
    ]


def test_usage_error_is_english_again_after_a_chinese_one(chinese, monkeypatch):
    chinese("generate")
    monkeypatch.setenv("LANG", "C")
    done = run(["openapi", "--lang", "de"])
    assert (
        "Usage: framegate openapi [OPTIONS]\nTry 'framegate openapi --help' for help."
        in done.output
    )
    assert "Error" in done.output
    assert "Invalid value for '--lang': 'de' is not one of 'en', 'zh'." in done.output


def test_group_without_a_command_shows_its_page(chinese):
    shown = chinese("accounts").output
    assert "创建账户和它的第一个密钥" in shown
    assert "错误" not in shown


def test_arguments_are_called_as_messages_call_them():
    shown = run(["topup", "--help"]).output
    assert "Usage: framegate topup [OPTIONS] NAME AMOUNT" in shown
    shown = run(["generate", "--help"]).output
    assert "[OPTIONS] PICTURE [PROMPT]" in shown


def test_commands_stand_below_the_door_that_they_go_through(chinese):
    shown = chinese("--help").output
    titles = [
        shown.index(f"─ {title}") for title in ("本机上的命令", "通过服务器的命令", "运营方的命令")
    ]
    assert titles == sorted(titles)
    assert titles[0] < shown.index(" serve ") < titles[1] < shown.index(" quote ") < titles[2]


def test_every_command_speaks():
    def walk(command):
        yield command
        for each in getattr(command, "commands", {}).values():
            yield from walk(each)

    silent = [
        each.name
        for each in walk(typer.main.get_command(framegate))
        if not isinstance(each, Command | Group)
    ]
    assert silent == []
