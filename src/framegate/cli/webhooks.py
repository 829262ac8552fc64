"""`framegate webhooks`: an operator's commands on an account's endpoints and their deliveries.

They work on the database itself, as `framegate accounts` does, and show what the API shows.
`verify` alone needs no data folder: it is for a receiver's developer.
"""

import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from framegate.cli.accounts import named, opened
from framegate.cli.options import ConfigOption, DataOption, JsonOption
from framegate.cli.terminal import EXIT_FAILED, fail, say, say_json, troubles
from framegate.desk.deliveries import delivery_shown, endpoint_shown
from framegate.desk.webhooks import LIMIT_DEFAULT
from framegate.domain.delivery import DeliveryStatus
from framegate.domain.endpoint import OVERLAP_S_DEFAULT, OVERLAP_S_MAX, Endpoint, judge_wish
from framegate.domain.signature import is_signed
from framegate.errors import SettingsInvalid
from framegate.flows import subscribe
from framegate.gateway import Gateway, now_ms
from framegate.store import deliveries as rows
from framegate.store import endpoints

webhooks = typer.Typer(no_args_is_help=True, help="Where an account is told of its tasks.")

DELIVERY_PREFIX = "msg_"
BODY_BYTES_MAX = 1 << 20

AccountOption = Annotated[str, typer.Option(help="An account's name or id.")]
EndpointArgument = Annotated[str, typer.Argument(metavar="ID", help="A webhook's id, hook_...")]


@webhooks.command("list")
def listed(
    account: AccountOption,
    data: DataOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """List an account's webhooks, newest first."""
    with opened(data, config) as gateway:
        owner = gateway.database.read_now(named, account)
        found = gateway.database.read_now(endpoints.of_account, owner.id)
        if json:
            say_json([endpoint_shown(endpoint) for endpoint in found])
            return
        if not found:
            say(f"no webhook yet; make one with: framegate webhooks create URL --account {account}")
        for endpoint in found:
            state = "enabled" if endpoint.is_enabled else f"disabled {endpoint.disabled_why}"
            say(f"{endpoint.id}  {endpoint.url}  {','.join(endpoint.events)}  {state}")


@webhooks.command("create")
def create(
    url: Annotated[str, typer.Argument(help="Where to tell it, https://...")],
    account: AccountOption,
    event: Annotated[
        list[str] | None,
        typer.Option(help="An event to tell; more than once for several.", show_default="all"),
    ] = None,
    data: DataOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Make a webhook; its secret is shown this once."""
    with opened(data, config) as gateway:
        owner = gateway.database.read_now(named, account)
        wish = judge_wish(
            {"url": url} | ({"events": event} if event else {}),
            allowed_addresses=frozenset(gateway.settings.outbound.allow),
        )
        endpoint = gateway.database.write_now(
            subscribe.create, account_id=owner.id, wish=wish, now_ms=now_ms()
        )
        _say_secret(gateway, endpoint, is_json=json)


@webhooks.command("rotate")
def rotate(
    endpoint_id: EndpointArgument,
    account: AccountOption,
    overlap_s: Annotated[
        int,
        typer.Option(
            min=0, max=OVERLAP_S_MAX, help="Seconds for which the old secret signs too; 0: none."
        ),
    ] = OVERLAP_S_DEFAULT,
    data: DataOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Give a webhook a new secret; it is shown this once."""
    with opened(data, config) as gateway:
        owner = gateway.database.read_now(named, account)
        endpoint = gateway.database.write_now(
            subscribe.rotate, owner.id, endpoint_id, overlap_s=overlap_s, now_ms=now_ms()
        )
        _say_secret(gateway, endpoint, is_json=json)


@webhooks.command("disable")
def disable(
    endpoint_id: EndpointArgument,
    account: AccountOption,
    data: DataOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Tell a webhook nothing more; what is pending for it is given up."""
    with opened(data, config) as gateway:
        owner = gateway.database.read_now(named, account)
        endpoint = gateway.database.write_now(
            subscribe.disable, owner.id, endpoint_id, now_ms=now_ms()
        )
        _say_endpoint(endpoint, f"{endpoint_id} is disabled", is_json=json)


@webhooks.command("enable")
def enable(
    endpoint_id: EndpointArgument,
    account: AccountOption,
    data: DataOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Tell a webhook what happens from now on."""
    with opened(data, config) as gateway:
        owner = gateway.database.read_now(named, account)
        endpoint = gateway.database.write_now(subscribe.enable, owner.id, endpoint_id)
        _say_endpoint(endpoint, f"{endpoint_id} is enabled", is_json=json)


@webhooks.command("deliveries")
def deliveries(
    account: AccountOption,
    webhook: Annotated[str | None, typer.Option(help="Of this one alone, hook_...")] = None,
    status: Annotated[DeliveryStatus | None, typer.Option(help="In this status alone.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1_000, help="At most so many.")] = LIMIT_DEFAULT,
    data: DataOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """List what an account was told or is owed, newest first."""
    with opened(data, config) as gateway:
        owner = gateway.database.read_now(named, account)
        if webhook is not None:
            gateway.database.read_now(subscribe.endpoint_of, owner.id, webhook)
        found = gateway.database.read_now(
            rows.page, owner.id, endpoint_id=webhook, status=status, rows_max=limit
        )
        shown = [delivery_shown(told) for told in found]
        if json:
            say_json(shown)
            return
        for each in shown:
            # No table: it would cut the ids, which are there to be copied.
            last = each["last_attempt"]
            tried = f"{each['attempt_count']} tried" if last else "not tried yet"
            answer = f", last: {last['http_status'] or last['error']}" if last else ""
            at = datetime.fromtimestamp(each["created_at"] // 1_000, UTC)
            say(
                f"{each['id']}  {at:%Y-%m-%dT%H:%M:%SZ}  {each['event']:<15}  {each['task']}  "
                f"{each['status']:<9}  {tried}{answer}"
            )


@webhooks.command("redeliver")
def redeliver(
    subject: Annotated[
        str,
        typer.Argument(metavar="ID", help="A delivery, msg_..., or a webhook: all that failed."),
    ],
    account: AccountOption,
    data: DataOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Send one delivery again, or all that were given up for a webhook."""
    with opened(data, config) as gateway:
        owner = gateway.database.read_now(named, account)
        count, has_more = 1, False
        if subject.startswith(DELIVERY_PREFIX):
            gateway.database.write_now(subscribe.redeliver, owner.id, subject, now_ms=now_ms())
        else:
            done = gateway.database.write_now(
                subscribe.redeliver_failed, owner.id, subject, now_ms=now_ms()
            )
            count, has_more = done.count, done.has_more
        if json:
            say_json({"redelivered": count, "has_more": has_more})
            return
        say(f"{count} to be sent again" + ("; there are more: run it again" if has_more else ""))


@webhooks.command("verify")
def verify(
    secret: Annotated[
        str, typer.Option(envvar="WEBHOOK_SECRET", help="The secret, whsec_...", show_envvar=True)
    ],
    message_id: Annotated[str, typer.Option("--id", help="The webhook-id header.")],
    timestamp: Annotated[int, typer.Option(help="The webhook-timestamp header.")],
    signature: Annotated[str, typer.Option(help="The webhook-signature header.")],
) -> None:
    """Check the signature of the body on standard input; exit 0 when it is good.

    Its age is not judged: a receiver refuses what is more than five minutes old.
    """
    with troubles():
        body = sys.stdin.buffer.read(BODY_BYTES_MAX + 1)
        if len(body) > BODY_BYTES_MAX:
            raise SettingsInvalid(f"the body must be at most {BODY_BYTES_MAX} bytes")
        try:
            is_good = is_signed(
                secret,
                message_id=message_id,
                timestamp_s=timestamp,
                body=body,
                signatures=signature,
            )
        except ValueError:
            raise SettingsInvalid("--secret must be whsec_ and Base64") from None
        if not is_good:
            fail("the signature is not of this secret, id, timestamp and body", EXIT_FAILED)
        say("the signature is good")


def _say_secret(gateway: Gateway, endpoint: Endpoint, *, is_json: bool) -> None:
    secret = gateway.keyring.webhook_secret(endpoint.id, endpoint.generation)
    if is_json:
        say_json(endpoint_shown(endpoint) | {"secret": secret})
        return
    say(f"webhook  {endpoint.id}")
    say(f"url      {endpoint.url}")
    say(f"events   {','.join(endpoint.events)}")
    say(f"secret   {secret}")
    say("The secret is not shown again: note it now. `framegate webhooks rotate` makes another.")


def _say_endpoint(endpoint: Endpoint, sentence: str, *, is_json: bool) -> None:
    if is_json:
        say_json(endpoint_shown(endpoint))
    else:
        say(sentence)
