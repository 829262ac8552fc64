"""Too few file descriptors: for a start, for many connections, for a while."""

import resource
import socket
from contextlib import ExitStack
from pathlib import Path

import pytest

from faults.trial import STORE_DOWN, Trial, until
from framegate.web.server import OWN_FILES_MAX
from processes import Framegate

FIT = 8
FILES_MAX = OWN_FILES_MAX + 2 * FIT


def with_files(count):
    """A command before the server's: neither it nor anything in it can raise the limit again."""
    return ("sh", "-c", f'ulimit -n {count} && exec "$@"', "sh")


@pytest.fixture(scope="module")
def trial(tmp_path_factory, selling_vendor):
    folder = tmp_path_factory.mktemp("descriptors")
    with Trial.begun(folder, selling_vendor, under=with_files(FILES_MAX)) as trial:
        yield trial


def test_start_with_too_few_descriptors_is_refused_with_what_to_do(tmp_path):
    gate = Framegate(tmp_path, under=with_files(OWN_FILES_MAX))

    with pytest.raises(AssertionError, match=f"may open {OWN_FILES_MAX} files.*ulimit -n"):
        gate.start()


def test_connections_beyond_what_descriptors_allow_are_answered_503(trial):
    """The limit of the settings is a thousand; the system's is the one that counts."""
    assert trial.create() == (200, 0)
    with ExitStack() as opened:
        for _ in range(FIT):
            connected(trial.gate, opened)
        one_more = connected(trial.gate, opened)
        one_more.sendall(b"GET /healthz HTTP/1.1\r\nHost: gate\r\n\r\n")
        answer = one_more.recv(65_536)
        assert trial.create() == (200, 0)  # On the connection that was there before.

    assert answer.startswith(b"HTTP/1.1 503")
    assert b"Retry-After: " in answer.title()
    until(lambda: trial.upload().status_code == 200)


def connected(gate, opened):
    return opened.enter_context(socket.create_connection(("127.0.0.1", gate.port), 20))


def test_descriptors_that_run_out_refuse_uploads_and_come_back_by_themselves(trial):
    link = trial.upload().json()["data"]["url"]
    pid = trial.gate.pid
    try:
        answer = refused_without_descriptors(trial, pid)
        assert (answer.status_code, answer.json()["code"]) == STORE_DOWN
        assert int(answer.headers["Retry-After"]) >= 1
        assert trial.gate.http.get(link).status_code == 503
        assert trial.gate.http.get("/healthz").status_code == 200
        trial.create()
    finally:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (FILES_MAX, FILES_MAX))

    trial.is_well_again()


def refused_without_descriptors(trial, pid):
    """The first upload that is not taken; a connection of before may free a number once more."""
    answers = []

    def is_refused():
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (lowest_free(pid), FILES_MAX))
        answers.append(trial.upload())
        return answers[-1].status_code != 200

    until(is_refused)
    return answers[-1]


def lowest_free(pid):
    """The number that the next descriptor would get: under this limit there is none."""
    taken = {int(each.name) for each in Path(f"/proc/{pid}/fd").iterdir()}
    return next(number for number in range(FILES_MAX) if number not in taken)
