"""An operator's verbs and a caller's are the same, and so are their answers."""

import inspect

from framegate.cli.account_webhooks import AccountWebhooks, of_account
from framegate.cli.own_webhooks import OwnWebhooks
from framegate.cli.webhooks import Webhooks


def verbs(kind):
    return {
        name: inspect.signature(value)
        for name, value in vars(kind).items()
        if inspect.isfunction(value) and not name.startswith("_")
    }


def test_both_sides_have_every_verb_alike():
    assert verbs(AccountWebhooks) == verbs(OwnWebhooks) == verbs(Webhooks)


def test_what_is_made_is_listed_for_its_account_alone(shell):
    for name in ("acme", "other"):
        shell.json("accounts", "create", name)
    with of_account("acme", str(shell.folder), None) as acme:
        made = acme.create("https://your-server.example/hooks", ["task.failed"])
        assert [each["id"] for each in acme.listed()] == [made["id"]]
    with of_account("other", str(shell.folder), None) as other:
        assert other.listed() == []
