"""The whole programs of docs/generate.md make a video, in every language that they are shown in."""

import os
import re
import shutil
import subprocess
import sys

import pytest

from framegate.domain import picture
from processes import Framegate
from promises.pages import ROOT, blocks, page, section

PAGE = page("docs/generate.md")
TEXT = PAGE.read_text(encoding="utf-8")
PATIENCE_S = 120
PROGRAMS = {
    "shell": (("bash",), "make.sh", "bash.mp4"),
    "python": ((sys.executable,), "make.py", "python.mp4"),
    "javascript": (("node",), "make.mjs", "javascript.mp4"),
}


@pytest.fixture(scope="module")
def gate(tmp_path_factory):
    with Framegate(tmp_path_factory.mktemp("gate")) as started:
        yield started


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "src").symlink_to(ROOT / "src")
    return tmp_path


@pytest.mark.parametrize("language", PROGRAMS)
def test_program_of_the_page_makes_a_video(gate, folder, language):
    command, name, video = PROGRAMS[language]
    needed = {command[0], "curl"} if language == "shell" else {command[0]}
    if missing := [each for each in needed if shutil.which(each) is None]:
        pytest.skip(f"not on this machine: {missing}")
    (program,) = blocks(TEXT, language)
    (folder / name).write_text(program, encoding="utf-8")
    key = (gate.data / "admin.key").read_text(encoding="ascii").strip()
    told = {"PATH": os.environ["PATH"], "FRAMEGATE_URL": gate.url, "FRAMEGATE_KEY": key}
    done = subprocess.run(
        [*command, name],
        cwd=folder,
        env=told,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (folder / video).read_bytes()[4:8] == b"ftyp"


def test_request_of_the_page_passes_every_rule(gate):
    """It is priced, which refuses what a create refuses."""
    (body, *_) = blocks(section(PAGE, "The request").text, "json")
    answer = gate.http.post(
        "/api/quote?model=kling-3.0-turbo",
        content=body,
        headers={"Content-Type": "application/json"},
    )
    assert answer.json()["code"] == 0, answer.text


def test_page_tells_the_limits_of_a_picture_as_they_are():
    words = section(PAGE, "The picture").words
    assert f"{picture.PICTURE_BYTES_MAX // picture.MEGABYTE} MB" in words
    assert f"{picture.PICTURE_PIXELS_MAX // 1_000_000} megapixels" in words
    assert f"at least {picture.PICTURE_SIDE_PX_MIN} pixels" in words
    most, least = picture.PICTURE_RATIO_MAX_NUMERATOR, picture.PICTURE_RATIO_MAX_DENOMINATOR
    assert f"1:{most / least} to {most / least}:1" in words


def test_every_status_and_code_of_the_errors_page_has_its_row():
    """What to do is said for each; only the errors page goes into detail."""

    def pairs(text):
        rows = re.findall(r"^\| ([\d, ]+) \| ([\d, ]+) \|", text, re.MULTILINE)
        return {
            (status, code)
            for statuses, codes in rows
            for status in statuses.split(", ")
            for code in codes.split(", ")
        }

    known = pairs(section(page("docs/errors.md"), "By status and code").text)
    told = pairs(section(PAGE, "What to do on each answer").text)
    seldom = {
        ("405", "1202"),
        ("408", "1200"),
    }  # A wrong method and a slow line explain themselves.
    assert known - told == seldom
    assert told - known <= {("200", "0")}
