"""What the server's answers become: frozen values with amounts as decimals and times as dates.

An answer may hold more than is read here; what is absent has a default, so that a newer or older
server can be spoken to.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

ENDED = frozenset({"succeeded", "failed"})
AWAY = "away"


@dataclass(frozen=True, kw_only=True)
class Task:
    """A task as the server tells it.

    id            what every call takes; the upstream's id
    status        submitted, processing, succeeded or failed
    message       why it failed
    stage         what the embedded renderer does now, "" for other upstreams; AWAY while the server
                  that is waited for does not answer
    price         what it holds, and costs when it succeeds; None where the answer does not say
    video_url     "" until there is a video; the link works for a day
    sha256        of the video, hexadecimal
    raw           the answer itself
    """

    id: str
    status: str
    message: str = ""
    framegate_id: str = ""
    external_task_id: str = ""
    stage: str = ""
    frames_done: int = 0
    frames_total: int = 0
    price: Decimal | None = None
    currency: str = ""
    resolution: str = ""
    aspect_ratio: str = ""
    duration_s: int = 0
    created_at: datetime | None = None
    updated_at: datetime | None = None
    video_url: str = ""
    sha256: str = ""
    bytes_count: int = 0
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def is_ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.status in ENDED


@dataclass(frozen=True, kw_only=True)
class QuoteLine:
    """One factor of a price: what it is for, its value, and what it multiplies by."""

    what: str
    value: str
    factor: Decimal


@dataclass(frozen=True, kw_only=True)
class Quote:
    """What a create would cost. `available` is None for an account without a limit."""

    amount: Decimal
    currency: str
    available: Decimal | None
    lines: tuple[QuoteLine, ...]


@dataclass(frozen=True, kw_only=True)
class Account:
    """Who pays: `available` is posted minus held."""

    id: str
    name: str
    is_unlimited: bool
    posted: Decimal
    held: Decimal
    available: Decimal
    currency: str


@dataclass(frozen=True, kw_only=True)
class Picture:
    """An uploaded picture: `url` is good as a first frame for as long as the server keeps it."""

    id: str
    url: str
    format: str
    width: int
    height: int
    bytes_count: int
    sha256: str


def task_in(data: Mapping[str, Any]) -> Task:
    """Read `/api/tasks/{id}`, an object of the vendor's list, or the answer of a create."""
    outputs = data.get("outputs") or [{}]
    return Task(
        id=str(data.get("id") or data.get("task_id") or ""),
        status=str(data.get("status") or data.get("task_status") or "submitted"),
        message=str(data.get("message") or ""),
        framegate_id=str(data.get("task") or ""),
        external_task_id=str(data.get("external_id") or ""),
        stage=str(data.get("stage") or ""),
        frames_done=int(data.get("frames_done") or 0),
        frames_total=int(data.get("frames_total") or 0),
        price=_decimal(data.get("price")),
        currency=str(data.get("currency") or ""),
        resolution=str(data.get("resolution") or ""),
        aspect_ratio=str(data.get("aspect_ratio") or ""),
        duration_s=int(data.get("duration") or 0),
        created_at=_time(data.get("create_time")),
        updated_at=_time(data.get("update_time")),
        video_url=str(outputs[0].get("url", "")),
        sha256=str(data.get("sha256") or ""),
        bytes_count=int(data.get("bytes") or 0),
        raw=dict(data),
    )


def quote_in(data: Mapping[str, Any]) -> Quote:
    """Read `/api/quote`."""
    return Quote(
        amount=Decimal(data["amount"]),
        currency=data["currency"],
        available=_decimal(data.get("available")),
        lines=tuple(
            QuoteLine(what=line["what"], value=line["value"], factor=Decimal(line["factor"]))
            for line in data["lines"]
        ),
    )


def account_in(data: Mapping[str, Any]) -> Account:
    """Read `/api/account`."""
    return Account(
        id=data["id"],
        name=data["name"],
        is_unlimited=data["unlimited"],
        posted=Decimal(data["posted"]),
        held=Decimal(data["held"]),
        available=Decimal(data["available"]),
        currency=data["currency"],
    )


def picture_in(data: Mapping[str, Any]) -> Picture:
    """Read `/api/images`."""
    return Picture(
        id=data["id"],
        url=data["url"],
        format=data["format"],
        width=data["width"],
        height=data["height"],
        bytes_count=data["bytes"],
        sha256=data["sha256"],
    )


def _decimal(text: Any) -> Decimal | None:
    return None if text is None else Decimal(text)


def _time(unix_ms: Any) -> datetime | None:
    return datetime.fromtimestamp(unix_ms / 1_000, UTC) if unix_ms else None
