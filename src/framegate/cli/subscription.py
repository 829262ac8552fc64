"""A webhook of one's own at a running server, told for as long as somebody listens.

There is no deletion of webhooks: the one of the last time is taken again, with a new secret, so
that listening now and then does not fill the account with disabled ones.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from framegate.cli.language import _
from framegate.cli.sentences import spoken
from framegate.cli.terminal import err
from framegate.client.access import is_local
from framegate.client.errors import ClientError, FieldsRefused, LimitReached, SetupInvalid
from framegate.client.face import Framegate
from framegate.domain.event import EVENTS


@dataclass(frozen=True, kw_only=True)
class Subscription:
    """A webhook that is told: its id, its secret, and what it is told of."""

    id: str
    secret: str
    events: tuple[str, ...]


@contextmanager
def subscribed(client: Framegate, address: str, events: list[str] | None) -> Iterator[Subscription]:
    """Have this address told, and no more once the body ends.

    events   None: of all
    raises   SetupInvalid when the server tells no address of its own machine, or tells this one
             to somebody else already; ServerRefused
    """
    own = _subscribe(client, address, events)
    try:
        yield own
    finally:
        try:
            client.request("POST", f"/api/webhooks/{own.id}/disable")
        except (ClientError, KeyboardInterrupt) as error:
            why = spoken(str(error)) or _("stopped")
            err.print(_("the webhook {id} may still be enabled: {why}", id=own.id, why=why))


def check_reach(client: Framegate, own: Subscription, address: str) -> None:
    """Have a test sent, which shows whether the server reaches the address.

    raises   SetupInvalid when it does not
    """
    try:
        tried = client.request("POST", f"/api/webhooks/{own.id}/test")
    except LimitReached:
        return  # Tested a moment ago; what comes will be seen.
    if not tried["http_status"]:
        raise SetupInvalid(
            _(
                "the server cannot reach {address} ({why})",
                address=address,
                why=spoken(tried["error"]),
            ),
            _(
                "run it on this machine, outside of a container, with a server that allows it "
                "(outbound.allow), or give --public-url"
            ),
        )


def check_near(url: str) -> None:
    """Refuse a server that surely cannot reach this machine's loopback. Raises SetupInvalid."""
    if not is_local(url):
        raise SetupInvalid(
            _(
                "the server at {url} is another machine's and cannot reach a receiver on this one",
                url=url,
            ),
            _("give --public-url, the address of a tunnel to it; or --secret, to listen alone"),
        )


def _subscribe(client: Framegate, address: str, events: list[str] | None) -> Subscription:
    wish: dict[str, Any] = {"url": address} | ({"events": events} if events else {})
    had = _had(client, address, events)
    try:
        if had is None:
            made = client.request("POST", "/api/webhooks", body=wish)
        else:
            # Enabled last: where either is refused, none is left that is told and nobody hears.
            made = client.request("POST", f"/api/webhooks/{had}/rotate", body={"overlap_s": 0})
            client.request("POST", f"/api/webhooks/{had}/enable")
    except FieldsRefused as refused:
        if is_local(address) and any(each.path == "/url" for each in refused.errors):
            raise SetupInvalid(_not_allowed(address), _allowing(address)) from refused
        raise
    return Subscription(id=made["id"], secret=made["secret"], events=tuple(made["events"]))


def _had(client: Framegate, address: str, events: list[str] | None) -> str | None:
    """The webhook of the last time; what it is told of cannot be changed.

    raises   SetupInvalid when it may be in use: a new secret, and its end, would break a receiver
    """
    for each in client.request("GET", "/api/webhooks")["result"]:
        if each["url"] == address and set(each["events"]) == set(events or EVENTS):
            # On this machine the address is listen's own; an enabled one is left of a crash.
            if each["enabled"] and not is_local(address):
                raise SetupInvalid(
                    _(
                        "the webhook {id} is told at {address} already",
                        id=each["id"],
                        address=address,
                    ),
                    _(
                        "give its secret by --secret, to listen in its place; if nobody uses it: "
                        "framegate webhooks disable {id}",
                        id=each["id"],
                    ),
                )
            return str(each["id"])
    return None


def _not_allowed(address: str) -> str:
    return _(
        "the server does not allow {address}, which is not a public address",
        address=urlsplit(address).netloc,
    )


def _allowing(address: str) -> str:
    allowed = urlsplit(address).netloc
    return _(
        'its operator writes allow = ["{address}"] under [outbound] in framegate.toml, or sets '
        "FRAMEGATE_OUTBOUND_ALLOW={address}, and starts it again",
        address=allowed,
    )
