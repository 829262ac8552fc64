"""What the server writes to standard error, as another process sees it."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import logging, sys, structlog
from framegate.cli import log
log.configure(verbose={verbose})
logger = structlog.get_logger("framegate.test")
{statements}
"""
COLOUR = re.compile(r"\x1b\[\d+m")


def command(statements, *, verbose):
    program = PROGRAM.format(statements=statements, verbose=verbose)
    return [sys.executable, "-W", "error", "-c", program]


def logged(statements, *, verbose=False):
    """Standard error of a process that logs, when it is a pipe."""
    done = subprocess.run(
        command(statements, verbose=verbose), capture_output=True, text=True, check=True
    )
    assert done.stdout == ""
    return done.stderr


def shown(statements):
    """Standard error of a process that logs, when it is a terminal; without the colours."""
    ours, theirs = os.openpty()
    with os.fdopen(ours, "rb", buffering=0) as screen:
        with subprocess.Popen(command(statements, verbose=False), stderr=theirs) as process:
            os.close(theirs)
            text = b"".join(iter(lambda: _read(screen), b""))
        assert process.returncode == 0, text
    return COLOUR.sub("", text.decode().replace("\r\n", "\n"))


def _read(screen):
    try:
        return screen.read(65_536)
    except OSError:  # Linux's way to say that the last process has closed the terminal.
        return b""


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


def test_elsewhere_than_on_a_terminal_each_event_is_one_line_of_json():
    (line,) = lines(logged('logger.info("task.ended", task="task_1", polls=3)'))
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "task.ended", "level": "info", "task": "task_1", "polls": 3}


def test_on_a_terminal_an_event_is_one_readable_line():
    text = shown('logger.info("task.ended", task="task_1")')
    assert text.count("\n") == 1
    assert "task.ended" in text
    assert "task=task_1" in text


@pytest.mark.parametrize("read", [logged, shown])
@pytest.mark.parametrize(
    "character", ["\x1b", "\r", "\n", "\x00", "\x07", "\x7f", "\x85", "\u2028", "\u202e", "\ud800"]
)
def test_control_character_in_a_value_is_escaped(read, character):
    """Values come from callers: none may forge a line or steer a terminal."""
    value = ascii(f"before{character}after")
    text = read(f"logger.info('asked', path={value}, nested=[{value}])")
    assert character not in text.removesuffix("\n")
    assert "before\\" in text


@pytest.mark.parametrize("read", [logged, shown])
def test_control_character_in_an_event_is_escaped(read):
    text = read(r"logger.warning('a\nforged\x1b[2J')")
    assert text.count("\n") == 1
    assert "\x1b" not in text


def test_text_of_any_language_stays_readable_on_a_terminal():
    assert "镜头推近" in shown("logger.info('asked', prompt='镜头推近')")


BROKEN = """
try:
    raise ValueError("no\\x1b[2J")
except ValueError:
    logger.exception("job.failed")
"""


def test_traceback_is_part_of_its_line_elsewhere():
    (line,) = lines(logged(BROKEN))
    assert "ValueError: no\\x1b[2J" in line["exception"]
    assert line["exception"].splitlines()[0] == "Traceback (most recent call last):"


def test_traceback_keeps_its_lines_on_a_terminal_and_shows_no_local_values():
    text = shown("secret = 'fg_never'\n" + BROKEN)
    assert "Traceback (most recent call last):\n" in text
    assert "ValueError: no\\x1b[2J\n" in text
    assert "fg_never" not in text


def test_other_peoples_warnings_have_the_same_shape():
    text = logged(r"logging.getLogger('uvicorn.error').warning('odd %s', 'a\x1bb')")
    (line,) = lines(text)
    assert (line["event"], line["level"]) == ("odd a\\x1bb", "warning")


def test_other_peoples_chatter_is_left_out():
    assert logged("logging.getLogger('asyncio').info('hello')") == ""


@pytest.mark.parametrize(("verbose", "count"), [(False, 0), (True, 1)])
def test_details_are_told_only_when_asked_for(verbose, count):
    assert len(lines(logged("logger.debug('detail')", verbose=verbose))) == count


def test_master_secret_is_not_shown_by_what_holds_it():
    text = logged(
        "from framegate.domain.signature import Keyring\n"
        "logger.info('opened', keyring=Keyring(b'm' * 32), held=[Keyring(b'm' * 32)])"
    )
    assert "mmm" not in text


def test_line_that_cannot_be_written_is_lost_and_nothing_else():
    """Standard error on a full disk, or the reader of the pipe gone: the worker goes on."""
    program = "logger.info('a'); logging.error('b'); print('went on')"
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            command(program, verbose=False), stdout=subprocess.PIPE, stderr=full, check=False
        )
    assert done.stdout == b"went on\n"
