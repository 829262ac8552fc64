"""What was spent, for a person, a program and a spreadsheet; by a real gateway."""

import json

import pytest

from fakes.drawn import picture
from processes import Framegate


@pytest.fixture(scope="module")
def gate(tmp_path_factory):
    with Framegate(tmp_path_factory.mktemp("gate")) as running:
        body = {
            "contents": [{"type": "first_frame", "url": running.upload(picture(320, 320))}],
            "settings": {"duration": 3},
        }
        assert running.ended(running.created(body))["status"] == "succeed"
        yield running


@pytest.fixture
def usage(gate, shell, monkeypatch):
    monkeypatch.setenv("FRAMEGATE_URL", gate.url)
    monkeypatch.setenv("FRAMEGATE_KEY", (gate.data / "admin.key").read_text().strip())
    return lambda *words: shell.bare("usage", *words)


def test_a_person_sees_a_table_with_every_group(usage):
    lines = usage("--by", "resolution").stdout.splitlines()
    assert lines[0].endswith("amounts in USD")
    assert lines[1].split() == ["resolution", "tasks", "seconds", "spent", "cost", "margin"]
    # The embedded renderer names no cost.
    assert lines[2].split() == ["720p", "1", "3", "0.336", "not", "known", "not", "known"]


def test_a_program_gets_the_answer_itself(usage, gate):
    said = json.loads(usage("--by", "key", "--json").stdout)
    assert said == gate.http.get("/api/usage", params={"by": "key"}).json()["data"]


@pytest.mark.parametrize("by", ["day", "key", "resolution", "upstream", "account"])
def test_a_spreadsheet_gets_the_very_bytes_of_the_api(usage, gate, by):
    served = gate.http.get("/api/usage", params={"by": by, "format": "csv"}).content
    assert usage("--by", by, "--csv").stdout_bytes == served


def test_the_days_are_those_asked_for(usage):
    said = json.loads(usage("--from", "2026-01-01", "--to", "2026-01-31", "--json").stdout)
    assert (said["from"], said["to"], said["result"]) == ("2026-01-01", "2026-01-31", [])


def test_nothing_is_said_in_a_sentence(usage):
    said = usage("--to", "2026-01-31").stdout
    assert said.splitlines() == [
        "2026-01-02 to 2026-01-31, amounts in USD",
        "no task ended in this time; see: framegate tasks list",
    ]


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        (["--by", "week"], 3, "by must be one of day"),
        (["--from", "yesterday", "--csv"], 3, "from must be a day, YYYY-MM-DD"),
        (["--account", "nobody"], 3, "next: check the id"),
        (["--csv", "--json"], 2, "give one of them"),
        (["--key", "fg_wrong"], 5, "request "),
        (["--csv", "--key", "fg_wrong"], 5, "request "),
        (["--csv", "--url", "http://127.0.0.1:9"], 4, "framegate serve"),
    ],
)
def test_a_mistake_is_told_with_what_to_do(usage, words, status, sentence):
    done = usage(*words)
    assert (done.exit_code, sentence in done.output) == (status, True), done.output


def test_a_member_sees_no_costs_and_no_other_groups(usage, gate):
    made = gate.http.post("/api/keys", json={"name": "member", "scope": "full"})
    key = made.json()["data"]["key"]
    lines = usage("--by", "model", "--key", key).stdout.splitlines()
    assert lines[1].split() == ["model", "tasks", "seconds", "spent"]
    assert usage("--by", "upstream", "--key", key).exit_code == 5
