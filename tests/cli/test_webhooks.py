"""Commands on webhooks: an operator's on the data folder, a caller's through a server."""

import pytest

from fakes.rows import NOW_MS, begin
from fakes.scripted_server import ScriptedServer, envelope, success
from fakes.serving import serving
from framegate.gateway import Gateway
from framegate.settings import DataSettings, Settings
from framegate.store import accounts, deliveries

URL = "https://your-server.example/hooks"


@pytest.fixture
def acme(shell):
    shell.json("accounts", "create", "acme", "--unlimited")
    return ("--account", "acme")


@pytest.fixture
def hook(shell, acme):
    return shell.json("webhooks", "create", URL, *acme)


@pytest.fixture
def owed(shell, hook):
    """Ids of two deliveries that are pending for the webhook."""

    def owe(tx):
        task = begin(tx, accounts.account_named(tx, "acme").id)
        return [
            deliveries.owe(
                tx, task, event=event, url=URL, now_ms=NOW_MS + late, endpoint_id=hook["id"]
            ).id
            for late, event in enumerate(("task.submitted", "task.failed"))
        ]

    gateway = Gateway.open(Settings(data=DataSettings(dir=str(shell.folder))))
    yield gateway.database.write_now(owe)
    gateway.database.close_now()


def test_a_new_webhook_shows_its_secret_this_once(shell, acme):
    made = shell.json("webhooks", "create", URL, *acme, "--event", "task.failed")

    assert made.pop("secret").startswith("whsec_")
    assert (made["url"], made["events"], made["enabled"]) == (URL, ["task.failed"], True)
    assert shell.json("webhooks", "list", *acme) == [made]


def test_a_person_is_told_to_note_the_secret(shell, acme):
    said = shell("webhooks", "create", URL, *acme).output
    assert "whsec_" in said
    assert "not shown again: note it now" in said


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("http://10.0.0.1/",), "url must be a public address"),
        ((URL, "--event", "task.done"), "events[0] must be one of task.submitted"),
    ],
)
def test_a_webhook_that_cannot_be_is_a_clear_no(shell, acme, words, sentence):
    done = shell("webhooks", "create", *words, *acme)
    assert done.exit_code == 3
    assert sentence in done.output


def test_the_list_of_nothing_says_how_to_begin(shell, acme):
    assert "framegate webhooks create URL" in shell("webhooks", "list", *acme).output


def test_rotation_makes_another_secret(shell, acme, hook):
    made = shell.json("webhooks", "rotate", hook["id"], *acme, "--overlap-s", "0")
    assert made["secret"] != hook["secret"]
    assert made["old_secret_until"] == 0
    assert shell.json("webhooks", "rotate", hook["id"], *acme)["old_secret_until"] > 0


def test_disabled_and_enabled_it_says_so(shell, acme, hook):
    assert not shell.json("webhooks", "disable", hook["id"], *acme)["enabled"]
    assert "disabled by its owner" in shell("webhooks", "list", *acme).output
    assert "is enabled" in shell("webhooks", "enable", hook["id"], *acme).output
    assert shell.json("webhooks", "list", *acme)[0]["enabled"]


def test_deliveries_are_listed_newest_first(shell, acme, hook, owed):
    listed = shell.json("webhooks", "deliveries", *acme, "--webhook", hook["id"])
    assert [each["id"] for each in listed] == owed[::-1]
    assert shell.json("webhooks", "deliveries", *acme, "--status", "failed") == []
    assert len(shell.json("webhooks", "deliveries", *acme, "--limit", "1")) == 1
    said = shell("webhooks", "deliveries", *acme).output
    assert "task.submitted" in said
    assert owed[0] in said


def test_all_that_failed_is_sent_again_or_one(shell, acme, hook, owed):
    shell.json("webhooks", "disable", hook["id"], *acme)
    shell.json("webhooks", "enable", hook["id"], *acme)

    one = shell.json("webhooks", "replay", owed[0], *acme)
    rest = shell("webhooks", "replay", hook["id"], *acme)

    assert one == {"redelivered": 1, "has_more": False}
    assert "1 to be sent again" in rest.output
    assert len(shell.json("webhooks", "deliveries", *acme, "--status", "pending")) == 2


@pytest.mark.parametrize(
    "words",
    [
        ("rotate", "hook_1"),
        ("disable", "hook_1"),
        ("enable", "hook_1"),
        ("replay", "hook_1"),
        ("deliveries", "--webhook", "hook_1"),
    ],
)
def test_an_unknown_webhook_is_a_clear_no(shell, acme, words):
    done = shell("webhooks", *words, *acme)
    assert done.exit_code == 3
    assert "webhook not found" in done.output


def test_an_unknown_delivery_is_a_clear_no(shell, acme):
    done = shell("webhooks", "replay", "msg_1", *acme)
    assert done.exit_code == 3
    assert "delivery not found" in done.output


# --- whose ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--data", "d"), "name an --account"),
        (("--config", "c.toml"), "name an --account"),
        (("--account", "acme", "--url", "http://127.0.0.1:1"), "without --url and --key"),
        (("--account", "acme", "--key", "fg_x"), "without --url and --key"),
    ],
)
def test_options_of_the_other_side_are_a_mistake(shell, words, sentence):
    done = shell.bare("webhooks", "list", *words)
    assert done.exit_code == 2
    assert sentence in done.output


@pytest.fixture
def server(monkeypatch):
    scripted = ScriptedServer()
    with serving(scripted.app()) as url:
        monkeypatch.setenv("FRAMEGATE_URL", url)
        monkeypatch.setenv("FRAMEGATE_KEY", "fg_key")
        yield scripted


SHOWN = {"id": "hook_1", "url": URL, "events": ["task.failed"], "enabled": True}
OWED = {
    "id": "msg_1", "created_at": 1_800_000_000_000, "event": "task.failed", "task": "task_1",
    "status": "failed", "attempt_count": 2, "last_attempt": {"http_status": 500, "error": ""},
}  # fmt: skip


def test_a_callers_list_says_what_became_of_the_newest_deliveries(shell, server):
    recent = {"pending": 0, "retrying": 1, "delivered": 3, "failed": 0}
    server.answers.append(success({"result": [SHOWN | {"recent": recent}]}))
    said = shell.bare("webhooks", "list").stdout
    assert said == f"hook_1  {URL}  task.failed  enabled  1 retrying, 3 delivered\n"


def test_a_caller_sees_what_failed_and_sends_it_again(shell, server):
    server.answers.extend(
        [success({"result": [OWED], "next_cursor": ""}), success(OWED | {"status": "pending"})]
    )
    said = shell.bare("webhooks", "deliveries", "--status", "failed").stdout
    assert "msg_1  2027-01-15T08:00:00Z  task.failed      task_1  failed     2 tried" in said
    assert shell.bare("webhooks", "replay", "msg_1").stdout == "1 to be sent again\n"
    assert server.asked[1].path == "/api/deliveries/msg_1/redeliver"


def test_nothing_of_the_kind_is_a_sentence(shell, server):
    server.answers.append(success({"result": [], "next_cursor": ""}))
    assert shell.bare("webhooks", "deliveries").stdout == "no delivery of this kind\n"


def test_a_callers_new_webhook_shows_its_secret(shell, server):
    server.answers.append(success(SHOWN | {"secret": "whsec_x"}))
    said = shell.bare("webhooks", "create", URL, "--event", "task.failed").stdout
    assert "secret   whsec_x" in said
    assert server.asked[0].json == {"url": URL, "events": ["task.failed"]}


@pytest.mark.parametrize(
    ("refusal", "status"), [((401, 1002), 5), ((403, 1103), 5), ((404, 1203), 3)]
)
def test_a_no_of_the_server_ends_with_the_status_of_its_kind(shell, server, refusal, status):
    http_status, code = refusal
    no = {"code": code, "message": "no", "request_id": "req_1", "data": {}}
    server.answers.append(envelope(http_status, **no))
    assert shell.bare("webhooks", "disable", "hook_1").exit_code == status


def test_no_server_is_told_with_how_to_start_one(shell):
    done = shell.bare("webhooks", "list", "--url", "http://127.0.0.1:9", "--key", "fg_x")
    assert done.exit_code == 4
    assert "framegate serve" in done.output
