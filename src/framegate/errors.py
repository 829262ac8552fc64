"""Every error that framegate raises, in one tree.

FramegateError
├── Refusal                      what a caller is told: an HTTP status, a vendor code, a sentence
│   ├── KeyMissing               401/1001
│   ├── KeyUnknown               401/1002
│   ├── KeyExpired               401/1004
│   ├── SessionOver              401/1002
│   ├── RightMissing             403/1103
│   │   ├── LinkExpired          403/1103
│   │   ├── SignInLinkSpent      403/1103
│   │   └── OriginWrong          403/1103
│   ├── CreditMissing            402/1102
│   │   └── BudgetSpent          402/1102, the key's own limit, whatever the account has
│   ├── BodyMalformed            400/1200
│   │   ├── BodyTooLarge         413/1200
│   │   └── MediaTypeWrong       415/1200
│   ├── FieldsInvalid            400/1201
│   │   └── PictureRefused       400/1201, or the reason of a failed task
│   ├── IdempotencyConflict      409/1201
│   ├── IdempotencyInFlight      409/1201, Retry-After
│   ├── CancelRefused            409/1201
│   ├── NotFound                 404/1203
│   ├── MethodWrong              405/1202
│   ├── TooManyRequests          429/1302, Retry-After
│   ├── TooManyTasks             429/1303, Retry-After
│   ├── InternalFault            500/5000
│   ├── RequestTimedOut          408/1200
│   └── Unavailable              503/5001
│       ├── Overloaded           503/5001, Retry-After: a queue of ours is full
│       └── StoreDown            503/5001, Retry-After: the database or the disk cannot write
├── OutboundError                a request of ours that went wrong
│   ├── AddressRefused           the address is not one we may reach; nothing was sent
│   ├── NotSent                  nothing left us: another place may be tried for free
│   ├── AnswerLost               something left us and no whole answer came back
│   └── AnswerTooLarge           the answer is beyond the limit we set
├── RenderFailed                 the embedded renderer gave up on one task
├── StoreError                   a stored row or file contradicts a promise
│   ├── IllegalMove              a task may not go from this status to that one
│   └── LedgerBroken             a money invariant would not hold
└── SettingsInvalid              framegate.toml or the environment; said at start

A refusal carries what its answer needs and is turned into an envelope at the edge, once. The
statuses and codes are those of the API page's gateway; docs/errors.md has a heading for each slug.
"""

from dataclasses import dataclass
from typing import ClassVar


class FramegateError(Exception):
    """The root: catch it only at the edge and in the worker's loop."""


# --- what a caller is told --------------------------------------------------------------------


@dataclass(frozen=True)
class FieldError:
    """One broken rule: `path` is an RFC 6901 pointer into the body, `message` a sentence."""

    path: str
    message: str


class Refusal(FramegateError):
    """A definite no. Nothing was created, held or sent because of this request."""

    http_status: ClassVar[int] = 400
    code: ClassVar[int] = 1200
    slug: ClassVar[str] = "refused"

    def __init__(
        self,
        message: str,
        *,
        errors: tuple[FieldError, ...] = (),
        retry_after_s: int | None = None,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.errors = errors
        self.retry_after_s = retry_after_s
        self.headers = headers


class KeyMissing(Refusal):
    """No credentials came."""

    http_status, code, slug = 401, 1001, "key-missing"

    def __init__(self) -> None:
        super().__init__(
            "Authorization is empty; send Authorization: Bearer YOUR_KEY",
            headers=(("WWW-Authenticate", "Bearer"),),
        )


class KeyUnknown(Refusal):
    """The key is not one of ours, or was revoked."""

    http_status, code, slug = 401, 1002, "key-unknown"

    def __init__(self) -> None:
        super().__init__("api key not found", headers=(("WWW-Authenticate", "Bearer"),))


class KeyExpired(Refusal):
    """The key was ours and its time is over."""

    http_status, code, slug = 401, 1004, "key-expired"

    def __init__(self) -> None:
        super().__init__(
            "this api key has expired; create a new one",
            headers=(("WWW-Authenticate", "Bearer"),),
        )


class SessionOver(Refusal):
    """A browser's session that was signed out, lay idle for too long, or lost its key."""

    http_status, code, slug = 401, 1002, "session-over"

    def __init__(self) -> None:
        super().__init__(
            "this session is over; sign in again", headers=(("WWW-Authenticate", "Bearer"),)
        )


class RightMissing(Refusal):
    """The key is good, but not for this."""

    http_status, code, slug = 403, 1103, "right-missing"


class LinkExpired(RightMissing):
    """A signed link whose time is over or whose signature is not ours."""

    slug = "link-expired"

    def __init__(self) -> None:
        super().__init__("this link has expired; query the task for a fresh one")


class SignInLinkSpent(RightMissing):
    """A one-time link into the console that was used, is too old, or never was."""

    slug = "sign-in-link-spent"

    def __init__(self) -> None:
        super().__init__(
            "this sign-in link was used or has expired; `framegate console` prints a fresh one"
        )


class OriginWrong(RightMissing):
    """A browser's session came with a request that no page of ours has made."""

    slug = "origin-wrong"

    def __init__(self) -> None:
        super().__init__("this request did not come from the console itself; nothing was changed")


class CreditMissing(Refusal):
    """The account's available credit does not cover the hold."""

    http_status, code, slug = 402, 1102, "credit-missing"


class BudgetSpent(CreditMissing):
    """The key has less left of its budget than the hold takes."""

    slug = "budget-spent"


class BodyMalformed(Refusal):
    """The bytes are not the strict JSON that we read."""

    http_status, code, slug = 400, 1200, "body-malformed"


class BodyTooLarge(BodyMalformed):
    """More bytes than this route takes."""

    http_status, slug = 413, "body-too-large"

    def __init__(self, bytes_max: int) -> None:
        super().__init__(f"request body must be at most {bytes_max} bytes")


class MediaTypeWrong(BodyMalformed):
    """Content-Type or Content-Encoding is one that we do not read."""

    http_status, slug = 415, "media-type-wrong"


class FieldsInvalid(Refusal):
    """One or more fields break a rule; the first error's sentence is the message."""

    http_status, code, slug = 400, 1201, "fields-invalid"

    def __init__(self, errors: tuple[FieldError, ...]) -> None:
        super().__init__(errors[0].message, errors=errors)


class PictureRefused(FieldsInvalid):
    """A first frame that breaks the picture rules; `message` is the sentence of rule 27."""

    slug = "picture-refused"

    def __init__(self, message: str) -> None:
        super().__init__((FieldError(path="", message=message),))


class IdempotencyConflict(Refusal):
    """The Idempotency-Key came before with other bytes."""

    http_status, code, slug = 409, 1201, "idempotency-conflict"

    def __init__(self) -> None:
        super().__init__("Idempotency-Key was used before with a different request")


class IdempotencyInFlight(Refusal):
    """A twin with the same Idempotency-Key has not been answered yet."""

    http_status, code, slug = 409, 1201, "idempotency-in-flight"

    def __init__(self) -> None:
        super().__init__(
            "a request with this Idempotency-Key is still in progress", retry_after_s=1
        )


class CancelRefused(Refusal):
    """The task cannot be cancelled: it has ended, or its upstream goes on whatever is said."""

    http_status, code, slug = 409, 1201, "cancel-refused"


class NotFound(Refusal):
    """A path, model, task or file that does not exist for this caller."""

    http_status, code, slug = 404, 1203, "not-found"


class MethodWrong(Refusal):
    """The path exists, the method does not."""

    http_status, code, slug = 405, 1202, "method-wrong"

    def __init__(self, method: str, allowed: tuple[str, ...]) -> None:
        names = ", ".join(allowed)
        super().__init__(
            f"method {method} is not allowed here; allowed: {names}", headers=(("Allow", names),)
        )


class TooManyRequests(Refusal):
    """The rate limit of a key or an account."""

    http_status, code, slug = 429, 1302, "too-many-requests"


class TooManyTasks(Refusal):
    """The limit of running tasks of a key or an account."""

    http_status, code, slug = 429, 1303, "too-many-tasks"


class RequestTimedOut(Refusal):
    """The body did not arrive within its time."""

    http_status, code, slug = 408, 1200, "request-timed-out"


class InternalFault(Refusal):
    """Our own defect; the log has the traceback under the request's id."""

    http_status, code, slug = 500, 5000, "internal-fault"

    def __init__(self) -> None:
        super().__init__("internal error; give this request_id to the operator")


class Unavailable(Refusal):
    """No upstream took the task, and surely none was bought."""

    http_status, code, slug = 503, 5001, "unavailable"

    def __init__(
        self,
        message: str = "upstream is not available; nothing was created or charged",
        *,
        retry_after_s: int | None = None,
    ) -> None:
        super().__init__(message, retry_after_s=retry_after_s)


class Overloaded(Unavailable):
    """A bounded queue of ours is full; what was accepted before is unharmed."""

    slug = "overloaded"

    def __init__(self, retry_after_s: int = 1) -> None:
        super().__init__(
            "the gateway is busy; nothing was created or charged", retry_after_s=retry_after_s
        )


class StoreDown(Unavailable):
    """The database or the disk cannot write; nothing of this request was kept."""

    slug = "store-down"

    def __init__(self) -> None:
        super().__init__(
            "the gateway cannot write right now; try again, and tell the operator if it lasts; "
            "nothing was created or charged",
            retry_after_s=2,
        )

    def with_cause(self, cause: BaseException) -> "StoreDown":
        """Keep the foreign error for the log, where `raise ... from` cannot be written."""
        self.__cause__ = cause
        return self


# --- our own requests -------------------------------------------------------------------------


class OutboundError(FramegateError):
    """A request of ours went wrong; the message is for the log, never for a caller."""


class AddressRefused(OutboundError):
    """The address is not public and not on the operator's allow list; no socket was opened."""


class NotSent(OutboundError):
    """Nothing of the request left us (name, connect or TLS failure): trying elsewhere is free."""


class AnswerLost(OutboundError):
    """The request left us and no whole answer came: what it asked for may have been done."""


class AnswerTooLarge(OutboundError):
    """The answer's body passed the limit the caller of outbound had set."""


# --- inside -----------------------------------------------------------------------------------


class RenderFailed(FramegateError):
    """One render ended without a video; `message` may be shown to the task's owner."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class StoreError(FramegateError):
    """Stored rows or files contradict a promise; the step stops, nothing is written."""


class IllegalMove(StoreError):
    """A task may not go from one status to the other."""


class LedgerBroken(StoreError):
    """A money invariant would not hold after this step."""


class SettingsInvalid(FramegateError):
    """A setting is unknown, malformed or out of bounds; the sentence names it and its origin."""
