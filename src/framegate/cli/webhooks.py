"""`framegate webhooks`: where an account is told of its tasks, and what it was told.

A caller's own, through a running server; with `--account`, an operator's, of any account, on the
data folder. The words and the answers are the same. `listen` and `verify` are elsewhere.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, Protocol

import typer

from framegate.cli.language import _
from framegate.cli.options import ConfigOption, DataOption, JsonOption, KeyOption, UrlOption
from framegate.cli.own_webhooks import OwnWebhooks
from framegate.cli.sentences import spoken
from framegate.cli.terminal import printable, say, say_facts, say_json, troubles
from framegate.client.face import Framegate
from framegate.domain.delivery import DeliveryStatus
from framegate.domain.endpoint import OVERLAP_S_DEFAULT, OVERLAP_S_MAX
from framegate.errors import SettingsInvalid

LIMIT_DEFAULT = 50

AccountOption = Annotated[
    str | None,
    typer.Option(
        help="An operator's: an account by name or id, on the data folder.",
        show_default="your own, through the server",
    ),
]
WebhookArgument = Annotated[str, typer.Argument(metavar="ID", help="A webhook's id, hook_...")]


class Webhooks(Protocol):
    """The webhooks of one account; every dict is as the API shows it (docs/webhooks.md)."""

    def listed(self) -> list[dict[str, Any]]:
        """Every webhook, newest first."""

    def create(self, url: str, events: list[str] | None) -> dict[str, Any]:
        """A new one, with its `secret`."""

    def rotate(self, webhook_id: str, *, overlap_s: int) -> dict[str, Any]:
        """One with a new `secret`."""

    def disable(self, webhook_id: str) -> dict[str, Any]:
        """One that is told nothing more."""

    def enable(self, webhook_id: str) -> dict[str, Any]:
        """One that is told again."""

    def deliveries(
        self, webhook_id: str | None, *, status: str | None, limit: int
    ) -> list[dict[str, Any]]:
        """What was told or is owed, newest first."""

    def replay(self, subject: str) -> dict[str, Any]:
        """`{redelivered, has_more}` of one delivery, or of all that failed for a webhook."""


@contextmanager
def asked(
    account: str | None,
    *,
    url: str | None,
    key: str | None,
    data: str | None,
    config: Path | None,
) -> Iterator[Webhooks]:
    """Whose webhooks, and where. Raises SettingsInvalid for options that do not go together."""
    with troubles():
        if account is None:
            if data is not None or config is not None:
                raise SettingsInvalid(_("--data and --config are an operator's: name an --account"))
            with Framegate(url, key) as client:
                yield OwnWebhooks(client)
            return
        if url is not None or key is not None:
            raise SettingsInvalid(_("--account works on the data folder, without --url and --key"))
    # It brings the server's parts, which a caller's commands need not wait for.
    folder = import_module("framegate.cli.account_webhooks")
    with folder.of_account(account, data, config) as found:
        yield found


def listed(
    account: AccountOption = None,
    url: UrlOption = None,
    key: KeyOption = None,
    data: DataOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """List the webhooks, newest first."""
    with asked(account, url=url, key=key, data=data, config=config) as hooks:
        found = hooks.listed()
        if json:
            say_json(found)
            return
        if not found:
            say(_("no webhook yet; make one with: framegate webhooks create URL"))
        for each in found:
            why = printable(spoken(each.get("disabled_why", "")))
            state = _("enabled") if each["enabled"] else _("disabled {why}", why=why).rstrip()
            say(
                f"{each['id']}  {printable(each['url'])}  {','.join(each['events'])}  {state}"
                f"{_recent(each)}"
            )


def create(
    webhook_url: Annotated[
        str, typer.Argument(metavar="URL", help="The address that is told, https://...")
    ],
    event: Annotated[
        list[str] | None,
        typer.Option(help="An event that it is told; may be repeated.", show_default="all"),
    ] = None,
    account: AccountOption = None,
    url: UrlOption = None,
    key: KeyOption = None,
    data: DataOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Make a webhook; its secret is shown this once."""
    with asked(account, url=url, key=key, data=data, config=config) as hooks:
        _say_secret(hooks.create(webhook_url, event), is_json=json)


def rotate(
    webhook_id: WebhookArgument,
    overlap_s: Annotated[
        int,
        typer.Option(
            min=0,
            max=OVERLAP_S_MAX,
            help="Seconds for which the old secret signs too; 0 ends it now.",
        ),
    ] = OVERLAP_S_DEFAULT,
    account: AccountOption = None,
    url: UrlOption = None,
    key: KeyOption = None,
    data: DataOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Give a webhook a new secret; it is shown this once."""
    with asked(account, url=url, key=key, data=data, config=config) as hooks:
        _say_secret(hooks.rotate(webhook_id, overlap_s=overlap_s), is_json=json)


def disable(
    webhook_id: WebhookArgument,
    account: AccountOption = None,
    url: UrlOption = None,
    key: KeyOption = None,
    data: DataOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Tell a webhook nothing more; what is pending for it is given up."""
    with asked(account, url=url, key=key, data=data, config=config) as hooks:
        changed = hooks.disable(webhook_id)
        _say_changed(changed, _("{id} is disabled", id=changed["id"]), is_json=json)


def enable(
    webhook_id: WebhookArgument,
    account: AccountOption = None,
    url: UrlOption = None,
    key: KeyOption = None,
    data: DataOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Tell a webhook what happens from now on."""
    with asked(account, url=url, key=key, data=data, config=config) as hooks:
        changed = hooks.enable(webhook_id)
        _say_changed(changed, _("{id} is enabled", id=changed["id"]), is_json=json)


def deliveries(
    webhook: Annotated[
        str | None, typer.Option(help="Only those of this webhook, hook_...")
    ] = None,
    status: Annotated[
        DeliveryStatus | None, typer.Option(help="Only those in this status.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1_000, help="How many at most.")] = LIMIT_DEFAULT,
    account: AccountOption = None,
    url: UrlOption = None,
    key: KeyOption = None,
    data: DataOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """List what was told or is owed, newest first."""
    with asked(account, url=url, key=key, data=data, config=config) as hooks:
        found = hooks.deliveries(webhook, status=status.value if status else None, limit=limit)
        if json:
            say_json(found)
            return
        if not found:
            say(_("no delivery of this kind"))
        for each in found:
            # No table: it would cut the ids, which are there to be copied.
            say(_delivery(each))


def replay(
    subject: Annotated[
        str,
        typer.Argument(
            metavar="ID", help="A delivery, msg_..., or a webhook, hook_...: all that failed."
        ),
    ],
    account: AccountOption = None,
    url: UrlOption = None,
    key: KeyOption = None,
    data: DataOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Send one delivery again, or all that were given up for a webhook."""
    with asked(account, url=url, key=key, data=data, config=config) as hooks:
        done = hooks.replay(subject)
        if json:
            say_json(done)
            return
        count = done["redelivered"]
        if done["has_more"]:
            say(_("{count} to be sent again; there are more: run it again", count=count))
        else:
            say(_("{count} to be sent again", count=count))


# --- inside -----------------------------------------------------------------------------------


def _recent(webhook: dict[str, Any]) -> str:
    """What became of its newest deliveries; an operator's list and a very long one count none."""
    counts = webhook.get("recent") or {}
    told = [f"{count} {what}" for what, count in counts.items() if count]
    return f"  {', '.join(told)}" if told else ""


def _delivery(each: dict[str, Any]) -> str:
    last = each["last_attempt"]
    tried = _("not tried yet")
    if last:
        answer = last["http_status"] or printable(spoken(last["error"]))
        tried = _("{count} tried, last: {answer}", count=each["attempt_count"], answer=answer)
    at = datetime.fromtimestamp(each["created_at"] // 1_000, UTC)
    return (
        f"{each['id']}  {at:%Y-%m-%dT%H:%M:%SZ}  {each['event']:<15}  {each['task']}  "
        f"{each['status']:<9}  {tried}"
    )


def _say_secret(made: dict[str, Any], *, is_json: bool) -> None:
    if is_json:
        say_json(made)
        return
    say_facts(
        {
            _("webhook"): made["id"],
            _("url"): printable(made["url"]),
            _("events"): ",".join(made["events"]),
            _("secret"): made["secret"],
        }
    )
    say(_("The secret is not shown again: note it now. `framegate webhooks rotate` makes another."))


def _say_changed(changed: dict[str, Any], sentence: str, *, is_json: bool) -> None:
    if is_json:
        say_json(changed)
    else:
        say(sentence)
