"""A caller's own tasks on the command line."""

import hashlib
import json

import pytest
from starlette.responses import Response

from fakes.scripted_server import envelope, success

FILM = b"film"
AT_MS = 1_800_000_000_000
DONE = {
    "id": "9",
    "status": "succeeded",
    "create_time": AT_MS,
    "update_time": AT_MS,
    "task": "task_1",
    "price": "0.336",
    "currency": "USD",
    "resolution": "720p",
    "duration": 3,
    "sha256": hashlib.sha256(FILM).hexdigest(),
    "bytes": 4,
}
FAILED = {"id": "8", "status": "failed", "message": "no\x1b[2J", "create_time": AT_MS}


@pytest.fixture
def server(scripted):
    server, url = scripted
    server.link = f"{url}/videos/vid_1.mp4"
    server.done = DONE | {"outputs": [{"url": server.link}]}
    return server


def page(*tasks):
    return success({"result": list(tasks), "next_cursor": ""})


def test_list_has_one_line_a_task_that_no_message_can_break(server, shell):
    server.answers.append(page(server.done, FAILED))
    done = shell.bare("tasks", "list", "--status", "succeeded", "--status", "failed")
    assert done.stdout.splitlines() == [
        "9  2027-01-15T08:00:00Z  succeeded",
        "8  2027-01-15T08:00:00Z  failed      no\\x1b[2J",
    ]
    assert server.asked[0].path == "/api/tasks"
    assert server.asked[0].query == {"status": "succeeded,failed", "limit": "20"}


def test_list_on_a_terminal_has_names_prices_and_the_prompts_beginning(server, shell, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")  # rich takes whatever it writes to for a terminal.
    long = DONE | {"prompt": "花" * 32 + "!"}
    server.answers.append(page(long, FAILED))
    assert shell.bare("tasks", "list").stdout.splitlines() == [
        f"id  created               status     length  price      prompt{' ' * 57}  message",
        f"9   2027-01-15T08:00:00Z  succeeded  3 s     0.336 USD  {'花' * 31}…",
        f"8   2027-01-15T08:00:00Z  failed     {' ' * 6}  {' ' * 9}  {' ' * 63}  no\\x1b[2J",
    ]


def test_empty_list_has_no_names_on_a_terminal(server, shell, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    server.answers.append(page())
    (line,) = shell.bare("tasks", "list").stdout.splitlines()
    assert line.startswith("no task yet")


def test_list_takes_the_filters_of_the_api(server, shell):
    server.answers.append(page())
    words = ("--from", "2026-07-01", "--to", "2026-07-02", "--text", "rain", "--limit", "500")
    more = ("--made-by", "key_1", "--upstream", "kling", "--account", "acme")
    assert shell.bare("tasks", "list", *words, *more).stdout == "no task of this kind\n"
    assert server.asked[0].query == {
        "from": "2026-07-01", "to": "2026-07-02", "text": "rain", "limit": "100",
        "key": "key_1", "upstream": "kling", "account": "acme",
    }  # fmt: skip


def test_empty_list_says_how_to_begin(server, shell):
    server.answers.append(page())
    assert "framegate generate PICTURE" in shell.bare("tasks", "list").stdout


def test_list_for_a_program_is_a_list(server, shell):
    server.answers.append(page(FAILED))
    assert json.loads(shell.bare("tasks", "list", "--json").stdout) == [FAILED]


def test_get_shows_what_there_is(server, shell):
    server.answers.append(success(server.done))
    lines = shell.bare("tasks", "get", "9").stdout.splitlines()
    facts = dict(line.split(maxsplit=1) for line in lines if not line.startswith("asked"))
    assert (facts["id"], facts["task"], facts["price"]) == ("9", "task_1", "0.336 USD")
    assert facts["video"] == server.link
    assert "message" not in facts


def test_watch_saves_the_video_where_it_is_told_to(server, shell, tmp_path):
    server.answers.extend([success(server.done), success(server.done), Response(FILM)])
    done = shell.bare("tasks", "watch", "9", "-o", "film.mp4")
    assert done.exit_code == 0, done.output
    assert (tmp_path / "film.mp4").read_bytes() == FILM


def test_help_of_watch_promises_no_file_without_a_name_for_it(shell):
    said = " ".join(shell.bare("tasks", "watch", "--help").stdout.split())
    assert "-o saves its video, without it the link is printed" in said


@pytest.mark.parametrize("more", [[], ["--json"]])
def test_watch_without_a_file_says_the_link(server, shell, more):
    server.answers.extend([success(server.done), success(server.done)])
    done = shell.bare("tasks", "watch", "9", *more)
    link = json.loads(done.stdout)["outputs"][0]["url"] if more else done.stdout.strip()
    assert link == server.link


def test_watch_of_a_failed_task_says_why_and_ends_as_failed(server, shell):
    server.answers.extend([success(FAILED), success(FAILED)])
    done = shell.bare("tasks", "watch", "8")
    assert done.exit_code == 1
    assert "nothing was charged" in done.output


def test_cancel_says_how_the_task_stands(server, shell):
    server.answers.append(success(FAILED))
    assert shell.bare("tasks", "cancel", "8").stdout == "8 is failed now\n"
    assert (server.asked[0].method, server.asked[0].path) == ("POST", "/api/tasks/8/cancel")


def test_unknown_task_is_refused_with_what_to_do(server, shell):
    no = {"code": 1203, "message": "task not found", "request_id": "req_1", "data": {}}
    server.answers.append(envelope(404, **no))
    done = shell.bare("tasks", "get", "7")
    assert done.exit_code == 3
    assert "next: check the id" in done.output
