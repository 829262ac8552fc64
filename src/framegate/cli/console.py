"""`framegate console`: a link that signs a browser in to the console, once."""

from typing import Annotated

import typer

from framegate.cli.accounts import opened
from framegate.cli.language import _
from framegate.cli.options import ConfigOption, DataOption, JsonOption
from framegate.cli.terminal import printable, say, say_json
from framegate.domain.session import LINK_GOOD_FOR_MS
from framegate.errors import NotFound, Unavailable
from framegate.flows import sign_in
from framegate.gateway import Gateway, now_ms

GOOD_FOR_MINUTES = LINK_GOOD_FOR_MS // 60_000


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
        url, name = _link(gateway, account)
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
        url = _link(gateway, None)[0]
    except (NotFound, Unavailable):
        return ""
    return _(
        "console: {url} (once, within {minutes} minutes; then: framegate console)",
        url=url,
        minutes=GOOD_FOR_MINUTES,
    )


def _link(gateway: Gateway, account: str | None) -> tuple[str, str]:
    token = sign_in.new_token()
    caller = gateway.database.write_now(
        sign_in.make_link, account=account, token=token, now_ms=now_ms()
    )
    return f"{gateway.links.public_url}/console/link/{token}", caller.account.name
