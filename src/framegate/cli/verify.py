"""`framegate webhooks verify`: is a saved message one of ours, and if not, why not.

It needs no server and no data folder. The signature itself is judged by `verify_webhook`, as any
receiver judges it; what is added here is what is likely to have gone wrong.
"""

import json as json_module
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from framegate.cli.language import Sentence, _, marked
from framegate.cli.options import JsonOption
from framegate.cli.sentences import spoken
from framegate.cli.terminal import EXIT_FAILED, EXIT_USAGE, fail, say, say_json, troubles
from framegate.client.errors import WebhookRefused
from framegate.client.webhook import verify_webhook
from framegate.domain.signature import SECRET_PREFIX, is_signed, sign_webhook
from framegate.errors import SettingsInvalid

STDIN = Path("-")
BODY_BYTES_MAX = 1 << 20
MESSAGE_BYTES_MAX = BODY_BYTES_MAX + (1 << 16)
SECRET_MISSING = marked("no secret; give --secret, or set FRAMEGATE_WEBHOOK_SECRET")

SecretOption = Annotated[
    list[str] | None,
    typer.Option(
        "--secret",
        envvar="FRAMEGATE_WEBHOOK_SECRET",
        help="A secret to check with, whsec_...; more than once for several.",
        show_envvar=True,
    ),
]


def verify(
    body: Annotated[
        Path, typer.Argument(metavar="BODY", help="The body's exact bytes: a file, - for stdin.")
    ] = STDIN,
    secret: SecretOption = None,
    header: Annotated[
        list[str] | None,
        typer.Option("--header", "-H", help="'webhook-id: msg_...'; once for each header."),
    ] = None,
    whole: Annotated[
        bool,
        typer.Option("--whole", help="Headers, an empty line, and the body stand in the one file."),
    ] = False,
    any_age: Annotated[
        bool, typer.Option("--any-age", help="Do not refuse what is older than five minutes.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Check a saved message: 0 when it is ours, 1 when it must not be believed, with the reason."""
    with troubles():
        if not secret:
            raise SettingsInvalid(_(SECRET_MISSING))
        check_secrets(secret)
        content = _read(body, MESSAGE_BYTES_MAX if whole else BODY_BYTES_MAX)
        lines, content = _split(content) if whole else ([], content)
        headers = _headers([*lines, *(header or [])], is_lenient=whole)
        try:
            event = judged(content, headers, secret, is_any_age=any_age)
        except WebhookRefused as refused:
            if json:
                say_json({"good": False, "reason": refused.reason, "why": refused.message})
                raise typer.Exit(EXIT_FAILED) from None
            fail(spoken(refused.message), EXIT_FAILED)
        if json:
            say_json({"good": True, "reason": "", "why": "", "event": event})
            return
        say(_("the signature is good"))


def check_secrets(secrets: Sequence[str]) -> None:
    """Refuse what cannot be a secret. Raises SettingsInvalid, which does not repeat it."""
    for each in secrets:
        try:
            sign_webhook(each, message_id="", timestamp_s=0, body=b"")
            is_good = each.startswith(SECRET_PREFIX) and each != SECRET_PREFIX
        except ValueError:
            is_good = False
        if not is_good:
            raise SettingsInvalid(_("--secret must be whsec_ and Base64; copy the webhook's anew"))


def judged(
    body: bytes, headers: Mapping[str, str], secrets: Sequence[str], *, is_any_age: bool = False
) -> dict[str, Any]:
    """The event of a message that is signed with one of the secrets.

    raises   WebhookRefused, whose message names what is likely to be wrong
    """
    refused = WebhookRefused(SECRET_MISSING, reason="secret")
    for secret in secrets:
        try:
            return verify_webhook(
                body, headers, secret, now_s=_age_of(headers) if is_any_age else None
            )
        except WebhookRefused as error:
            refused = error
            if error.reason != "signature":
                # Signed with this one, or with none: another secret would say nothing else.
                break
    if refused.reason == "signature":
        raise WebhookRefused(_likely(body, headers, secrets), reason="signature") from refused
    raise refused


# --- inside -----------------------------------------------------------------------------------


def _likely(body: bytes, headers: Mapping[str, str], secrets: Sequence[str]) -> Sentence:
    """Which of the changes that frameworks and editors make was made; else both that it can be."""
    given = {name.lower(): text for name, text in headers.items()}
    for changed, says in _unchanged(body):
        for secret in secrets:
            if is_signed(
                secret,
                message_id=given["webhook-id"],
                timestamp_s=int(given["webhook-timestamp"]),
                body=changed,
                signatures=given["webhook-signature"],
            ):
                return says
    if not any(each.startswith("v1,") for each in given["webhook-signature"].split()):
        return Sentence("webhook-signature holds no signature that begins with v1,")
    return Sentence(
        "the signature does not hold: it was made with another secret, or the body, webhook-id or "
        "webhook-timestamp was changed"
    )


def _unchanged(body: bytes) -> Iterator[tuple[bytes, Sentence]]:
    """What the body may have been, and the sentence that says so."""
    yield (
        body.rstrip(b"\r\n"),
        Sentence("the body was changed: the signature holds without the line break at its end"),
    )
    yield (
        body + b"\n",
        Sentence("the body was changed: the signature holds with a line break at its end"),
    )
    yield (
        body.replace(b"\r\n", b"\n"),
        Sentence("the body was changed: the signature holds with \\n in place of \\r\\n"),
    )
    yield (
        body.removeprefix(b"\xef\xbb\xbf"),
        Sentence(
            "the body was changed: the signature holds without the byte order mark at its beginning"
        ),
    )
    try:
        value = json_module.loads(body)
    except (ValueError, RecursionError):
        return
    says = Sentence(
        "the body was changed: the signature holds for the JSON without blanks: verify first"
    )
    for is_ascii in (False, True):
        compact = json_module.dumps(value, separators=(",", ":"), ensure_ascii=is_ascii)
        yield compact.encode("utf-8", "surrogatepass"), says


def _age_of(headers: Mapping[str, str]) -> float | None:
    """Its own time, by which nothing is too old; None for what is no time."""
    stamp = {name.lower(): text for name, text in headers.items()}.get("webhook-timestamp", "")
    return float(stamp) if stamp.isascii() and stamp.isdigit() else None


def _read(path: Path, bytes_max: int) -> bytes:
    if path == STDIN and sys.stdin.isatty():
        raise SettingsInvalid(_("- reads the body from stdin; pipe it in, or name a file"))
    try:
        if path == STDIN:
            content = sys.stdin.buffer.read(bytes_max + 1)
        else:
            with path.open("rb") as file:
                content = file.read(bytes_max + 1)
    except OSError as error:
        fail(spoken(f"{path} cannot be read: {error.strerror}"), EXIT_USAGE)
    if len(content) > bytes_max:
        raise SettingsInvalid(
            _("{path} must hold at most {number} bytes", path=path, number=bytes_max)
        )
    return content


def _split(content: bytes) -> tuple[list[str], bytes]:
    """Lines up to the first empty one, and the bytes behind it."""
    # Whichever comes first: a body may hold empty lines of its own, with other line ends.
    parts = [content.partition(gap) for gap in (b"\r\n\r\n", b"\n\n")]
    for head, found, body in sorted(parts, key=lambda part: len(part[0])):
        if found:
            return head.decode("utf-8", "replace").splitlines(), body
    raise SettingsInvalid(_("--whole needs an empty line between the headers and the body"))


def _headers(lines: Sequence[str], *, is_lenient: bool) -> dict[str, str]:
    """Names in lower case. A request or status line stands before the headers of a whole one."""
    headers = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if colon and name.strip() and " " not in name.strip():
            headers[name.strip().lower()] = value.strip()
        elif not is_lenient:
            raise SettingsInvalid(_("--header takes 'NAME: VALUE'; got {got!r}", got=line))
    return headers
