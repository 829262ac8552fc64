"""What a caller asks for: the exact bytes, and the facts read from them; image-to-video's rules.

`flows/submit` and the quote call it before anything is held or sent. Every 400 of the contract that
an image-to-video body alone can cause is raised here. It never fills a default into the body, and
it knows no account, no price and no upstream; the body's size and media type were judged at the
edge. The sibling's rules are in `text_to_video`.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from framegate.domain.fields import (
    Findings,
    judge_options,
    judge_prompt_item,
    judge_root,
    judge_settings,
    judge_unknown,
    judge_url,
)
from framegate.domain.strict_json import got, parse_object

PROMPT_CHARACTERS_MAX = 2_500
"""Unicode code points, for image-to-video (rules 18 and 53)."""

# What an absent field means to the upstream and therefore to the price (rule 65).
RESOLUTION_DEFAULT = "720p"
ASPECT_RATIO_DEFAULT = "16:9"
DURATION_S_DEFAULT = 5

Kind = Literal["image-to-video", "text-to-video"]
"""What is asked for, as it stands in the path."""

IMAGE_TO_VIDEO: Kind = "image-to-video"
TEXT_TO_VIDEO: Kind = "text-to-video"
KINDS = (IMAGE_TO_VIDEO, TEXT_TO_VIDEO)

_ROOT_FIELDS = frozenset({"contents", "settings", "options"})


@dataclass(frozen=True, kw_only=True)
class Submission:
    """One accepted request.

    body              the caller's exact bytes; body_sha256 is their digest in hex
    forwarded         the bytes for the upstream: for image-to-video the very same object
    first_frame_url   of the first first_frame item, as sent; "" for text-to-video
    prompt            as it is forwarded; "" when there is none
    resolution, aspect_ratio, duration_s
                      facts for the price; an absent field stands with the upstream's default
    external_task_id  None when absent or ""
    """

    kind: Kind
    model: str
    body: bytes
    body_sha256: str
    forwarded: bytes
    first_frame_url: str
    prompt: str
    resolution: str
    aspect_ratio: str
    duration_s: int
    callback_url: str | None
    external_task_id: str | None


def parse_image_to_video(
    body: bytes,
    *,
    model: str,
    denied_fields: frozenset[str] = frozenset(),
    allowed_addresses: frozenset[str] = frozenset(),
) -> Submission:
    """Read one image-to-video body, or say everything that is wrong with it.

    model              from the path, already known to exist
    denied_fields      top-level names that the operator refuses (rule 52)
    allowed_addresses  exact `host:port` pairs that need not be public (rule 58)
    raises             BodyMalformed (400/1200); FieldsInvalid (400/1201) with all violations
    source             contract rules 2 to 26 and 51 to 58
    """
    root = parse_object(body)
    findings = Findings()
    _judge_contents(root, allowed=allowed_addresses, findings=findings)
    if "settings" in root:
        judge_settings(root["settings"], findings)
    if "options" in root:
        judge_options(root["options"], allowed=allowed_addresses, findings=findings)
    judge_root(root, known=_ROOT_FIELDS, denied=denied_fields, findings=findings)
    findings.raise_any()
    return _facts(root, model=model, body=body)


def _facts(root: Mapping[str, Any], *, model: str, body: bytes) -> Submission:
    contents: list[dict[str, Any]] = root["contents"]
    settings: dict[str, Any] = root.get("settings", {})
    options: dict[str, Any] = root.get("options", {})
    return Submission(
        kind=IMAGE_TO_VIDEO,
        model=model,
        body=body,
        body_sha256=hashlib.sha256(body).hexdigest(),
        forwarded=body,
        first_frame_url=next(item["url"] for item in contents if item["type"] == "first_frame"),
        prompt=next((item["text"] for item in contents if item["type"] == "prompt"), ""),
        resolution=settings.get("resolution", RESOLUTION_DEFAULT),
        aspect_ratio=settings.get("aspect_ratio", ASPECT_RATIO_DEFAULT),
        duration_s=settings.get("duration", DURATION_S_DEFAULT),
        callback_url=options.get("callback_url"),
        external_task_id=options.get("external_task_id") or None,
    )


def _judge_contents(
    root: Mapping[str, Any], *, allowed: frozenset[str], findings: Findings
) -> None:
    contents = root.get("contents")
    if not isinstance(contents, list) or not any(map(_is_first_frame, contents)):
        findings.add("contents must include at least one first_frame item", "contents")
    if "contents" not in root:
        findings.add("contents is required", "contents")
    elif not isinstance(contents, list):
        findings.add(f"contents must be an array; got {got(contents, is_private=True)}", "contents")
    elif not contents:
        findings.add("contents must hold at least 1 item; got 0", "contents")
    else:
        _judge_items(contents, allowed=allowed, findings=findings)


def _is_first_frame(item: Any) -> bool:
    return isinstance(item, dict) and item.get("type") == "first_frame"


def _judge_items(contents: list[Any], *, allowed: frozenset[str], findings: Findings) -> None:
    prompts_at = []
    for index, item in enumerate(contents):
        if findings.is_full:
            return
        if not isinstance(item, dict):
            findings.add(
                f"contents[{index}] must be an object; got {got(item, is_private=True)}",
                "contents",
                index,
            )
        elif "type" not in item:
            findings.add(
                f"contents[{index}].type is required: prompt or first_frame",
                "contents",
                index,
                "type",
            )
        elif item["type"] == "first_frame":
            _judge_first_frame(item, index, allowed=allowed, findings=findings)
        elif item["type"] == "prompt":
            prompts_at.append(index)
            judge_prompt_item(item, index, characters_max=PROMPT_CHARACTERS_MAX, findings=findings)
        else:
            findings.add(
                f"contents[{index}].type must be one of prompt, first_frame;"
                f" got {got(item['type'])}",
                "contents",
                index,
                "type",
            )
    if len(prompts_at) > 1:
        findings.add(
            f"contents must hold at most one prompt item; got {len(prompts_at)}",
            "contents",
            prompts_at[1],
        )


def _judge_first_frame(
    item: Mapping[str, Any], index: int, *, allowed: frozenset[str], findings: Findings
) -> None:
    place = ("contents", index)
    field = f"contents[{index}].url"
    if "url" not in item:
        findings.add(f"{field} is required for a first_frame item", *place, "url")
    else:
        judge_url(item["url"], *place, "url", field=field, allowed=allowed, findings=findings)
    judge_unknown(
        item,
        ("type", "url"),
        *place,
        owner=f"contents[{index}]",
        takes="a first_frame item takes",
        findings=findings,
    )
