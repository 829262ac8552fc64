"""What a caller asks of its list of tasks, and the cursor that says where the next page begins.

`POST /tasks` of the vendor's dialect is read here; `store.tasks` answers it. A cursor is signed for
one account: nothing secret stands in it, but one that was changed must be refused, not obeyed.
Source: contract rule 47, and the vendor's own page on its list.
"""

import base64
import binascii
import hmac
from dataclasses import dataclass
from typing import Any

from framegate.domain.fields import Findings, judge_root, judge_unknown
from framegate.domain.kling import VENDOR_WORDS, statuses_of
from framegate.domain.signature import Keyring
from framegate.domain.strict_json import got, parse_object
from framegate.domain.task import Task, TaskStatus

LIMIT_MAX, LIMIT_DEFAULT = 500, 100
WINDOW_MS_DEFAULT = 30 * 86_400_000
CURSOR_CHARACTERS_MAX = 400
TIME_MS_MAX = 2**53 - 1
"""The largest that every reader of JSON keeps exactly; some 285,000 years from now."""

FILTERS: dict[str, tuple[str, ...]] = {"status": VENDOR_WORDS, "product_type": ("video",)}
_FILTER_FIELDS = ("key", "values")
_FIELDS = frozenset({"start_time", "end_time", "cursor", "limit", "filters"})


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a page ended, and how far back its list goes: all that the next page must know."""

    created_ms: int
    task_id: str
    start_ms: int


@dataclass(frozen=True, kw_only=True)
class Listing:
    """One page of an account's tasks, newest first.

    start_ms, end_ms  when the tasks were created, both ends included
    after             where the page before this one ended; None: this is the first
    statuses          which are wanted; a refused create is nobody's task and never among them
    """

    start_ms: int
    end_ms: int
    after: Place | None
    limit: int
    statuses: frozenset[TaskStatus]


def parse_listing(body: bytes, *, account_id: str, keyring: Keyring, now_ms: int) -> Listing:
    """Read the body of a list request, or say everything that is wrong with it.

    raises   BodyMalformed (400/1200); FieldsInvalid (400/1201) with all violations
    """
    root = parse_object(body)
    findings = Findings()
    if "action" in root:
        findings.add(
            "action is not accepted here: this path lists tasks;"
            " to query one, send GET with task_ids",
            "action",
        )
        findings.raise_any()
    start_ms, end_ms = _times(root, now_ms=now_ms, findings=findings)
    after = _after(root, account_id=account_id, keyring=keyring, findings=findings)
    _judge_limit(root, findings)
    statuses = _filtered(root, findings)
    judge_root(root, known=_FIELDS, denied=frozenset(), findings=findings)
    findings.raise_any()
    if after is not None:
        # A cursor overrides the times: its own list goes on to the end that it began with.
        start_ms, end_ms = after.start_ms, after.created_ms
    return Listing(
        start_ms=start_ms,
        end_ms=end_ms,
        after=after,
        limit=root.get("limit", LIMIT_DEFAULT),
        statuses=statuses,
    )


# --- cursors ----------------------------------------------------------------------------------


def cursor_after(task: Task, listing: Listing, keyring: Keyring) -> str:
    """The cursor of the page that follows one which ended with `task`."""
    place = Place(created_ms=task.created_ms, task_id=task.id, start_ms=listing.start_ms)
    return _cursor(place, task.account_id, keyring)


def _cursor(place: Place, account_id: str, keyring: Keyring) -> str:
    text = f"{place.created_ms}:{place.start_ms}:{place.task_id}"
    signed = f"{text}:{keyring.sign_cursor(account_id, text)}"
    return base64.urlsafe_b64encode(signed.encode()).decode().rstrip("=")


def _read_cursor(cursor: str, account_id: str, keyring: Keyring) -> Place | None:
    """What the cursor holds, if it is one that we made for this account."""
    try:
        signed = base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4)).decode()
        created, start, task_id, _ = signed.split(":")
        place = Place(created_ms=int(created), task_id=task_id, start_ms=int(start))
    except (ValueError, binascii.Error):
        return None
    # Made again and compared whole: Base64 has several spellings of the same bytes.
    expected = _cursor(place, account_id, keyring)
    return place if hmac.compare_digest(expected.encode(), cursor.encode()) else None


def _after(
    root: dict[str, Any], *, account_id: str, keyring: Keyring, findings: Findings
) -> Place | None:
    cursor = root.get("cursor", "")
    if not isinstance(cursor, str):
        findings.add(f"cursor must be a string; got {got(cursor)}", "cursor")
        return None
    if not cursor:
        return None
    is_short = len(cursor) <= CURSOR_CHARACTERS_MAX
    place = _read_cursor(cursor, account_id, keyring) if is_short else None
    if place is None:
        findings.add(
            "cursor must be a next_cursor as this gateway sent it, or empty for the first page",
            "cursor",
        )
    return place


# --- fields -----------------------------------------------------------------------------------


def _times(root: dict[str, Any], *, now_ms: int, findings: Findings) -> tuple[int, int]:
    broken = [
        name
        for name in ("start_time", "end_time")
        if name in root and not (type(root[name]) is int and 0 <= root[name] <= TIME_MS_MAX)
    ]
    for name in broken:
        findings.add(
            f"{name} must be an integer from 0 to {TIME_MS_MAX}, in Unix milliseconds; "
            f"got {got(root[name])}",
            name,
        )
    if broken:
        return 0, 0
    end_ms: int = root.get("end_time", now_ms)
    start_ms: int = root.get("start_time", max(0, end_ms - WINDOW_MS_DEFAULT))
    if start_ms > end_ms and not root.get("cursor"):
        findings.add("start_time must not be later than end_time", "start_time")
    return start_ms, end_ms


def _judge_limit(root: dict[str, Any], findings: Findings) -> None:
    limit = root.get("limit", LIMIT_DEFAULT)
    if not (type(limit) is int and 1 <= limit <= LIMIT_MAX):
        findings.add(f"limit must be an integer from 1 to {LIMIT_MAX}; got {got(limit)}", "limit")


def _filtered(root: dict[str, Any], findings: Findings) -> frozenset[TaskStatus]:
    """The statuses that the filters let through; all that a caller may see without one."""
    filters = root.get("filters", [])
    words: tuple[str, ...] = VENDOR_WORDS
    if not isinstance(filters, list):
        findings.add(f"filters must be an array; got {got(filters)}", "filters")
        filters = []
    seen: set[str] = set()
    for index, item in enumerate(filters):
        if findings.is_full:
            break
        key = _judge_filter(item, index, seen=seen, findings=findings)
        if key == "status":
            words = item["values"]
    # Each word once: a megabyte of them would be looked up a hundred thousand times.
    return frozenset(
        status for word in VENDOR_WORDS if word in words for status in statuses_of(word)
    )


def _judge_filter(item: Any, index: int, *, seen: set[str], findings: Findings) -> str | None:
    """The key of one filter; None when it is broken."""
    field, place = f"filters[{index}]", ("filters", index)
    if not isinstance(item, dict):
        findings.add(f"{field} must be an object; got {got(item)}", *place)
        return None
    key, before = item.get("key"), len(findings)
    if "key" not in item:
        findings.add(f"{field}.key is required: {' or '.join(FILTERS)}", *place, "key")
    elif not isinstance(key, str) or key not in FILTERS:
        findings.add(
            f"{field}.key must be one of {', '.join(FILTERS)}; got {got(key)}", *place, "key"
        )
    elif key in seen:
        findings.add(f'filters must hold "{key}" at most once', *place, "key")
    else:
        seen.add(key)
        _judge_values(item, key, index, findings)
    judge_unknown(
        item, _FILTER_FIELDS, *place, owner=field, takes="a filter takes", findings=findings
    )
    return key if len(findings) == before else None


def _judge_values(item: dict[str, Any], key: str, index: int, findings: Findings) -> None:
    field, place = f"filters[{index}].values", ("filters", index, "values")
    values = item.get("values")
    if "values" not in item:
        findings.add(f"{field} is required", *place)
    elif not isinstance(values, list):
        findings.add(f"{field} must be an array; got {got(values)}", *place)
    elif not values:
        findings.add(f"{field} must hold at least 1 item; got 0", *place)
    else:
        for number, word in enumerate(values):
            if findings.is_full:
                return
            if word not in FILTERS[key]:
                findings.add(
                    f"{field}[{number}] must be one of {', '.join(FILTERS[key])}; got {got(word)}",
                    *place,
                    number,
                )
