"""Endpoints: where an account wants to be told of all its tasks, and what it may ask for.

The web and the command line read wishes with it, the store keeps the value, the flows ask it who
wants what and which secrets sign. It knows no database and no account but by its id.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, cast

from framegate.domain.event import EVENTS, EventType
from framegate.domain.fields import Findings, judge_unknown, judge_url
from framegate.domain.strict_json import got, parse_object

ENABLED_MAX = 10
"""Endpoints of one account that are told. Each multiplies what every task writes."""

KEPT_MAX = 1_000
"""Endpoints of one account altogether: a disabled one is kept, and listed, with its history."""

URL_CHARACTERS_MAX = 2_048
"""It is copied into every delivery."""

OVERLAP_S_DEFAULT = 7 * 86_400
"""As long as the vendor lets the old secret live (its page on callbacks)."""

OVERLAP_S_MAX = 30 * 86_400


class DisabledWhy(StrEnum):
    """Why an endpoint is told nothing more."""

    OWNER = "by its owner"
    GONE = "it answered 410"


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """One address of an account that is told of its tasks."""

    id: str
    account_id: str
    url: str
    events: tuple[EventType, ...]
    generation: int  # Which derived secret is in force, from 1.
    overlap_ms: int  # Until when the generation before it signs too; 0: it does not.
    created_ms: int
    disabled_ms: int  # 0: it is told.
    disabled_why: str  # Of the last time; it stays when the endpoint is enabled again.

    @property
    def is_enabled(self) -> bool:
        """Whether it is told of what happens from now on."""
        return not self.disabled_ms

    def generations(self, *, now_ms: int) -> tuple[int, ...]:
        """The generations whose secrets sign now, newest first."""
        if now_ms < self.overlap_ms:
            return (self.generation, self.generation - 1)
        return (self.generation,)


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a new endpoint shall be."""

    url: str
    events: tuple[EventType, ...]


def parse_wish(body: bytes, *, allowed_addresses: AbstractSet[str]) -> Wish:
    """Read the body of `POST /api/webhooks`. Raises as `judge_wish`, and BodyMalformed."""
    return judge_wish(parse_object(body), allowed_addresses=allowed_addresses)


def judge_wish(root: dict[str, Any], *, allowed_addresses: AbstractSet[str]) -> Wish:
    """A closed object of `url` and, perhaps, `events` (absent: all of them).

    allowed_addresses  exact `host:port` pairs that need not be public (contract rule 58)
    raises             FieldsInvalid with every violation
    """
    findings = Findings()
    _judge_url(root, allowed_addresses, findings)
    if "events" in root:
        _judge_events(root["events"], findings)
    judge_unknown(
        root, ("url", "events"), owner="request body", takes="it takes", findings=findings
    )
    findings.raise_any()
    return Wish(url=root["url"], events=tuple(root.get("events", EVENTS)))


def parse_overlap_s(body: bytes) -> int:
    """Read the body of a rotation: for how many seconds the old secret signs beside the new one.

    body     empty, or a closed object with perhaps `overlap_s`; 0 ends the old secret at once
    raises   BodyMalformed, FieldsInvalid with every violation
    """
    root = parse_object(body) if body else {}
    findings = Findings()
    overlap_s = root.get("overlap_s", OVERLAP_S_DEFAULT)
    # An integer token only: `5.0` arrives as a LosslessFloat, `true` as a bool.
    if type(overlap_s) is not int or not 0 <= overlap_s <= OVERLAP_S_MAX:
        findings.add(
            f"overlap_s must be an integer from 0 to {OVERLAP_S_MAX}; got {got(overlap_s)}",
            "overlap_s",
        )
    judge_unknown(root, ("overlap_s",), owner="request body", takes="it takes", findings=findings)
    findings.raise_any()
    return cast("int", overlap_s)


def _judge_url(root: dict[str, Any], allowed: AbstractSet[str], findings: Findings) -> None:
    if "url" not in root:
        findings.add("url is required", "url")
        return
    value = root["url"]
    if isinstance(value, str) and len(value) > URL_CHARACTERS_MAX:
        findings.add(
            f"url must be at most {URL_CHARACTERS_MAX} characters long; got {len(value)}", "url"
        )
        return
    judge_url(value, "url", field="url", allowed=allowed, findings=findings)


def _judge_events(value: Any, findings: Findings) -> None:
    if not isinstance(value, list):
        findings.add(f"events must be an array; got {got(value)}", "events")
        return
    if not value:
        findings.add("events must hold at least 1 item; got 0", "events")
    seen: set[Any] = set()
    for index, event in enumerate(value):
        if findings.is_full:
            return
        if event not in EVENTS:
            findings.add(
                f"events[{index}] must be one of {', '.join(EVENTS)}; got {got(event)}",
                "events",
                index,
            )
        elif event in seen:
            findings.add(f"events[{index}] repeats {event}", "events", index)
        else:
            seen.add(event)
