"""`framegate webhooks listen`: what a gateway tells a receiver, as it comes."""

import os
import signal
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.text import Text

from framegate.cli.forward import Forward
from framegate.cli.language import _
from framegate.cli.options import JsonOption, KeyOption, UrlOption
from framegate.cli.receiver import Message, Receiver
from framegate.cli.sentences import spoken
from framegate.cli.subscription import Subscription, check_near, check_reach, subscribed
from framegate.cli.terminal import EXIT_FAILED, err, out, printable, say_json, troubles
from framegate.cli.verify import SecretOption, check_secrets, judged
from framegate.client.access import access
from framegate.client.errors import WebhookRefused
from framegate.client.face import Framegate
from framegate.errors import SettingsInvalid

PORT_DEFAULT = 9_000
PATH = "/framegate-listen"
TEST_EVENT = "webhook.test"
CALLBACK = "callback"
"""What stands for the event of a task's own `callback_url`, whose body names none."""

HTTP_TAKEN, HTTP_REFUSED = 204, 400
COUNTED_MAX = 10_000
"""Messages whose attempts are counted, the newest."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One message as it is told.

    at         Unix milliseconds
    attempt    how often it came while we listened
    refused    why it must not be believed; "" for a good one
    answered   the HTTP status
    body       the event; None when it is not believed
    """

    at: int
    id: str
    event: str
    task: str
    status: str
    attempt: int
    refused: str
    answered: int
    body: dict[str, Any] | None


def listen(
    port: Annotated[
        int, typer.Option(min=0, max=65_535, help="Where to listen on 127.0.0.1; 0: any free one.")
    ] = PORT_DEFAULT,
    secret: SecretOption = None,
    event: Annotated[
        list[str] | None,
        typer.Option(help="An event to be told of; more than once.", show_default="all"),
    ] = None,
    public_url: Annotated[
        str | None,
        typer.Option(help="Where the server reaches this receiver, such as a tunnel's address."),
    ] = None,
    answer: Annotated[
        int | None,
        typer.Option(min=200, max=599, help="What to answer, to see retries: 500.", metavar="HTTP"),
    ] = None,
    forward: Annotated[
        str | None,
        typer.Option(help="Hand each good message on, and answer what is answered there."),
    ] = None,
    count: Annotated[
        int | None, typer.Option(min=1, help="End after so many messages; a test is none.")
    ] = None,
    url: UrlOption = None,
    key: KeyOption = None,
    json: JsonOption = False,
) -> None:
    """Show webhooks as they come, and whether their signatures hold; Ctrl-C ends it.

    Without --secret it has itself told by the running server for as long as it listens. A good
    message is answered with 204, one that must not be believed with 400.
    """
    with troubles(), _ended_by_terminate(), ExitStack() as until_the_end:
        if answer is not None and forward is not None:
            raise SettingsInvalid(_("--answer and --forward exclude each other; give one of them"))
        check_secrets(secret or [])
        handed_on = until_the_end.enter_context(Forward(forward)) if forward else None
        judge = Judge(secrets=list(secret or []), answer=answer or HTTP_TAKEN, forward=handed_on)
        receiver = until_the_end.enter_context(Receiver(port, judge))
        try:
            err.print(
                _("listening on http://{address}; Ctrl-C ends it", address=receiver.address),
                soft_wrap=True,
            )
            if not secret:
                if public_url is None:
                    check_near(access(url, key, os.environ).url)
                address = public_url or f"http://{receiver.address}{PATH}"
                client = until_the_end.enter_context(Framegate(url, key))
                own = until_the_end.enter_context(subscribed(client, address, event))
                judge.secrets.append(own.secret)
                if not json:
                    _introduce(own)
                check_reach(client, own, address)
            is_good = _told(receiver, count=count, is_json=json)
        except KeyboardInterrupt:
            # Without --count there is no other way to end it.
            if count is not None:
                raise
            is_good = True
            # Not by the console, which may have been interrupted in the middle of a line.
            typer.echo(_("stopped"), err=True)
    if not is_good:
        raise typer.Exit(EXIT_FAILED)


@dataclass
class Judge:
    """Checks a message, decides what it is answered, and counts how often it came.

    Called from the threads of several connections at once.
    """

    secrets: list[str]
    answer: int
    forward: Forward | None
    _attempts: OrderedDict[str, int] = field(default_factory=OrderedDict)
    _counting: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, message: Message) -> tuple[Seen, int]:
        """What came, and what to answer."""
        message_id = message.headers.get("webhook-id", "")
        event: dict[str, Any] | None = None
        refused = ""
        try:
            event = judged(message.body, message.headers, self.secrets)
        except WebhookRefused as error:
            refused, status = error.message, HTTP_REFUSED
        else:
            status = self.forward(message) if self.forward else self.answer
        data = _object((event or {}).get("data", event))
        seen = Seen(
            at=int(time.time() * 1_000),
            # Anybody may have sent it, and --json leaves some control characters as they are.
            id=printable(message_id),
            event=str((event or {}).get("type") or (CALLBACK if event else "")),
            task=str(data.get("id") or ""),
            status=str(data.get("status") or ""),
            attempt=self._attempt(message_id),
            refused=refused,
            answered=status,
            body=event,
        )
        return seen, status

    def _attempt(self, message_id: str) -> int:
        if not message_id:
            return 1
        with self._counting:
            attempt = self._attempts.pop(message_id, 0) + 1
            self._attempts[message_id] = attempt
            if len(self._attempts) > COUNTED_MAX:
                self._attempts.popitem(last=False)
        return attempt


def _told(receiver: Receiver[Seen], *, count: int | None, is_json: bool) -> bool:
    """Tell what comes, until there were enough; whether all of it was good."""
    is_good, told = True, 0
    while count is None or told < count:
        seen = receiver.next()
        if is_json:
            say_json(asdict(seen))
            sys.stdout.flush()  # Whoever reads it from a pipe waits for each line.
        else:
            out.print(_line(seen), soft_wrap=True)
        is_good = is_good and not seen.refused
        told += seen.event != TEST_EVENT
    return is_good


def _line(seen: Seen) -> Text:
    at = datetime.fromtimestamp(seen.at // 1_000, UTC)
    facts = (seen.event or "-", seen.task or "-", seen.status or "-")
    event, task, status = (printable(each) for each in facts)
    line = Text(f"{at:%Y-%m-%dT%H:%M:%SZ}  {event:<15}  {task}  {status:<10}  ")
    line.append(_("attempt {number}", number=seen.attempt) + "  ")
    if seen.refused:
        line.append(_("refused: {why}", why=printable(spoken(seen.refused))), style="red")
    else:
        line.append(_("signature good"), style="green")
    return line.append(
        "  " + _("answered {status}", status=seen.answered), style="red" if _is_no(seen) else ""
    )


def _is_no(seen: Seen) -> bool:
    return seen.answered // 100 != HTTP_TAKEN // 100


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _introduce(own: Subscription) -> None:
    events = ", ".join(own.events)
    told = _(
        "webhook {id} is told of {events}; it is disabled at the end", id=own.id, events=events
    )
    err.print(told, soft_wrap=True)
    err.print(f"{_('secret')}  {own.secret}", soft_wrap=True)


@contextmanager
def _ended_by_terminate() -> Iterator[None]:
    """Tidy up at SIGTERM too, as at Ctrl-C."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
