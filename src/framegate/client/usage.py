"""What an account used, as `/api/usage` answers it: values, and the CSV byte for byte."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from framegate.client.asking import Asking, refused
from framegate.client.errors import ServerUnreachable
from framegate.client.steps import Script, Send

HTTP_OK = 200
CSV = "text/csv"


@dataclass(frozen=True, kw_only=True)
class UsageGroup:
    """What one day, key, resolution or another group used.

    label         what a person calls the group
    cost, margin  an admin key's alone; None where no cost is known
    """

    group: str
    label: str
    tasks: int
    seconds: int
    spent: Decimal
    cost: Decimal | None = None
    margin: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class Usage:
    """Groups and their sum, from one UTC day to another, both included."""

    by: str
    first: date
    last: date
    currency: str
    groups: tuple[UsageGroup, ...]
    total: UsageGroup
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)


def usage_in(data: Mapping[str, Any]) -> Usage:
    """Read `/api/usage`."""
    return Usage(
        by=data["by"],
        first=date.fromisoformat(data["from"]),
        last=date.fromisoformat(data["to"]),
        currency=data["currency"],
        groups=tuple(_group(each) for each in data["result"]),
        total=_group(data["total"]),
        raw=dict(data),
    )


def path_of(query: Mapping[str, Any]) -> str:
    """The path with what was given."""
    asked = {name: str(value) for name, value in query.items() if value is not None}
    return f"/api/usage?{urlencode(asked)}"


def table_of(ask: Asking, path: str) -> Script[bytes]:
    """The CSV of a path, which has no envelope.

    raises   ServerUnreachable, ServerRefused
    """
    reply = yield from ask.sent(
        Send(
            method="GET",
            url=ask.access.url + path,
            headers={"Authorization": f"Bearer {ask.access.key}", "Accept": CSV},
        ),
        repeats=True,
    )
    if reply.http_status != HTTP_OK:
        raise refused(reply)
    if not reply.headers.get("content-type", "").startswith(CSV):
        raise ServerUnreachable(
            f"what answers at {ask.access.url} is no framegate that has usage as CSV",
            "check the address and its port",
        )
    return reply.body


def _group(data: Mapping[str, Any]) -> UsageGroup:
    return UsageGroup(
        group=data["group"],
        label=data["label"],
        tasks=data["tasks"],
        seconds=data["seconds"],
        spent=Decimal(data["spent"]),
        cost=_decimal(data.get("cost")),
        margin=_decimal(data.get("margin")),
    )


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
