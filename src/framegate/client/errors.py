"""Every error that the client raises, in one tree.

ClientError
├── SetupInvalid                 the address or the key cannot be one; nothing was sent
├── PictureUnreadable            the picture is no file, bytes, image or address; nothing was sent
├── ServerUnreachable            no framegate answers there
├── ServerRefused                an answer that is a no: HTTP status, code, request id, field errors
│   ├── KeyRefused               401: no key, an unknown one, an expired one
│   ├── RightRefused             403: the key is good, but not for this
│   │   └── LinkExpired          403: the time of a video's link is over
│   ├── CreditShort              402: the account has less than the task costs
│   ├── RequestRefused           400/1200, 405, 408, 413, 415: the request itself is malformed
│   ├── FieldsRefused            400/1201: one or more fields break a rule
│   │   └── PictureRefused       400/1201 of an upload: format, size, sides or ratio
│   ├── NotFound                 404: no such path, model, task or file
│   ├── Conflict                 409: an Idempotency-Key that came before
│   │   └── CancelRefused        409 of a cancel: the task has ended, or cannot be stopped
│   ├── LimitReached             429: too many requests or tasks
│   ├── ServerBusy               503: no upstream, a full queue, a disk that cannot write
│   ├── OutcomeUnknown           504/5002: the task exists, and nobody knows whether it was bought
│   ├── ServerFault              500 and other 5xx: a defect of the server, or of a proxy before it
│   └── UpstreamRefused          any other code: the upstream's own no, relayed
├── TaskFailed                   the task ended without a video; nothing was charged
├── StillRunning                 the wait is over and the task goes on
├── VideoNotSaved                the video exists and is paid for; its copy went wrong
│   └── VideoDamaged             the bytes that arrived have another SHA-256
└── WebhookRefused               a message that is not signed with this secret, or is too old

Each says `what_to_do`, and so does its text. docs/client.md has the table.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from framegate.client.answers import Task
from framegate.errors import FramegateError

CODE_BODY, CODE_FIELDS = 1200, 1201
HTTP_FAULTS_FROM = 500


class ClientError(FramegateError):
    """The root: `except framegate.ClientError` catches whatever the client raises.

    message      what happened
    what_to_do   what helps, as an imperative
    """

    what_to_do = "read docs/errors.md"

    def __init__(self, message: str, what_to_do: str = "") -> None:
        super().__init__(message)
        self.message = message
        if what_to_do:
            self.what_to_do = what_to_do

    def __str__(self) -> str:
        """Both sentences: a traceback is often all that is seen of an error."""
        return f"{self.message}; {self.what_to_do}"


class SetupInvalid(ClientError):
    """The address or the key cannot be one; nothing was sent."""

    what_to_do = "set FRAMEGATE_URL and FRAMEGATE_KEY, or pass url and key"


class PictureUnreadable(ClientError):
    """What was given as a picture is no file, bytes, file object, PIL image or http(s) address."""

    what_to_do = "give a jpg or png file, its bytes, an open file, a PIL image, or an https address"


class ServerUnreachable(ClientError):
    """No framegate answers at the address."""

    what_to_do = (
        "start one with: framegate serve; if it listens elsewhere, say where with --url or "
        "FRAMEGATE_URL"
    )


# --- an answer that is a no -------------------------------------------------------------------


@dataclass(frozen=True)
class FieldProblem:
    """One broken rule: `path` is a JSON pointer into the request, `message` a sentence."""

    path: str
    message: str


class ServerRefused(ClientError):
    """The server said no. Nothing was created, but for what OutcomeUnknown and ServerFault say.

    code            the server's number for the reason; docs/errors.md has them all
    request_id      what the operator finds in the log
    errors          every entry of `data.errors`; empty when no field is to blame
    retry_after_s   when to come back; None when the server did not say
    """

    what_to_do = "change the request: the same one will be refused again"

    def __init__(
        self,
        message: str,
        *,
        http_status: int,
        code: int,
        request_id: str = "",
        errors: tuple[FieldProblem, ...] = (),
        retry_after_s: int | None = None,
        data: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.http_status = http_status
        self.code = code
        self.request_id = request_id
        self.errors = errors
        self.retry_after_s = retry_after_s
        self.data = dict(data or {})

    def __str__(self) -> str:
        """Every broken rule, what to do, and what the operator asks for."""
        more = "".join(f"; {each.message}" for each in self.errors[1:])
        where = f"HTTP {self.http_status}, code {self.code}, request {self.request_id or 'unknown'}"
        return f"{self.message}{more}; {self.what_to_do} ({where})"

    def as_kind(self, kind: "type[ServerRefused]") -> "ServerRefused":
        """The same answer as an error of another class, where the call tells more than it."""
        return kind(
            self.message,
            http_status=self.http_status,
            code=self.code,
            request_id=self.request_id,
            errors=self.errors,
            retry_after_s=self.retry_after_s,
            data=self.data,
        )


class KeyRefused(ServerRefused):
    """No key, one that is unknown or revoked, or one whose time is over."""

    what_to_do = (
        "copy it anew into FRAMEGATE_KEY, --key or key=; the operator makes another with: "
        "framegate keys create --account NAME"
    )


class RightRefused(ServerRefused):
    """The key is good, but not for this."""

    what_to_do = "use a key with a wider scope; framegate keys create --scope makes one"


class LinkExpired(RightRefused):
    """The time of a link is over, or it was changed."""

    what_to_do = (
        "ask for the task again, its answer has a fresh link: framegate tasks get ID, or "
        "client.task(id).video_url"
    )


class CreditShort(ServerRefused):
    """The account's available credit is less than the task costs."""

    what_to_do = (
        "choose fewer seconds or 720p, or add credit with: framegate topup NAME AMOUNT; running "
        "tasks that fail give theirs back"
    )


class RequestRefused(ServerRefused):
    """The request itself is malformed: what this client does not send by itself."""

    what_to_do = "check that nothing between you and the server changes requests"


class FieldsRefused(ServerRefused):
    """One or more fields break a rule of the API; `errors` has all of them."""

    what_to_do = "change what the sentence names and send it again; nothing was charged"


class PictureRefused(FieldsRefused):
    """The picture breaks a rule: format by content, bytes, sides, ratio."""

    what_to_do = (
        "convert, scale or crop the picture (its bytes count, not its name) and send it again; "
        "nothing was charged"
    )


class NotFound(ServerRefused):
    """No such path, model, task or file for this key."""

    what_to_do = "check the id and whether the key is of the account that created it"


class Conflict(ServerRefused):
    """The Idempotency-Key came before with another request, or its twin is not answered yet."""

    what_to_do = "take a fresh idempotency_key for a new request"


class CancelRefused(Conflict):
    """The task has ended already, or its upstream cannot stop it."""

    what_to_do = "let it end: framegate tasks watch ID, or client.wait(id); nothing was changed"


class LimitReached(ServerRefused):
    """Too many requests, or too many running tasks."""

    what_to_do = "wait a little (retry_after_s says how long) and send it again"


class ServerBusy(ServerRefused):
    """The server takes nothing right now; nothing was created or charged."""

    what_to_do = (
        "come back in a moment; the operator looks at: framegate doctor, and framegate upstreams "
        "list"
    )


class OutcomeUnknown(ServerRefused):
    """The upstream did not say whether it took the task, which exists and keeps its hold."""

    what_to_do = (
        "do not send it again; follow it with: framegate tasks watch ID, or client.wait(id)"
    )

    @property
    def task_id(self) -> str:
        """The task to follow."""
        return str(self.data.get("id", ""))


class ServerFault(ServerRefused):
    """A defect of the server, or of a proxy before it: the outcome is not known."""

    what_to_do = (
        "give the request id to the operator; repeat a create with the same idempotency_key"
    )


class UpstreamRefused(ServerRefused):
    """The upstream's own no, relayed as it came; nothing was charged."""

    what_to_do = "change the picture or the prompt; docs/errors.md lists the upstream's codes"


_BY_STATUS: dict[int, type[ServerRefused]] = {
    401: KeyRefused,
    402: CreditShort,
    403: RightRefused,
    404: NotFound,
    405: RequestRefused,
    408: RequestRefused,
    409: Conflict,
    413: RequestRefused,
    415: RequestRefused,
    429: LimitReached,
    503: ServerBusy,
    504: OutcomeUnknown,
}
_BY_CODE: dict[int, type[ServerRefused]] = {
    CODE_BODY: RequestRefused,
    CODE_FIELDS: FieldsRefused,
    1302: LimitReached,
    1303: LimitReached,
    5001: ServerBusy,
    5002: OutcomeUnknown,
}


def family(http_status: int, code: int) -> type[ServerRefused]:
    """The class of an answer. An upstream's no may come under HTTP 200: there the code decides."""
    if http_status in _BY_STATUS:
        return _BY_STATUS[http_status]
    if http_status >= HTTP_FAULTS_FROM:
        return ServerFault
    return _BY_CODE.get(code, UpstreamRefused)


# --- after the task was made ------------------------------------------------------------------


class TaskFailed(ClientError):
    """The task ended without a video; nothing was charged."""

    what_to_do = "change the picture or the prompt; docs/errors.md explains each reason"

    def __init__(self, task: Task) -> None:
        reason = task.message or "the task failed"
        super().__init__(f"{reason}; nothing was charged", _what_helps(reason))
        self.task = task


class StillRunning(ClientError, TimeoutError):
    """The wait is over and the task goes on; it costs nothing to look again."""

    def __init__(self, task: Task, wait_s: float) -> None:
        super().__init__(
            f"task {task.id} has not ended after {wait_s:g} s",
            f"it goes on: follow it with framegate tasks watch {task.id}, or client.wait(...)",
        )
        self.task = task


class VideoNotSaved(ClientError):
    """The video exists and is paid for; only its copy went wrong."""

    def __init__(self, url: str, why: str) -> None:
        super().__init__(
            f"the video was made and could not be saved ({why})",
            f"free some space or choose another place, and fetch it from {url}",
        )
        self.url = url


class VideoDamaged(VideoNotSaved):
    """The bytes that arrived are not those of the video; no file was left."""


WebhookReason = Literal["body", "header", "secret", "signature", "age"]


class WebhookRefused(ClientError):
    """A message that must not be believed.

    reason   what is to blame: the body is no bytes or no JSON object, a header is missing or no
             number, the secret cannot be one, the signature is not of this secret and body, or
             the message is too old or early
    """

    what_to_do = "answer 400 and do nothing else; check that the secret is this webhook's"

    def __init__(self, message: str, what_to_do: str = "", *, reason: WebhookReason) -> None:
        super().__init__(message, what_to_do)
        self.reason = reason


_HELP = {
    "image could not be fetched": (
        "open the address from elsewhere (a private one is never fetched), or pass the picture "
        "itself instead of its address"
    ),
    "image ": "convert, scale or crop the picture (its bytes count, not its name)",
}


def _what_helps(reason: str) -> str:
    return next((words for start, words in _HELP.items() if reason.startswith(start)), "")
