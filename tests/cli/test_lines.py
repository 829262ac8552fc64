"""Chinese breaks between its characters, and nothing of it is cut off."""

import io
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as some
from rich.cells import cell_len
from rich.console import Console
from rich.highlighter import NullHighlighter
from rich.table import Table
from rich.text import Text

from framegate.cli.lines import NOT_FIRST, NOT_LAST, ChineseText, Highlighter, breaks


def broken(text, width):
    places = [0, *breaks(text, width), len(text)]
    return [text[start:end] for start, end in pairwise(places)]


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("检查磁盘端口", 8, ["检查磁盘", "端口"]),
        ("检查磁盘，端口", 8, ["检查磁", "盘，端口"]),
        ("检查磁（端口）", 8, ["检查磁", "（端口）"]),
        ("用 framegate serve 启动", 14, ["用 framegate ", "serve 启动"]),
        ("任务ID在此", 6, ["任务ID", "在此"]),
        ("one two three", 8, ["one two ", "three"]),
        ("unbreakable", 4, ["unbr", "eaka", "ble"]),
        ("短", 80, ["短"]),
        ("", 80, [""]),
    ],
)
def test_line_ends_where_a_reader_would_end_it(text, width, lines):
    assert broken(text, width) == lines


@given(some.text("检查，。（）ab -/`"), some.integers(2, 20))
def test_no_line_is_too_wide_and_nothing_is_lost(text, width):
    lines = broken(text, width)
    assert "".join(lines) == text
    assert all(cell_len(line.rstrip()) <= width for line in lines)


@given(some.text("检查磁盘，。（）", min_size=1), some.integers(12, 40))
def test_no_line_begins_or_ends_with_the_wrong_mark_where_it_can_be_helped(text, width):
    lines = broken(text, width)
    for line, following in pairwise(lines):
        could_not = all(mark in NOT_FIRST | NOT_LAST for mark in line[1:] + following[0])
        assert could_not or not (following[0] in NOT_FIRST or line[-1] in NOT_LAST)


def shown(text, width):
    console = Console(file=io.StringIO(), width=width)
    table = Table(box=None, show_header=False, padding=0)
    table.add_row(text)
    console.print(table)
    return "".join(line.rstrip() for line in console.file.getvalue().splitlines())


def test_long_sentence_in_a_table_is_shown_whole():
    text = "没有错误时退出码为 0；什么都不会改动"
    assert "…" in shown(Text(text), 16)
    assert shown(ChineseText(text), 16).replace(" ", "") == text.replace(" ", "")


def test_text_that_may_not_wrap_is_cut_as_usual():
    assert shown(ChineseText("检查磁盘端口", no_wrap=True), 8) == "检查磁 …"


def test_highlighted_text_breaks_as_its_language_does(monkeypatch):
    highlighter = Highlighter(NullHighlighter())
    assert not isinstance(highlighter(Text("a", style="red")), ChineseText)
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    chinese = highlighter(Text("检查", style="red"))
    assert isinstance(chinese, ChineseText)
    assert (chinese.plain, chinese.spans[0].style) == ("检查", "red")
