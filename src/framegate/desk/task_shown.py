"""One task as a viewer sees it: the vendor's object first, then what only this gateway knows.

`desk.tasks` reads the rows and asks here what of them is shown. What an operator alone may see is
in one function, so that it is plain what a member never gets.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from framegate.domain.cost import NOT_KNOWN
from framegate.domain.kling import vendor_task
from framegate.domain.ledger import Caller, Key
from framegate.domain.money import decimal_from_micros
from framegate.domain.task import Task
from framegate.domain.upstream import Headway
from framegate.gateway import Gateway, now_ms
from framegate.store.entries import EntryRow, HoldRow
from framegate.store.life import Line
from framegate.store.prompts import NOTHING, Prompt
from framegate.store.tasks import Record


@dataclass(frozen=True, kw_only=True)
class Around:
    """What stands around some tasks in other rows, by the ids of those rows."""

    prompts: Mapping[str, Prompt]
    pictures_kept: frozenset[str]
    keys: Mapping[str, Key]
    account_names: Mapping[str, str]


def video_url(gateway: Gateway, task: Task) -> str:
    """A fresh link to a task's video; "" while there is none."""
    if task.video is None:
        return ""
    return gateway.links.make("videos", task.video.id, now_ms=now_ms())


def task_shown(
    gateway: Gateway,
    caller: Caller,
    record: Record,
    around: Around,
    headway: Mapping[str, Headway],
) -> dict[str, Any]:
    """One task of a list, or the beginning of its page. Times are Unix milliseconds, 0 for never.

    `status` is the vendor's word, `state` our own: a task that was cancelled or given up has
    failed to the one, and says so in the other.
    """
    task = record.task
    key, seen = around.keys.get(task.key_id), headway.get(task.id)
    shown = vendor_task(task, video_url=video_url(gateway, task)) | {
        "task": task.id,
        "state": task.status.value,
        "account": task.account_id,
        "key": task.key_id,
        "key_hint": key.hint if key else "",
        "request_id": task.request_id,
        "kind": task.kind,
        "model": task.model,
        "external_task_id": task.external_task_id,
        "prompt": around.prompts.get(task.id, NOTHING).text,
        "picture": _picture(gateway, task, around),
        "stage": seen.stage if seen else "",
        "frames_done": seen.frames_done if seen else 0,
        "frames_total": seen.frames_total if seen else 0,
        "price": decimal_from_micros(task.price_micros),
        "currency": task.currency,
        "resolution": task.resolution,
        "aspect_ratio": task.aspect_ratio,
        "duration": task.duration_s,
        "sha256": task.video.sha256 if task.video else "",
        "bytes": task.video.bytes_count if task.video else 0,
        "ended_at": task.updated_ms if task.status.is_terminal else 0,
        "can_cancel": caller.key.scope.may_create and gateway.cancel.can(task),
    }
    if caller.key.scope.is_admin:
        shown |= _for_operators(record, around)
    return shown


def life_shown(task: Task, lines: list[Line], *, is_admin: bool) -> list[dict[str, Any]]:
    """A task's life, oldest line first; `after_s` counts from its creation."""
    return [line_shown(line, task.created_ms, is_admin=is_admin) for line in lines]


def line_shown(line: Line, created_ms: int, *, is_admin: bool) -> dict[str, Any]:
    """One line of a life: `id` is also the id of its event."""
    shown = {
        "id": line.id,
        "at": line.at_ms,
        "after_s": max(0, line.at_ms - created_ms) / 1_000,
        "state": line.status.value,
        "note": line.note,
    }
    return shown | ({"operator_note": line.operator_note} if is_admin else {})


def hold_shown(hold: HoldRow) -> dict[str, Any]:
    """What is set aside for a task, and what became of it."""
    return {
        "amount": decimal_from_micros(hold.amount_micros),
        "state": hold.state,
        "opened_at": hold.opened_ms,
        "closed_at": hold.closed_ms,
    }


def entry_shown(entry: EntryRow) -> dict[str, Any]:
    """One line of the ledger; `task` is "" for a top-up."""
    return {
        "id": entry.id,
        "transfer": entry.transfer_id,
        "kind": entry.kind.value,
        "task": entry.task_id,
        "amount": decimal_from_micros(entry.amount_micros),
        "at": entry.created_ms,
    }


# --- inside -----------------------------------------------------------------------------------


def _picture(gateway: Gateway, task: Task, around: Around) -> dict[str, Any] | None:
    """The first frame: a fresh link where it was uploaded here, else as the caller named it."""
    url = around.prompts.get(task.id, NOTHING).picture_url
    if not url:
        return None
    own = gateway.links.own_picture(url, now_ms=task.created_ms)
    if own is None:
        return {"id": "", "url": url}
    is_kept = own in around.pictures_kept
    link = gateway.links.make("images", own, now_ms=now_ms()) if is_kept else ""
    return {"id": own, "url": link}


def _for_operators(record: Record, around: Around) -> dict[str, Any]:
    """What no member sees: whose account it is at which upstream, and what it cost us."""
    task, is_known = record.task, record.cost_micros != NOT_KNOWN
    margin_micros = task.price_micros - record.cost_micros
    return {
        "account_name": around.account_names.get(task.account_id, ""),
        "upstream": task.upstream,
        "ticket": task.ticket,
        "operator_note": record.operator_note,
        "upstream_billing": msgspec.json.decode(record.billing) if record.billing else [],
        "cost": decimal_from_micros(record.cost_micros) if is_known else None,
        "margin": decimal_from_micros(margin_micros) if is_known else None,
        "source_url": task.video.source_url if task.video else "",
        "late_at": record.late_ms,
        "polls": task.polls,
        "next_at": task.next_ms,
        "deadline_at": task.deadline_ms,
    }
