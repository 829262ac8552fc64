"""The text-to-video request: its rules, and the rewrite that the page's gateway makes of it.

`flows/submit` calls it where the path says text-to-video. Three things are rewritten, by splices,
and nothing else: the prompt moves to the top level with half-width punctuation, `contents` is
dropped, absent settings are filled. The caller's own bytes stay what is hashed and kept.
Source: contract rules 75 to 82.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from framegate.domain.fields import (
    Findings,
    judge_options,
    judge_prompt_item,
    judge_prompt_text,
    judge_root,
    judge_settings,
)
from framegate.domain.splice import member_removed, members_inserted, value_replaced
from framegate.domain.strict_json import got, parse_object
from framegate.domain.submission import (
    ASPECT_RATIO_DEFAULT,
    DURATION_S_DEFAULT,
    RESOLUTION_DEFAULT,
    TEXT_TO_VIDEO,
    Submission,
)

PROMPT_CHARACTERS_MAX = 3_072
"""Unicode code points, for text-to-video (rules 76 and 77)."""

# In the order of the examples (rule 81).
SETTINGS_DEFAULTS = {
    "resolution": RESOLUTION_DEFAULT,
    "aspect_ratio": ASPECT_RATIO_DEFAULT,
    "duration": DURATION_S_DEFAULT,
}

# Multi-shot prompts are cut at half-width marks; these three are what a Chinese keyboard writes.
HALF_WIDTH = str.maketrans("，；：", ",;:")

_ROOT_FIELDS = frozenset({"prompt", "contents", "settings", "options"})


def parse_text_to_video(
    body: bytes,
    *,
    model: str,
    denied_fields: frozenset[str] = frozenset(),
    allowed_addresses: frozenset[str] = frozenset(),
) -> Submission:
    """Read one text-to-video body and rewrite it, or say everything that is wrong with it.

    Parameters and errors are those of `submission.parse_image_to_video`.
    """
    root = parse_object(body)
    findings = Findings()
    _judge_prompt(root, findings)
    if "settings" in root:
        judge_settings(root["settings"], findings)
    if "options" in root:
        judge_options(root["options"], allowed=allowed_addresses, findings=findings)
    judge_root(root, known=_ROOT_FIELDS, denied=denied_fields, findings=findings)
    findings.raise_any()
    return _facts(root, model=model, body=body)


def _facts(root: Mapping[str, Any], *, model: str, body: bytes) -> Submission:
    settings: dict[str, Any] = SETTINGS_DEFAULTS | root.get("settings", {})
    options: dict[str, Any] = root.get("options", {})
    return Submission(
        kind=TEXT_TO_VIDEO,
        model=model,
        body=body,
        body_sha256=hashlib.sha256(body).hexdigest(),
        forwarded=_rewritten(body, root),
        first_frame_url="",
        prompt=_prompt(root).translate(HALF_WIDTH),
        resolution=settings["resolution"],
        aspect_ratio=settings["aspect_ratio"],
        duration_s=settings["duration"],
        callback_url=options.get("callback_url"),
        external_task_id=options.get("external_task_id") or None,
    )


def _prompt(root: Mapping[str, Any]) -> str:
    """The one prompt of a judged request; `prompt` wins over `contents` (rule 78)."""
    prompt: str = root["prompt"] if "prompt" in root else root["contents"][0]["text"]
    return prompt


def _rewritten(body: bytes, root: Mapping[str, Any]) -> bytes:
    prompt = _prompt(root)
    sent = prompt.translate(HALF_WIDTH)
    forwarded = member_removed(body, "contents")
    if "prompt" in root and sent != prompt:
        # Only then: a prompt that needs no change keeps its own spelling too.
        forwarded = value_replaced(forwarded, "prompt", by=sent)
    if "settings" in root:
        absent = {
            name: value for name, value in SETTINGS_DEFAULTS.items() if name not in root["settings"]
        }
        forwarded = members_inserted(forwarded, "settings", members=absent)
    whole = {"prompt": sent, "settings": SETTINGS_DEFAULTS}
    absent = {name: value for name, value in whole.items() if name not in root}
    return members_inserted(forwarded, members=absent)


# --- rules ------------------------------------------------------------------------------------


def _judge_prompt(root: Mapping[str, Any], findings: Findings) -> None:
    if "prompt" in root:
        # Whatever `contents` holds then is ignored and not judged (rule 78).
        judge_prompt_text(
            root["prompt"],
            "prompt",
            field="prompt",
            characters_max=PROMPT_CHARACTERS_MAX,
            findings=findings,
        )
        return
    contents = root.get("contents")
    if isinstance(contents, list) and contents:
        _judge_items(contents, findings)
        return
    findings.add("prompt is required, or contents with one prompt item", "prompt")
    if isinstance(contents, list):
        findings.add("contents must hold at least 1 item; got 0", "contents")
    elif "contents" in root:
        findings.add(f"contents must be an array; got {got(contents, is_private=True)}", "contents")


def _judge_items(contents: list[Any], findings: Findings) -> None:
    prompts_at = []
    for index, item in enumerate(contents):
        if findings.is_full:
            return
        field, place = f"contents[{index}]", ("contents", index)
        if not isinstance(item, dict):
            findings.add(f"{field} must be an object; got {got(item, is_private=True)}", *place)
        elif "type" not in item:
            findings.add(f"{field}.type is required: prompt", *place, "type")
        elif item["type"] != "prompt":
            findings.add(
                f"{field}.type must be prompt for text-to-video; got {got(item['type'])}",
                *place,
                "type",
            )
        else:
            prompts_at.append(index)
            judge_prompt_item(item, index, characters_max=PROMPT_CHARACTERS_MAX, findings=findings)
    if len(prompts_at) > 1:
        findings.add(
            f"contents must hold at most one prompt item; got {len(prompts_at)}",
            "contents",
            prompts_at[1],
        )
