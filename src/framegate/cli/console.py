"""`framegate console`: a link that signs a browser in to the console, once."""

import os
from typing import Annotated

import typer

from framegate.cli.accounts import opened
from framegate.cli.language import _
from framegate.cli.options import ConfigOption, DataOption, JsonOption
from framegate.cli.sentences import in_commands, spoken
from framegate.cli.terminal import err, printable, say, say_json
from framegate.client import calls
from framegate.client.access import Access, check_url, recorded_url
from framegate.client.asking import Asking
from framegate.client.drivers import Driver
from framegate.client.errors import ClientError
from framegate.domain.session import LINK_GOOD_FOR_MS
from framegate.errors import NotFound, Unavailable
from framegate.flows import sign_in
from framegate.gateway import Gateway, now_ms

GOOD_FOR_MINUTES = LINK_GOOD_FOR_MS // 60_000
PROBE_WAIT_S = 5


def console(
    account: Annotated[
        str | None,
        typer.Option(help="Whose console, by name or id.", show_default="the operator's"),
    ] = None,
    data: DataOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Print a link that signs a browser in to the console, once, within 15 minutes.

    The session may do what the account's best key may do, for as long as
    that key is good. A running server is needed to open it.
    """
    with opened(data, config) as gateway:
        server = _server_url(gateway)
        url, name = _link(gateway, account, server)
        _warn_of_nobody(server)
        if json:
            say_json({"url": url, "account": name, "good_for_s": LINK_GOOD_FOR_MS // 1_000})
            return
        say(url)
        say(
            _(
                "signs one browser in as {name}, within {minutes} minutes",
                name=printable(name),
                minutes=GOOD_FOR_MINUTES,
            )
        )


def link_line(gateway: Gateway) -> str:
    """What `serve` says of the console; "" where there is no link to give.

    No account may have an admin key, or the database may be in trouble: a start does not fail
    for a convenience. To be called before anybody is served, since it writes.
    """
    try:
        url = _link(gateway, None, gateway.links.public_url)[0]
    except (NotFound, Unavailable):
        return ""
    return _(
        "console: {url} (once, within {minutes} minutes; then: framegate console)",
        url=url,
        minutes=GOOD_FOR_MINUTES,
    )


def _server_url(gateway: Gateway) -> str:
    """Where a browser finds the gateway of this data folder.

    public_url comes first: a session's cookie is made for it. Raises SetupInvalid.
    """
    if gateway.settings.server.public_url:
        return gateway.links.public_url
    wished = os.environ.get("FRAMEGATE_URL", "")
    if wished:
        check_url(wished)
        return wished.rstrip("/")
    return recorded_url(gateway.folder) or gateway.links.public_url


def _warn_of_nobody(server: str) -> None:
    """One line when a link leads to no gateway; the link may be good for later."""
    driver, ask = Driver(wait_s=PROBE_WAIT_S), Asking(Access(server, key=""))
    try:
        driver.play(ask.about())
    except ClientError as error:
        why, step = spoken(error.message), spoken(in_commands(error.what_to_do))
        said = _("this link cannot be opened now: {why}; next: {step}", why=why, step=step)
        err.print(printable(said), soft_wrap=True)
    finally:
        driver.play(calls.close(ask))


def _link(gateway: Gateway, account: str | None, server: str) -> tuple[str, str]:
    token = sign_in.new_token()
    caller = gateway.database.write_now(
        sign_in.make_link, account=account, token=token, now_ms=now_ms()
    )
    return f"{server}/console/link/{token}", caller.account.name
