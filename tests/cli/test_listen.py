"""What a gateway tells is seen as it comes; over real sockets and, to the end, processes."""

import json
import os
import signal
import subprocess
import time

import httpx2 as httpx
import pytest

from fakes.drawn import picture
from framegate.domain.signature import webhook_headers
from processes import COMMAND, PATIENCE_S, Framegate, free_port

SECRET = "whsec_dGVzdHNlY3JldHRlc3RzZWNyZXR0ZXN0c2VjcmV0MTI="
OTHER = "whsec_b3RoZXJzZWNyZXRvdGhlcnNlY3JldG90aGVyc2VjcmU="
EVENT = {"type": "task.succeeded", "data": {"id": "9\x1b[2J", "status": "succeeded"}}


class Listening:
    """A `framegate webhooks listen` of its own process."""

    def __init__(self, *words, **environment):
        kept = {name: text for name, text in os.environ.items() if "FRAMEGATE" not in name}
        self.process = subprocess.Popen(
            [*COMMAND, "webhooks", "listen", *words],
            env=kept | {"COLUMNS": "200"} | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __enter__(self):
        self.first = self.process.stderr.readline()
        self.address = self.first.partition("on ")[2].partition(";")[0]
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def tell(self, *, secret=SECRET, message_id="msg_1", body=None, age_s=0, **changes):
        body = body if body is not None else json.dumps(EVENT).encode()
        at_s = int(time.time()) - age_s
        given = webhook_headers([secret], message_id=message_id, timestamp_s=at_s, body=body)
        with httpx.Client(trust_env=False, timeout=PATIENCE_S) as client:
            return client.post(self.address, content=body, headers=given | changes).status_code

    def line(self):
        return self.process.stdout.readline()

    def end(self, number=signal.SIGINT):
        self.process.send_signal(number)
        return self.ended()

    def ended(self):
        return (*self.process.communicate(timeout=PATIENCE_S), self.process.returncode)


@pytest.fixture
def listening():
    with Listening("--port", "0", "--secret", SECRET) as made:
        yield made


def test_a_message_is_a_line_with_everything_about_it(listening):
    assert listening.tell() == 204
    line = listening.line()
    assert "Z  task.succeeded   9\\x1b[2J  succeeded   attempt 1  signature good" in line
    assert line.endswith("answered 204\n")


def test_the_same_message_again_is_another_attempt(listening):
    for attempt, message_id in ((1, "msg_1"), (1, "msg_2"), (2, "msg_1")):
        listening.tell(message_id=message_id)
        assert f"attempt {attempt} " in listening.line()


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"secret": OTHER}, "it was made with another secret"),
        ({"age_s": 900}, "s old; at most 300 s may be"),
        ({"webhook-timestamp": "x"}, "webhook-timestamp is no number"),
    ],
)
def test_what_must_not_be_believed_is_refused_with_the_reason(listening, told, why):
    status = listening.tell(**told)
    line = listening.line()
    assert status == 400
    assert why in line.partition("refused: ")[2]
    assert "task.succeeded" not in line


def test_the_id_of_a_message_by_anybody_moves_no_cursor():
    with Listening("--port", "0", "--secret", SECRET, "--json") as listening:
        listening.tell(secret=OTHER, **{"webhook-id": b"msg\x9b2J"})
        assert json.loads(listening.line())["id"] == "msg\\x9b2J"


def test_a_tasks_own_callback_has_a_word_of_its_own(listening):
    listening.tell(body=b'{"id":"9","status":"failed"}')
    assert "callback         9  failed" in listening.line()


def test_ctrl_c_and_a_terminate_are_the_ordinary_end():
    for number in (signal.SIGINT, signal.SIGTERM):
        with Listening("--port", "0", "--secret", SECRET) as listening:
            said, told, status = listening.end(number)
            assert (said, told.splitlines()[-1], status) == ("", "stopped", 0)


def test_ctrl_c_before_there_were_enough_is_none():
    with Listening("--port", "0", "--secret", SECRET, "--count", "1") as listening:
        assert listening.end()[2] == 130


@pytest.mark.parametrize(("secret", "status"), [(SECRET, 0), (OTHER, 1)])
def test_after_its_count_it_ends_and_says_whether_all_were_good(secret, status):
    with Listening("--port", "0", "--secret", SECRET, "--count", "1", "--json") as listening:
        listening.tell(secret=secret)
        said, _, ended = listening.ended()
    seen = json.loads(said)
    assert (ended, seen["answered"]) == (status, 400 if status else 204)
    assert seen["body"] == (None if status else EVENT)


def test_it_answers_what_it_is_told_to():
    with Listening("--port", "0", "--secret", SECRET, "--answer", "503") as listening:
        assert listening.tell() == 503


def test_a_good_message_is_handed_on_and_a_bad_one_is_not(listening):
    words = ("--port", "0", "--secret", SECRET, "--forward", f"{listening.address}/on")
    with Listening(*words) as before:
        assert before.tell(secret=OTHER) == 400
        assert before.tell(message_id="msg_2") == 204
        assert "answered 400" in before.line()
        assert "answered 204" in before.line()
    assert "signature good" in listening.line()


def test_secret_of_the_environment_is_taken():
    with Listening("--port", "0", FRAMEGATE_WEBHOOK_SECRET=SECRET) as listening:
        assert listening.tell() == 204


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        (("--secret", "whsec_?"), 2, "--secret must be whsec_ and Base64"),
        (("--answer", "500", "--forward", "http://127.0.0.1:9/"), 2, "give one of them"),
        (("--url", "https://gate.example", "--key", "fg_x"), 2, "give --public-url"),
        (("--url", "http://127.0.0.1:9", "--key", "fg_x"), 4, "framegate serve"),
    ],
)
def test_a_mistake_is_told_with_what_to_do(shell, words, status, sentence):
    done = shell.bare("webhooks", "listen", "--port", "0", *words)
    assert (done.exit_code, sentence in done.output) == (status, True), done.output


def test_a_port_that_is_taken_is_told(shell, listening):
    port = listening.address.rpartition(":")[2]
    done = shell.bare("webhooks", "listen", "--port", port, "--secret", SECRET)
    assert done.exit_code == 2
    assert "choose another with --port" in done.output


# --- by a running server ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def port():
    return free_port()


@pytest.fixture(scope="module")
def gate(tmp_path_factory, port):
    config = f'[outbound]\nallow = ["127.0.0.1:{port}"]\n'
    with Framegate(tmp_path_factory.mktemp("gate"), config=config) as running:
        yield running


def key_of(gate):
    return (gate.data / "admin.key").read_text().strip()


def test_a_task_is_told_by_the_server_and_the_webhook_disabled_afterwards(gate, port):
    words = ("--port", str(port), "--event", "task.submitted", "--count", "1", "--json")
    with Listening(*words, FRAMEGATE_URL=gate.url, FRAMEGATE_KEY=key_of(gate)) as listening:
        tested = json.loads(listening.line())
        task_id = gate.created(
            {"contents": [{"type": "first_frame", "url": gate.upload(picture(320, 320))}]}
        )
        told = json.loads(listening.line())
        _, _, status = listening.ended()
    assert (tested["event"], tested["refused"]) == ("webhook.test", "")
    assert (told["event"], told["task"], told["refused"]) == ("task.submitted", task_id, "")
    assert status == 0
    hooks = gate.http.get("/api/webhooks").json()["data"]["result"]
    (hook,) = (each for each in hooks if each["events"] == ["task.submitted"])
    assert not hook["enabled"]


def test_listening_again_makes_no_second_webhook(gate, port):
    def count():
        return gate.http.get("/api/webhooks").json()["data"]["count"]

    for _ in range(2):
        words = ("--port", str(port), "--event", "task.failed")
        with Listening(*words, FRAMEGATE_URL=gate.url, FRAMEGATE_KEY=key_of(gate)) as listening:
            listening.process.stderr.readline()
            listening.end()
    (one,) = (
        hook
        for hook in gate.http.get("/api/webhooks").json()["data"]["result"]
        if hook["events"] == ["task.failed"]
    )
    assert (one["enabled"], count() <= 2) == (False, True)


def test_a_port_that_the_server_does_not_allow_names_the_setting(gate, shell):
    words = ("--url", gate.url, "--key", key_of(gate))
    done = shell.bare("webhooks", "listen", "--port", "0", *words)
    assert done.exit_code == 2
    assert "under [outbound] in framegate.toml" in done.output


@pytest.mark.parametrize(("key", "status"), [("fg_wrong", 5), (None, 5)])
def test_a_key_that_may_not_make_webhooks_is_told(gate, shell, port, key, status):
    if key is None:
        key = gate.http.post("/api/keys", json={"name": "r", "scope": "read"}).json()["data"]["key"]
    done = shell.bare("webhooks", "listen", "--port", str(port), "--url", gate.url, "--key", key)
    assert done.exit_code == status, done.output
