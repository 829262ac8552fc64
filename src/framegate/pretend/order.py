"""What the vendor reads out of a create's body, and the refusals it is known to give.

It reads as loosely as the vendor seems to: unknown fields pass, one field is judged after the
other, and the first that is wrong is named. The vendor's pages are the source; a text that
no source has stands in `GUESSED`.
"""

import json
from dataclasses import dataclass
from typing import Any

from framegate.pretend.says import Says, refusal

IMAGE_TO_VIDEO = "image-to-video"
TEXT_TO_VIDEO = "text-to-video"
KINDS = (IMAGE_TO_VIDEO, TEXT_TO_VIDEO)

RESOLUTIONS = ("720p", "1080p")
ASPECT_RATIOS = ("16:9", "9:16", "1:1")
DURATION_S_MIN, DURATION_S_MAX = 3, 15
GUESSED = ("request body is invalid", "first_frame cannot be empty", "prompt cannot be empty")


@dataclass(frozen=True, kw_only=True)
class OrderRead:
    """One order as the vendor understood it, defaults filled in."""

    kind: str
    model: str
    resolution: str
    duration_s: int
    external_id: str
    callback_url: str
    has_watermark: bool


def read_order(body: bytes, *, kind: str, model: str) -> OrderRead | Says:
    """The order, or the 400 that the vendor gives."""
    try:
        root = json.loads(body)
    except (ValueError, RecursionError):
        return refusal(400, 1200, "request body is invalid")
    if not isinstance(root, dict):
        return refusal(400, 1200, "request body is invalid")
    settings, options = _object(root, "settings"), _object(root, "options")
    wrong = _wrong_contents(root, kind) or _wrong_settings(settings)
    if wrong:
        return refusal(400, 1201, wrong)
    return OrderRead(
        kind=kind,
        model=model,
        resolution=settings.get("resolution", "720p"),
        duration_s=settings.get("duration", 5),
        external_id=_text(options, "external_task_id"),
        callback_url=_text(options, "callback_url"),
        has_watermark=_object(options, "watermark_info").get("enabled") is True,
    )


def _wrong_contents(root: dict[str, Any], kind: str) -> str:
    contents = root.get("contents")
    if kind == TEXT_TO_VIDEO:
        return "" if _text(root, "prompt") or contents else "prompt cannot be empty"
    if not isinstance(contents, list) or not contents:
        return "contents cannot be empty"
    kinds = [item.get("type") for item in contents if isinstance(item, dict)]
    return "" if "first_frame" in kinds else "first_frame cannot be empty"


def _wrong_settings(settings: dict[str, Any]) -> str:
    duration = settings.get("duration", 5)
    if type(duration) is not int or not DURATION_S_MIN <= duration <= DURATION_S_MAX:
        return f"duration value '{duration}' is invalid"
    for name, allowed in (("resolution", RESOLUTIONS), ("aspect_ratio", ASPECT_RATIOS)):
        value = settings.get(name, allowed[0])
        if value not in allowed:
            return f"{name} value '{value}' is invalid"
    return ""


def _object(value: dict[str, Any], key: str) -> dict[str, Any]:
    found = value.get(key)
    return found if isinstance(found, dict) else {}


def _text(value: dict[str, Any], key: str) -> str:
    found = value.get(key)
    return found if isinstance(found, str) else ""
