"""One request and its answer: what may be repeated is repeated, what is a no is raised.

A read is repeated whenever no usable answer came. What changes something is repeated only when it
carries an Idempotency-Key, so that repeating it cannot buy a second video.
"""

import json
from dataclasses import dataclass
from typing import Any

from framegate.client.access import Access, is_local
from framegate.client.errors import FieldProblem, ServerRefused, ServerUnreachable, family
from framegate.client.steps import Dropped, Pause, Reply, Script, Send

TRIES_MAX = 4
WAITS_S = (0.5, 1.0, 2.0)
RETRY_AFTER_S_MAX = 60
"""A server that asks for more patience than this is told to the user at once."""

HTTP_CONFLICT = 409  # With Retry-After: our own request, before its answer was lost, still runs.
HTTP_TOO_MANY = 429
HTTP_FAULTS_FROM = 500
JSON = {"Content-Type": "application/json"}
BYTES = {"Content-Type": "application/octet-stream"}


@dataclass
class Asking:
    """One server; remembers whether it ever answered."""

    access: Access
    has_answered: bool = False

    def __call__(
        self,
        method: str,
        path: str,
        *,
        content: bytes = b"",
        headers: dict[str, str] | None = None,
        repeats: bool,
    ) -> Script[tuple[dict[str, Any], Reply]]:
        """Ask, and answer `data` with the whole reply.

        raises   ServerUnreachable, ServerRefused
        """
        asked = Send(
            method=method,
            url=self.access.url + path,
            headers={"Authorization": f"Bearer {self.access.key}", **(headers or {})},
            content=content,
        )
        reply = yield from self.sent(asked, repeats=repeats)
        return data_of(reply, self.access.url), reply

    def about(self) -> Script[dict[str, Any]]:
        """What the server says of itself. The key is not sent: who answers is what is asked.

        raises   ServerUnreachable when it is no framegate, ServerRefused
        """
        url = self.access.url
        reply = yield from self.sent(Send(method="GET", url=f"{url}/"), repeats=False)
        about: dict[str, Any] = data_of(reply, url)
        if about.get("name") != "framegate":
            raise stranger(url, reply)
        return about

    def sent(self, asked: Send, *, repeats: bool) -> Script[Reply]:
        """Send until there is an answer that is not asked to come back for.

        raises   ServerUnreachable
        """
        for wait_s in (*WAITS_S, None):
            is_last = wait_s is None or not repeats
            try:
                reply: Reply = yield asked
            except Dropped as dropped:
                # A server that never answered is most likely not there: nobody waits for it.
                if is_last or not self.has_answered:
                    raise unreachable(self.access.url, dropped.why) from dropped
                yield Pause(wait_s or 0)
                continue
            self.has_answered = True
            pause_s = _pause_s(reply, wait_s or 0)
            if is_last or pause_s is None:
                return reply
            yield Pause(pause_s)
        raise AssertionError("the last try returns or raises")


def written(value: Any) -> bytes:
    """A JSON body."""
    return json.dumps(value, ensure_ascii=False).encode()


def unreachable(url: str, why: str) -> ServerUnreachable:
    """What to say of an address where no framegate answers."""
    helps = (
        "" if is_local(url) else "check the address, and that its server runs and is let through"
    )
    return ServerUnreachable(f"no framegate answers at {url} ({why})", helps)


def data_of(reply: Reply, url: str) -> Any:
    """The `data` of a success.

    raises   ServerRefused by its family; ServerUnreachable when somebody else answered
    """
    envelope = envelope_in(reply)
    if envelope.get("code") == 0 and isinstance(envelope.get("data"), dict):
        return envelope["data"]
    if not envelope.get("code"):
        raise stranger(url, reply)
    raise refused(reply)


def stranger(url: str, reply: Reply) -> ServerUnreachable:
    """What to say of an address where somebody else answers."""
    return ServerUnreachable(
        f"what answers at {url} is no framegate (HTTP {reply.http_status})",
        "check the address and its port; a gateway whose port is taken starts with another --port",
    )


def refused(reply: Reply) -> ServerRefused:
    """The error of an envelope that is a no, of the class of its family."""
    envelope = envelope_in(reply)
    code, data = int(envelope.get("code") or 0), envelope.get("data")
    data = data if isinstance(data, dict) else {}
    return family(reply.http_status, code)(
        str(envelope.get("message") or f"HTTP {reply.http_status}"),
        http_status=reply.http_status,
        code=code,
        request_id=str(envelope.get("request_id") or reply.headers.get("x-request-id", "")),
        errors=tuple(
            FieldProblem(each["path"], each["message"]) for each in data.get("errors", [])
        ),
        retry_after_s=retry_after_s(reply),
        data=data,
    )


def envelope_in(reply: Reply) -> dict[str, Any]:
    """What stands around every answer of ours; empty when somebody else answered."""
    try:
        envelope = json.loads(reply.body)
    except ValueError:
        return {}
    return envelope if isinstance(envelope, dict) else {}


def retry_after_s(reply: Reply) -> int | None:
    """Whole seconds; None when there is no such header, or it holds a date."""
    text = reply.headers.get("retry-after", "")
    return int(text) if text.isascii() and text.isdigit() else None


def _pause_s(reply: Reply, wait_s: float) -> float | None:
    """How long to wait before the same request again; None when it must not be sent again."""
    asks, status = retry_after_s(reply), reply.http_status
    if reply.headers.get("x-should-retry") == "false":
        return None
    if status == HTTP_CONFLICT and asks is None:
        return None
    if status not in (HTTP_CONFLICT, HTTP_TOO_MANY) and status < HTTP_FAULTS_FROM:
        return None
    if asks is not None and asks > RETRY_AFTER_S_MAX:
        return None
    return max(wait_s, asks or 0)
