"""Progress: a bar where somebody looks, a few lines where nobody does, nothing for programs."""

import io

import pytest
from rich.console import Console

from framegate.cli.progress import shown, stage
from framegate.client.answers import AWAY, Task

LOOKS = [
    Task(id="9", status="submitted"),
    Task(id="9", status="processing", stage="depth"),
    *(
        Task(id="9", status="processing", stage="rendering", frames_done=done, frames_total=80)
        for done in (0, 10, 20, 40, 41, 60, 79)
    ),
    Task(id="9", status="processing", stage="finished", frames_done=80, frames_total=80),
    Task(id="9", status="succeeded", frames_done=80, frames_total=80),
]


def said(*, is_quiet=False, is_terminal=False, **options):
    out = io.StringIO()
    console = Console(file=out, force_terminal=is_terminal, width=100, **options)
    with shown(is_quiet=is_quiet, console=console) as tell:
        for look in LOOKS:
            tell(look)
    return out.getvalue()


def test_without_a_terminal_each_stage_and_quarter_is_a_plain_line():
    assert said().splitlines() == [
        "waiting",
        "estimating depth",
        "rendering, 0 % of 80 frames",
        "rendering, 25 % of 80 frames",
        "rendering, 50 % of 80 frames",
        "rendering, 75 % of 80 frames",
        "storing",
    ]


def test_server_that_is_away_is_said_to_be_waited_for():
    out = io.StringIO()
    with shown(is_quiet=False, console=Console(file=out, width=100)) as tell:
        tell(Task(id="9", status="processing", stage=AWAY))
    assert out.getvalue() == "waiting for the server to answer again\n"


def test_on_a_terminal_there_is_one_bar_with_stage_and_frames():
    text = said(is_terminal=True)
    assert "storing" in text
    assert "80/80 frames" in text


def test_no_colour_is_kept_where_none_is_wanted(monkeypatch):
    """https://no-color.org: rich reads NO_COLOR itself, and no style of ours goes around it."""
    coloured = said(is_terminal=True, color_system="standard")
    monkeypatch.setenv("NO_COLOR", "1")
    plain = said(is_terminal=True, color_system="standard")
    assert "\x1b[3" in coloured.replace("\x1b[?25", "")
    assert not any(f"\x1b[{number}" in plain for number in ("31", "32", "33", "35", "36", "38"))


def test_nothing_is_said_to_a_program():
    assert said(is_quiet=True) == ""


@pytest.mark.parametrize(
    ("task", "words"),
    [
        (Task(id="9", status="submitted"), "waiting"),
        (Task(id="9", status="processing"), "processing"),
        (Task(id="9", status="processing", stage="new\x1b"), "new\\x1b"),
        (Task(id="9", status="succeeded"), ""),
        (Task(id="9", status="failed", stage="rendering"), ""),
    ],
)
def test_stage_is_told_in_words(task, words):
    assert stage(task) == words


def test_progress_is_told_in_the_readers_language(monkeypatch):
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    assert said().splitlines() == [
        "等待中",
        "估计景深",
        "渲染中，0%，共 80 帧",
        "渲染中，25%，共 80 帧",
        "渲染中，50%，共 80 帧",
        "渲染中，75%，共 80 帧",
        "保存中",
    ]
    assert "80/80 帧" in said(is_terminal=True)
