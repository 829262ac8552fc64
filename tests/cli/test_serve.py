"""`serve` and `work` as processes: what they say, what they share, how they end."""

import asyncio
import json
import re
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager

import pytest

from framegate import samples
from framegate.cli.serve import both, without_an_address
from framegate.cli.terminal import EXIT_USAGE
from framegate.client.access import ADDRESS_FILE, recorded_url
from framegate.client.errors import TaskFailed
from framegate.client.face import Framegate
from framegate.settings import ServerSettings, Settings, UpstreamSettings
from processes import PATIENCE_S

NOWHERE = "http://no-such-host.invalid/a.jpg"


@contextmanager
def running(*words):
    """One process of ours; it is ended at the end."""
    command = [sys.executable, "-m", "framegate", *words]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def refused(*words):
    """A command that ends by itself: its status and its sentence."""
    with running(*words) as process:
        _, sentence = process.communicate(timeout=PATIENCE_S)
        return process.returncode, sentence


def stopped(process, number=signal.SIGTERM):
    """Ask a process to end; its exit status."""
    process.send_signal(number)
    return process.wait(PATIENCE_S)


def key_of(data):
    return (data / "admin.key").read_text(encoding="ascii").strip()


def address_in(line):
    return re.search(r"http://127\.0\.0\.1:\d+", line)[0]


@pytest.fixture
def data(tmp_path):
    return tmp_path / "data"


@pytest.fixture
def serve(data):
    return ("serve", "--port", "0", "--data", str(data))


def test_serve_says_where_it_is_and_where_the_first_key_is(serve, data):
    with running(*serve) as process:
        first, second = process.stdout.readline(), process.stdout.readline()
    url = address_in(first)
    assert first == f"framegate listens on {url}, its data is in {data}\n"
    assert second == f"first start: an admin key is in {data}/admin.key\n"
    assert (data / "admin.key").stat().st_mode & 0o777 == 0o600


def test_second_start_keeps_the_key_and_does_not_speak_of_it(serve, data):
    for _ in range(2):
        with running(*serve) as process:
            process.stdout.readline()
            key = key_of(data)
            assert stopped(process) == 0
            said = process.stdout.read()
    assert said == ""
    assert key_of(data) == key


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """The data folder of somebody who works beside it, with nothing in the environment."""
    for name in ("FRAMEGATE_URL", "FRAMEGATE_KEY", "FRAMEGATE_DATA_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "framegate-data"


@pytest.mark.parametrize("more", [[], ["--no-work"]])
def test_commands_in_the_folder_find_the_server_on_any_port(elsewhere, more):
    with running("serve", "--port", "0", *more) as process:
        url = address_in(process.stdout.readline())
        process.stdout.readline()
        assert (elsewhere / ADDRESS_FILE).stat().st_mode & 0o777 == 0o600
        with running("quote", "--json") as quote, running("console", "--json") as console:
            quoted, _ = quote.communicate(timeout=PATIENCE_S)
            link, warned = console.communicate(timeout=PATIENCE_S)
        assert json.loads(quoted)["amount"] == "0.56"
        assert json.loads(link)["url"].startswith(f"{url}/console/link/")
        assert warned == ""
        assert stopped(process) == 0
    assert not (elsewhere / ADDRESS_FILE).exists()


def test_address_of_a_server_that_was_killed_leads_nobody_there(elsewhere):
    with running("serve", "--port", "0") as process:
        url = address_in(process.stdout.readline())
        assert recorded_url(elsewhere) == url
        stopped(process, signal.SIGKILL)
    assert (elsewhere / ADDRESS_FILE).exists()
    assert recorded_url(elsewhere) == ""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_worker_alone_ends_cleanly_when_told_to(data, number):
    with running("work", "--data", str(data)) as process:
        line = process.stdout.readline()
        assert line == f"framegate works on {data} for http://127.0.0.1:8787\n"
        assert stopped(process, number) == 0


def test_worker_beside_a_server_without_one_ends_its_tasks(serve, data):
    with running(*serve, "--no-work") as process:
        said = [process.stdout.readline() for _ in range(3)]
        with (
            running("work", "--data", str(data)),
            Framegate(address_in(said[0]), key_of(data)) as client,
            pytest.raises(TaskFailed, match="image could not be fetched"),
        ):
            client.generate(NOWHERE, timeout=PATIENCE_S)


@pytest.mark.parametrize("command", ["work", "serve"])
def test_second_worker_on_a_folder_is_sent_away(serve, data, command):
    with running(*serve) as process:
        process.stdout.readline()
        port = ["--port", "0"] if command == "serve" else []
        status, sentence = refused(command, *port, "--data", str(data))
    assert status == 2
    assert "another framegate works on" in sentence
    assert "Traceback" not in sentence


def test_worker_knows_the_pictures_of_a_server_on_another_port(serve, data, tmp_path):
    """Links begin with the server's address: the hint says what the worker must be told."""
    with running(*serve, "--no-work") as process:
        url = address_in(process.stdout.readline())
        process.stdout.readline()
        hint = re.search("`framegate (work .*)`", process.stdout.readline())[1]
        with (
            running(*hint.split(), "--data", str(data)) as worker,
            Framegate(url, key_of(data)) as client,
        ):
            assert worker.stdout.readline().endswith(f" for {url}\n")
            video = client.generate(samples.data("dusk"), duration=3, timeout=PATIENCE_S)
    assert video.task.status == "succeeded"


def test_worker_of_a_public_address_needs_no_other(serve, data, monkeypatch):
    monkeypatch.setenv("FRAMEGATE_SERVER_PUBLIC_URL", "https://gate.example")
    with running(*serve, "--no-work") as process:
        said = [process.stdout.readline() for _ in range(3)]
    assert "run `framegate work` on the same data folder" in said[2]


def test_taken_port_is_a_sentence(data):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        status, sentence = refused("serve", "--port", port, "--data", str(data))
    assert status == 2
    assert f"cannot listen on 127.0.0.1:{port}" in sentence


async def test_server_ends_when_its_worker_dies():
    """What takes tasks and works on none must not go on half alive."""
    stop, ended = asyncio.Event(), []

    async def serving():
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("server")

    async def working():
        raise RuntimeError("the worker's own defect")

    with pytest.raises(ExceptionGroup) as died:
        await both(serving(), working(), stop)

    assert died.group_contains(RuntimeError, match="own defect")
    assert (ended, stop.is_set()) == (["server"], True)


async def test_worker_is_told_to_stop_when_the_server_ends():
    stop = asyncio.Event()

    async def serving():
        return

    async def working():
        await stop.wait()

    await both(serving(), working(), stop)
    assert stop.is_set()


@pytest.mark.parametrize("queues", ["", " , ", "track,nothing", "Track"])
def test_worker_takes_no_queue_that_does_not_exist(shell, queues):
    done = shell("work", "--queues", queues)
    assert done.exit_code == 2
    assert "--queues takes track, deliver, render, sweep" in done.output


@pytest.mark.parametrize(
    ("callbacks", "public_url", "told"),
    [
        ("gateway", "", ["kling"]),
        ("gateway", "https://gate.example.com", []),
        ("verbatim", "", []),
    ],
)
def test_upstream_that_cannot_know_our_address_is_told_at_start(callbacks, public_url, told):
    chosen = Settings(
        server=ServerSettings(public_url=public_url),
        upstreams={"kling": UpstreamSettings(kind="kling", callbacks=callbacks)},
    )
    assert without_an_address(chosen) == told


@pytest.mark.parametrize("command", ["serve", "work"])
def test_crash_point_outside_a_test_build_is_refused_at_start(shell, monkeypatch, command):
    monkeypatch.setenv("FRAMEGATE_CRASH_AT", "begin.inside")
    done = shell(command)
    assert done.exit_code == EXIT_USAGE
    assert "it is for tests, with FRAMEGATE_TEST_BUILD=1" in done.stderr
    assert not shell.folder.exists()
