"""Somebody else's words on an operator's terminal."""

import pytest

from framegate.cli.terminal import cell, printable


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
