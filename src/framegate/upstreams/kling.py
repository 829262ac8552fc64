"""Kling's own API, or another gateway of the same dialect, with an API key.

Sends the forwarded bytes as they are and reads answers in both vocabularies (CONTRACT section 5).
A POST is sent once: what became of it is a value here, and the flows decide.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from framegate.domain.submission import IMAGE_TO_VIDEO, TEXT_TO_VIDEO, Kind
from framegate.domain.upstream import (
    Fetched,
    Order,
    Output,
    PollAnswer,
    Refused,
    Relay,
    Render,
    RenderStatus,
    SubmitAnswer,
    Ticket,
    Uncertain,
    Unknown,
    Unreachable,
)
from framegate.errors import AddressRefused, AnswerLost, AnswerTooLarge, NotSent, OutboundError
from framegate.outbound import Answer, Outbound

ANSWER_BYTES_MAX = 1 << 20
VIDEO_BYTES_MAX = 2 << 30
VIDEO_WAIT_S_MAX = 600

# Refusals of our account: never shown to a customer (CONTRACT rule 83).
BLAMES_OPERATOR = frozenset({1000, 1001, 1002, 1003, 1004, 1100, 1101, 1102, 1103, 1304})
# Not a definite no: a task may exist (rules 34 and 74).
UNCERTAIN_CODES = frozenset({5000, 5002})
RATE_CODES = frozenset({1302, 1303})
RETRY_AFTER_S = 1
# The rest of section 5.7: a definite no whatever its HTTP status.
REFUSAL_CODES = frozenset({1200, 1201, 1202, 1203, 1300, 1301, 1302, 1303, 5001}) | BLAMES_OPERATOR

STATUSES = {
    "submitted": RenderStatus.SUBMITTED,
    "queued": RenderStatus.SUBMITTED,
    "processing": RenderStatus.PROCESSING,
    "succeed": RenderStatus.SUCCEEDED,
    "succeeded": RenderStatus.SUCCEEDED,
    "failed": RenderStatus.FAILED,
}


@dataclass(kw_only=True)
class Kling:
    """One account at one address. `path_prefix` "/kling" means another gateway of the page."""

    name: str
    models: frozenset[str]
    base_url: str
    path_prefix: str
    api_key: str
    submit_wait_s: int
    poll_wait_s: int
    operator_door: Outbound  # To the address that the operator configured.
    public_door: Outbound  # To wherever the upstream's answers point.
    kinds: frozenset[Kind] = frozenset({IMAGE_TO_VIDEO, TEXT_TO_VIDEO})
    weight: int = 1
    concurrency: int = 0
    reports: bool = False
    tells_the_caller: bool = True

    async def submit(self, order: Order) -> SubmitAnswer:
        """Send the submission's bytes once and say what is known then."""
        path = f"/{order.submission.kind}/{quote(order.submission.model)}"
        url = f"{self.base_url}{self.path_prefix}{path}"
        try:
            answer = await self.operator_door.post(
                url,
                body=order.submission.forwarded,
                headers={"Content-Type": "application/json", **self._authorization()},
                wait_s_max=self.submit_wait_s,
                answer_bytes_max=ANSWER_BYTES_MAX,
            )
        except (NotSent, AddressRefused) as error:
            return Unreachable(reason=str(error))
        except (AnswerLost, AnswerTooLarge) as error:
            return Uncertain(reason=str(error))
        return read_submit(answer)

    async def find(self, *, task_id: str, account_id: str, external_task_id: str) -> PollAnswer:  # noqa: ARG002 - the protocol's
        """Look for an order by the caller's id; without one nobody can tell."""
        if not external_task_id or self.path_prefix:
            return Unknown()
        return await self._query(f"/tasks?external_task_ids={quote(external_task_id, safe='')}")

    async def poll(self, ticket: str) -> PollAnswer:
        """Ask for one task, the way this kind of gateway is asked."""
        safe = quote(ticket, safe="")
        if self.path_prefix:
            (model,) = sorted(self.models)[:1]
            return await self._query(f"{self.path_prefix}/image-to-video/{quote(model)}/{safe}")
        return await self._query(f"/tasks?task_ids={safe}")

    async def progress(self, ticket: str) -> Render | None:  # noqa: ARG002 - the protocol's
        """Nothing: this dialect has no progress."""
        return None

    async def fetch(self, output: Output, to: Path) -> Fetched:
        """Copy the video from the address that the upstream gave."""
        got = await self.public_door.download(
            output.location, to=to, bytes_max=VIDEO_BYTES_MAX, wait_s_max=VIDEO_WAIT_S_MAX
        )
        return Fetched(path=to, bytes_count=got.bytes_count, sha256=got.sha256)

    async def close(self) -> None:
        """Nothing of its own: the doors belong to the gateway."""

    async def _query(self, path: str) -> PollAnswer:
        try:
            answer = await self.operator_door.get(
                f"{self.base_url}{path}",
                headers=self._authorization(),
                wait_s_max=self.poll_wait_s,
                answer_bytes_max=ANSWER_BYTES_MAX,
            )
        except OutboundError as error:
            return Unreachable(reason=str(error))
        return read_query(answer)

    def _authorization(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.api_key}"}


def read_submit(answer: Answer) -> SubmitAnswer:
    """Tell a ticket from a definite no from an uncertain answer; `code` before HTTP status.

    source   CONTRACT rules 34, 42, 74, 83 and section 5.7
    """
    body = _object(answer.body)
    code = body.get("code")
    if type(code) is not int:
        return Uncertain(reason=f"HTTP {answer.status} without a readable code")
    relay = Relay(
        http_status=answer.status,
        code=code,
        message=_text(body, "message"),
        request_id=_text(body, "request_id"),
        data=data if isinstance(data := body.get("data"), dict) else {},
        retry_after_s=_retry_after(answer, code),
    )
    if code == 0:
        ticket = _text(relay.data, "id") or _text(relay.data, "task_id")
        return (
            Ticket(id=ticket, relay=relay) if ticket else Uncertain(reason="code 0 without an id")
        )
    if code in UNCERTAIN_CODES or (code not in REFUSAL_CODES and answer.status >= 500):  # noqa: PLR2004
        return Uncertain(reason=f"HTTP {answer.status}, code {code}: {relay.message}")
    return Refused(relay=relay, blames_operator=code in BLAMES_OPERATOR)


def read_query(answer: Answer) -> PollAnswer:
    """Read one task out of a query's answer, object or array, in either vocabulary."""
    body = _object(answer.body)
    if body.get("code") != 0:
        return Unreachable(reason=f"HTTP {answer.status}, code {body.get('code')}")
    data = body.get("data")
    if isinstance(data, list):
        data = data[0] if data else {}
    if not isinstance(data, dict) or not data:
        return Unknown()
    word = _text(data, "status") or _text(data, "task_status")
    status = STATUSES.get(word)
    if status is None:
        # An unknown word is waited out: neither success nor failure may be guessed.
        return Unreachable(reason=f"unknown status {word!r}")
    return Render(
        ticket=_text(data, "id") or _text(data, "task_id"),
        status=status,
        message=_text(data, "message") or _text(data, "task_status_msg"),
        outputs=tuple(_outputs(data)),
    )


def _outputs(data: Mapping[str, Any]) -> list[Output]:
    result = data.get("task_result")
    listed = data.get("outputs") or (result.get("videos") if isinstance(result, dict) else None)
    return [
        Output(id=_text(item, "id"), location=_text(item, "url"), duration=_text(item, "duration"))
        for item in listed or []
        if isinstance(item, dict) and _text(item, "url")
    ]


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return {}
    return value if isinstance(value, dict) else {}


def _text(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key)
    return value if isinstance(value, str) else ""


def _retry_after(answer: Answer, code: int) -> int | None:
    # Rule 34: 1302 and 1303 always carry one, the permanent 429s never.
    if code not in RATE_CODES:
        return None
    text = answer.headers.get("Retry-After", "")
    return max(1, int(text)) if text.isascii() and text.isdigit() else RETRY_AFTER_S
