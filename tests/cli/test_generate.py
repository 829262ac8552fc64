"""`framegate generate` and `quote`: what is sent, what is said, and what comes before buying."""

import hashlib
import json
import os
import socket
import subprocess
import sys
import time

import pytest
from starlette.responses import Response

from fakes.scripted_server import success
from processes import PATIENCE_S

FILM = b"film"
PICTURE = {
    "id": "img_1", "url": "http://gate.example/images/img_1", "format": "png",
    "width": 300, "height": 300, "bytes": 9, "sha256": "ab",
}  # fmt: skip
CREATED = {"id": "9", "status": "submitted"}
ADDRESS = "https://cdn.example.com/a.jpg"


@pytest.fixture
def server(scripted):
    server, url = scripted
    link = {"url": f"{url}/videos/vid_1.mp4"}
    done = {"id": "9", "status": "succeeded", "outputs": [link], "price": "0.56"}
    done |= {"currency": "USD", "sha256": hashlib.sha256(FILM).hexdigest(), "bytes": 4}
    server.done = success(done)
    return server


def going_well(server, *before):
    server.answers.extend([*before, success(CREATED), server.done, server.done, Response(FILM)])


def test_video_is_written_and_its_price_said(server, shell, tmp_path):
    going_well(server)
    done = shell.bare("generate", ADDRESS, "push in", "-o", "film.mp4", "-d", "3")
    assert done.exit_code == 0, done.output
    assert (tmp_path / "film.mp4").read_bytes() == FILM
    assert done.stdout == "film.mp4  0.0 MB  0.56 USD  task 9\n"
    assert server.asked[0].json["contents"][1] == {"type": "prompt", "text": "push in"}
    assert server.asked[0].json["settings"] == {"resolution": "720p", "duration": 3}


def test_file_that_was_there_is_said_to_be_replaced(server, shell, tmp_path):
    (tmp_path / "out.mp4").write_bytes(b"of yesterday")
    going_well(server)
    done = shell.bare("generate", ADDRESS)
    assert (tmp_path / "out.mp4").read_bytes() == FILM
    assert done.stdout == "out.mp4  0.0 MB  0.56 USD  task 9  replaced the file that was there\n"


def test_every_option_has_its_place_in_the_request(server, shell):
    going_well(server)
    shell.bare(
        "generate", ADDRESS, "-p", "x", "-r", "1080p", "--aspect-ratio", "9:16",
        "--external-id", "biz-1", "--callback-url", "https://hooks.example/a",
    )  # fmt: skip
    assert server.asked[0].json == {
        "contents": [{"type": "first_frame", "url": ADDRESS}, {"type": "prompt", "text": "x"}],
        "settings": {"resolution": "1080p", "aspect_ratio": "9:16", "duration": 5},
        "options": {"callback_url": "https://hooks.example/a", "external_task_id": "biz-1"},
    }


def test_picture_may_come_from_stdin(server, shell):
    going_well(server, success(PICTURE))
    done = shell.runner.invoke(shell.app, ["generate", "-"], input=b"\x89PNG")
    assert done.exit_code == 0, done.output
    assert server.asked[0].body == b"\x89PNG"


def test_without_waiting_the_id_and_the_way_back_are_said(server, shell, tmp_path):
    server.answers.extend([success(CREATED), server.done])
    done = shell.bare("generate", ADDRESS, "--no-wait", "-o", "my film.mp4")
    assert done.exit_code == 0, done.output
    assert done.stdout == "9\n"
    assert done.stderr.splitlines() == [
        "task 9 has begun",
        "next: framegate tasks watch 9 -o 'my film.mp4'",
    ]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("more", [[], ["--no-wait"]])
def test_json_is_the_task_on_one_line_and_nothing_else(server, shell, more):
    going_well(server)
    done = shell.bare("generate", ADDRESS, "--json", *more)
    answer = json.loads(done.stdout)
    assert (answer["id"], answer["price"]) == ("9", "0.56")
    assert ("file" in answer) != bool(more)
    assert done.stderr == ""


def test_video_is_opened_by_whatever_opens_videos_here(server, tmp_path):
    """In a process of its own, with a desktop that writes down what it was asked to open."""
    desktop = tmp_path / "bin" / "xdg-open"
    desktop.parent.mkdir()
    desktop.write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/opened\n')
    desktop.chmod(0o755)
    going_well(server)
    subprocess.run(
        [sys.executable, "-m", "framegate", "generate", ADDRESS, "--open"],
        env=os.environ | {"PATH": f"{desktop.parent}:{os.environ['PATH']}"},
        check=True,
        capture_output=True,
    )
    opened = tmp_path / "opened"
    deadline = time.monotonic() + PATIENCE_S
    while not (opened.exists() and opened.read_text().endswith("\n")):
        assert time.monotonic() < deadline
    assert opened.read_text() == f"{tmp_path}/out.mp4\n"


def test_wait_that_is_over_says_how_to_go_on(server, shell):
    server.answers.extend([success(CREATED), success(CREATED), success(CREATED)])
    done = shell.bare("generate", ADDRESS, "--timeout", "0")
    assert done.exit_code == 8
    assert "framegate tasks watch 9" in done.output


def test_quote_says_the_sum_and_its_factors(server, shell):
    line = {"what": "per second", "value": "0.112", "factor": "0.112"}
    quote = {"amount": "0.56", "currency": "USD", "available": None, "lines": [line]}
    server.answers.extend([success(quote), success(quote)])
    assert shell.bare("quote", "-d", "5").stdout.splitlines() == [
        "0.56 USD",
        "  per second   0.112   x 0.112",
        "  available    unlimited",
    ]
    said = json.loads(shell.bare("quote", "--json").stdout)
    assert said == {"amount": "0.56", "currency": "USD", "available": None}


def test_no_server_is_told_how_to_start_one(shell, tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"x")
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # Bound and not listening: nobody else takes the port.
        url = f"http://127.0.0.1:{bound.getsockname()[1]}"
        done = shell.bare("generate", str(tmp_path / "a.jpg"), "--url", url, "--key", "fg_x")
    assert done.exit_code == 4
    assert f"no framegate answers at {url}" in done.output
    assert "framegate serve" in done.output


def test_a_missing_picture_is_named(shell):
    done = shell.bare("generate", "nowhere.jpg", "--key", "fg_x")
    assert done.exit_code == 2
    assert "nowhere.jpg cannot be read: No such file or directory" in done.output
    assert "next: check the path, and that it is a file which this user may read" in done.output


def test_no_key_is_told_where_one_may_come_from(shell, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FRAMEGATE_KEY", raising=False)
    done = shell.bare("generate", "a.jpg")
    assert done.exit_code == 2
    assert "give --key or FRAMEGATE_KEY" in done.output


@pytest.mark.parametrize(
    ("where", "words"), [("no/x.mp4", "does not exist; make it first"), (".", "is a folder")]
)
def test_place_that_takes_no_file_is_told_before_anything_is_bought(server, shell, where, words):
    done = shell.bare("generate", ADDRESS, "-o", where)
    assert done.exit_code == 2
    assert words in done.output
    assert server.asked == []
