"""What Kling's answers mean: bought, surely not bought, or nobody knows.

Both vocabularies and both shapes are read everywhere (the vendor's documents have
both); every key but an id and a status may be missing. Pure: an Answer in, the words of
`domain.upstream` out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from framegate.domain.upstream import (
    AccountTask,
    Costs,
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
from framegate.outbound import Answer

# Refusals of our account: never shown to a customer (contract rule 83).
BLAMES_OPERATOR = frozenset({1000, 1001, 1002, 1003, 1004, 1100, 1101, 1102, 1103, 1304})
# Not a definite no: a task may exist (rules 34 and 74).
UNCERTAIN_CODES = frozenset({5000, 5002})
RATE_CODES = frozenset({1302, 1303})
RETRY_AFTER_S = 1
RETRY_AFTER_S_MAX = 3_600
# For questions: what waits behind it is looked at late, its deadline too.
QUERY_REST_S_MAX = 60
HTTP_TOO_MANY, HTTP_UNAVAILABLE = 429, 503
MAINTENANCE_CODE = 5001
# No room or no time now, and nothing was bought: another upstream may be asked.
ELSEWHERE_CODES = RATE_CODES | {MAINTENANCE_CODE}
# The rest of section 5.7: a definite no whatever its HTTP status.
REFUSAL_CODES = frozenset({1200, 1201, 1202, 1203, 1300, 1301}) | ELSEWHERE_CODES | BLAMES_OPERATOR

STATUSES = {
    "submitted": RenderStatus.SUBMITTED,
    "queued": RenderStatus.SUBMITTED,
    "processing": RenderStatus.PROCESSING,
    "succeed": RenderStatus.SUCCEEDED,
    "succeeded": RenderStatus.SUCCEEDED,
    "failed": RenderStatus.FAILED,
}


def read_submit(answer: Answer) -> SubmitAnswer:
    """Tell a ticket from a definite no from an uncertain answer; `code` before HTTP status.

    source   contract rules 34, 42, 74 and 83, and the vendor's list of codes
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
        ticket = _id(relay.data)
        return (
            Ticket(id=ticket, relay=relay) if ticket else Uncertain(reason="code 0 without an id")
        )
    if code in UNCERTAIN_CODES or (code not in REFUSAL_CODES and answer.status >= 500):  # noqa: PLR2004
        return Uncertain(reason=f"HTTP {answer.status}, code {code}: {relay.message}")
    return Refused(
        relay=relay,
        blames_operator=code in BLAMES_OPERATOR,
        may_go_elsewhere=code in ELSEWHERE_CODES,
    )


def read_query(answer: Answer, tickets: Sequence[str]) -> dict[str, PollAnswer]:
    """Read what a query says about each of the tickets that it asked for.

    One that a good answer leaves out is Unknown. A query that went wrong says nothing about any.
    """
    data = _queried(answer)
    if isinstance(data, Unreachable):
        return dict.fromkeys(tickets, data)
    if isinstance(data, dict) and len(tickets) == 1:
        # The page's gateway answers with the one that was asked for, under an id of its choice.
        return {tickets[0]: _render(data)}
    # By nothing but its own id: a caller may have named a task as another one's ticket reads.
    return _each(tickets, {_id(item): item for item in _listed(data)})


def read_lookup(answer: Answer, external_ids: Sequence[str]) -> dict[str, PollAnswer]:
    """As `read_query`, of tasks that were asked for by the ids that they were ordered under."""
    data = _queried(answer)
    if isinstance(data, Unreachable):
        return dict.fromkeys(external_ids, data)
    named = {
        _text(item, "external_id") or _text(item, "external_task_id"): item
        for item in _listed(data)
    }
    return _each(external_ids, named)


def _queried(answer: Answer) -> Any:
    """The `data` of a query: a list of tasks, one task as an object, or why there is none."""
    body = _object(answer.body)
    if body.get("code") != 0 or type(body["code"]) is not int:
        return Unreachable(reason=f"HTTP {answer.status}, code {body.get('code')}")
    data = body.get("data")
    result = data.get("result") if isinstance(data, dict) else None
    return result if isinstance(result, list) else data


def _listed(data: Any) -> list[dict[str, Any]]:
    return [data] if isinstance(data, dict) else _objects(data)


def _each(names: Sequence[str], items: Mapping[str, Mapping[str, Any]]) -> dict[str, PollAnswer]:
    return {name: _render(items[name]) if name in items else Unknown() for name in names}


def _render(data: Mapping[str, Any]) -> PollAnswer:
    ticket = _id(data)
    if not ticket:
        return Unknown()
    word = _text(data, "status") or _text(data, "task_status")
    status = STATUSES.get(word)
    if status is None:
        # An unknown word is waited out: neither success nor failure may be guessed.
        return Unreachable(reason=f"unknown status {word[:40]!r}")
    return Render(
        ticket=ticket,
        status=status,
        message=_text(data, "message") or _text(data, "task_status_msg"),
        outputs=tuple(_outputs(data)),
        took_ms=_took_ms(data),
        billing=tuple(_objects(data.get("billing"))),
    )


def _id(data: Mapping[str, Any]) -> str:
    return _text(data, "id") or _text(data, "task_id")


def _took_ms(data: Mapping[str, Any]) -> int:
    began = data.get("create_time", data.get("created_at"))
    ended = data.get("update_time", data.get("updated_at"))
    if type(began) is int and type(ended) is int and 0 < began < ended:
        return ended - began
    return 0


def _outputs(data: Mapping[str, Any]) -> list[Output]:
    result = data.get("task_result")
    listed = data.get("outputs") or (result.get("videos") if isinstance(result, dict) else None)
    return [
        Output(id=_text(item, "id"), location=_text(item, "url"), duration=_text(item, "duration"))
        for item in _objects(listed)
        if _text(item, "url")
    ]


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):  # The second of a thousand brackets.
        return {}
    return value if isinstance(value, dict) else {}


def _objects(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _text(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key)
    return value if isinstance(value, str) else ""


def _retry_after(answer: Answer, code: int) -> int | None:
    # Rule 34: 1302 and 1303 always carry one, the permanent 429s never.
    if code not in RATE_CODES:
        return None
    return min(max(1, _said_wait_s(answer) or RETRY_AFTER_S), RETRY_AFTER_S_MAX)


def _said_wait_s(answer: Answer) -> int | None:
    """`Retry-After` in seconds; None where there is none, or a date."""
    text = answer.headers.get("Retry-After", "")
    is_number = text.isascii() and text.isdigit() and len(text) < len(str(2**63))
    return int(text) if is_number else None


def rest_s(answer: Answer) -> int:
    """How long no question should follow this answer to one; 0: it did not ask for a rest.

    A 429 or a code of the same meaning asks for one even without a `Retry-After`; a 503 and a 5001
    only with it. Every look at a task waits behind it, so it is never longer than QUERY_REST_S_MAX.
    """
    code, _ = read_code(answer)
    said_s = _said_wait_s(answer)
    if answer.status == HTTP_TOO_MANY or code in RATE_CODES:
        return min(max(1, said_s or RETRY_AFTER_S), QUERY_REST_S_MAX)
    if answer.status == HTTP_UNAVAILABLE or code == MAINTENANCE_CODE:
        return min(said_s or 0, QUERY_REST_S_MAX)
    return 0


def read_code(answer: Answer) -> tuple[int | None, str]:
    """The code and the message of any envelope; None where there is none to be read."""
    body = _object(answer.body)
    code = body.get("code")
    return (code if type(code) is int else None), _text(body, "message")


def read_costs(answer: Answer) -> Costs | Unreachable:
    """The resource packages of `/account/costs`; the key is missing where there are none."""
    data = _asked(answer)
    if isinstance(data, Unreachable):
        return data
    return Costs(packages=tuple(_objects(data.get("resource_pack_subscribe_infos"))))


@dataclass(frozen=True, kw_only=True)
class ListPage:
    """One page of `POST /tasks`; `next_cursor` brings the next one, "" where there is none."""

    tasks: tuple[AccountTask, ...]
    next_cursor: str


def read_list(answer: Answer) -> ListPage | Unreachable:
    """One page of the account's tasks; an empty one has neither `result` nor `next_cursor`."""
    data = _asked(answer)
    if isinstance(data, Unreachable):
        return data
    return ListPage(
        tasks=tuple(_account_task(item) for item in _objects(data.get("result")) if _id(item)),
        next_cursor=_text(data, "next_cursor") if data.get("has_more") is True else "",
    )


def _asked(answer: Answer) -> dict[str, Any] | Unreachable:
    """`data` of an answer to the operator, or what the upstream said instead."""
    code, message = read_code(answer)
    if code != 0:
        said = f"code {code}: {message}" if code is not None else "without a readable code"
        return Unreachable(reason=f"HTTP {answer.status}, {said}")
    data = _object(answer.body).get("data")
    return data if isinstance(data, dict) else {}


def _account_task(data: Mapping[str, Any]) -> AccountTask:
    word = _text(data, "status") or _text(data, "task_status")
    known = STATUSES.get(word)
    return AccountTask(
        ticket=_id(data),
        status=known.value if known else word,
        external_id=_text(data, "external_id") or _text(data, "external_task_id"),
        message=_text(data, "message") or _text(data, "task_status_msg"),
        created_ms=_moment(data, "create_time", "created_at"),
        updated_ms=_moment(data, "update_time", "updated_at"),
        billing=tuple(_objects(data.get("billing"))),
    )


def _moment(data: Mapping[str, Any], *names: str) -> int:
    values = (data.get(name) for name in names)
    return next((value for value in values if type(value) is int and value > 0), 0)
