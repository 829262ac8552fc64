"""An operator's commands on an account's webhooks."""

import pytest
from typer.testing import CliRunner

from fakes.rows import NOW_MS, begin
from framegate.cli.main import framegate
from framegate.domain.signature import sign_webhook
from framegate.gateway import Gateway
from framegate.settings import DataSettings, Settings
from framegate.store import accounts, deliveries

URL = "https://your-server.example/hooks"
SECRET = "whsec_dGVzdHNlY3JldHRlc3RzZWNyZXR0ZXN0c2VjcmV0MTI="
BODY = b'{"type":"task.failed"}'


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

    one = shell.json("webhooks", "redeliver", owed[0], *acme)
    rest = shell("webhooks", "redeliver", hook["id"], *acme)

    assert one == {"redelivered": 1, "has_more": False}
    assert "1 to be sent again" in rest.output
    pending = shell.json("webhooks", "deliveries", *acme, "--status", "pending")
    assert [each["resent_by"] for each in pending] == ["operator"] * 2


@pytest.mark.parametrize(
    "words",
    [
        ("rotate", "hook_1"),
        ("disable", "hook_1"),
        ("enable", "hook_1"),
        ("redeliver", "hook_1"),
        ("deliveries", "--webhook", "hook_1"),
    ],
)
def test_an_unknown_webhook_is_a_clear_no(shell, acme, words):
    done = shell("webhooks", *words, *acme)
    assert done.exit_code == 3
    assert "webhook not found" in done.output


def test_an_unknown_delivery_is_a_clear_no(shell, acme):
    done = shell("webhooks", "redeliver", "msg_1", *acme)
    assert done.exit_code == 3
    assert "delivery not found" in done.output


# --- verify -----------------------------------------------------------------------------------


def verify(*, secret=SECRET, signature=None, body=BODY):
    signed = sign_webhook(SECRET, message_id="msg_1", timestamp_s=7, body=BODY)
    words = ["--id", "msg_1", "--timestamp", "7", "--signature", signature or signed]
    return CliRunner().invoke(
        framegate, ["webhooks", "verify", "--secret", secret, *words], input=body
    )


def test_a_good_signature_is_good():
    done = verify()
    assert (done.exit_code, done.output) == (0, "the signature is good\n")


def test_one_good_signature_of_two_is_enough():
    signed = sign_webhook(SECRET, message_id="msg_1", timestamp_s=7, body=BODY)
    assert verify(signature=f"v1,x {signed}").exit_code == 0


@pytest.mark.parametrize("changes", [{"body": BODY + b"\n"}, {"signature": "v1,x"}])
def test_anything_else_is_a_no(changes):
    done = verify(**changes)
    assert done.exit_code == 1
    assert "the signature is not of this secret" in done.output


def test_a_secret_that_is_none_is_a_mistake_of_the_command_line():
    assert verify(secret="whsec_?").exit_code == 2


def test_a_body_without_end_is_not_read_to_its_end():
    assert "at most 1048576 bytes" in verify(body=bytes(1_048_577)).output
