"""A webhook handed on to a receiver in the making: the same bytes, and what it answers."""

from typing import Self
from urllib.parse import urlsplit

from framegate.cli.language import _
from framegate.cli.receiver import Message
from framegate.client.drivers import Driver
from framegate.client.steps import Close, Dropped, Reply, Script, Send
from framegate.errors import SettingsInvalid

WAIT_S_MAX = 10.0
"""Within the time that a gateway waits for us, so that it hears why."""

HTTP_NOBODY_THERE = 502
PASSED_ON = ("content-type", "webhook-id", "webhook-timestamp", "webhook-signature")


class Forward:
    """One address; redirects of its answers are not followed."""

    def __init__(self, url: str) -> None:
        """Connect to nothing yet. Raises SettingsInvalid for what is no http(s) address."""
        try:
            parts = urlsplit(url)
            is_good = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        except ValueError:
            is_good = False
        if not is_good or not url.isprintable() or " " in url:
            raise SettingsInvalid(_("--forward takes an http(s) address; got {got!r}", got=url))
        self._url = url
        self._driver = Driver(wait_s=WAIT_S_MAX)

    def __enter__(self) -> Self:
        """Open nothing: connections are made when they are needed."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close every connection."""
        self._driver.play(_closed())

    def __call__(self, message: Message) -> int:
        """The HTTP status of its answer; HTTP_NOBODY_THERE when none came."""
        headers = {name: message.headers[name] for name in PASSED_ON if name in message.headers}
        send = Send(method="POST", url=self._url, headers=headers, content=message.body)
        try:
            return self._driver.play(_sent(send)).http_status
        except Dropped:
            return HTTP_NOBODY_THERE


def _sent(send: Send) -> Script[Reply]:
    reply: Reply = yield send
    return reply


def _closed() -> Script[None]:
    yield Close()
