"""Stopping to look is not stopping the task, and nothing is bought that cannot be kept."""

import os
import pty
import signal
import subprocess
import sys

import pytest

from fakes.scripted_server import ScriptedServer, success
from fakes.serving import serving
from framegate.cli.follow import check_output
from framegate.errors import SettingsInvalid

RUNNING = {"id": "9", "status": "processing", "stage": "rendering", "frames_total": 80}


class Slow(ScriptedServer):
    """Its task never ends."""

    async def answer(self, request):
        self.answers.append(success(RUNNING))
        return await super().answer(request)


@pytest.fixture
def slow():
    with serving(Slow().app()) as url:
        yield os.environ | {"FRAMEGATE_URL": url, "FRAMEGATE_KEY": "fg_key"}


WATCH = [sys.executable, "-m", "framegate", "generate", "https://a.example/a.jpg", "-o", "f.mp4"]
AGAIN = "next: pick it up with: framegate tasks watch 9 -o f.mp4"


def test_ctrl_c_says_that_the_task_goes_on_and_how_to_pick_it_up(slow, tmp_path):
    with subprocess.Popen(
        WATCH, env=slow, cwd=tmp_path, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr.readline().startswith("rendering")
        process.send_signal(signal.SIGINT)
        said = process.stderr.read()
    assert process.returncode == 130
    assert "stopped looking; the task goes on" in said
    assert AGAIN in said
    assert "Traceback" not in said


def test_terminal_gets_a_bar_and_the_same_words_after_ctrl_c(slow, tmp_path):
    master, follower = pty.openpty()
    with subprocess.Popen(WATCH, env=slow, cwd=tmp_path, stderr=follower) as process:
        os.close(follower)
        said = _until(master, b"0/80 frames")
        process.send_signal(signal.SIGINT)
        said += _until(master, AGAIN.encode())
    os.close(master)
    assert process.returncode == 130
    assert b"\x1b[" in said


def _until(descriptor, words):
    said = b""
    while words not in b" ".join(said.split()):
        said += os.read(descriptor, 4_096)
    return said


@pytest.mark.parametrize(
    ("where", "words"), [("no/x.mp4", "does not exist"), (".", "is a folder; name a file in it")]
)
def test_place_that_takes_no_file_is_refused(tmp_path, where, words):
    with pytest.raises(SettingsInvalid, match=words):
        check_output(tmp_path / where)


def test_place_that_takes_a_file_is_not(tmp_path):
    check_output(tmp_path / "x.mp4")
    assert list(tmp_path.iterdir()) == []  # Looking leaves nothing behind.
