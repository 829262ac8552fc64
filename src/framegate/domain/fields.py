"""The field rules that both Kling requests share: prompts, `settings`, `options`, the open root.

`submission`, `text_to_video` and `listing` call it after the JSON layer has let the body through. A
rule that breaks becomes one FieldError in a Findings list, so that a caller hears of all of them at
once; it knows no model, no price and no account.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from framegate.domain import url
from framegate.domain.strict_json import got, quoted
from framegate.errors import FieldError, FieldsInvalid

FIELD_ERRORS_MAX = 100
"""Entries in one answer; a body of 1 MiB could break half a million rules."""

DURATION_S_MIN, DURATION_S_MAX = 3, 15
RESOLUTIONS = ("720p", "1080p")
ASPECT_RATIOS = ("16:9", "9:16", "1:1")

SETTINGS_FIELDS = ("resolution", "aspect_ratio", "duration")
OPTIONS_FIELDS = ("callback_url", "external_task_id", "watermark_info")


class Findings:
    """The broken rules found so far, in the order of contract rule 54."""

    def __init__(self) -> None:
        self._errors: list[FieldError] = []

    def __len__(self) -> int:
        """How many are noted so far."""
        return len(self._errors)

    def add(self, message: str, *pointer: str | int) -> None:
        """Note one broken rule; beyond FIELD_ERRORS_MAX it is dropped.

        pointer  the steps from the root to the field, unescaped
        """
        if not self.is_full:
            self._errors.append(FieldError(_pointer(pointer), message))

    @property
    def is_full(self) -> bool:
        """Nothing more will be kept: a loop over the caller's items may stop."""
        return len(self._errors) >= FIELD_ERRORS_MAX

    def raise_any(self) -> None:
        """Raise FieldsInvalid when a rule is broken."""
        if self._errors:
            raise FieldsInvalid(tuple(self._errors))


def _pointer(steps: tuple[str | int, ...]) -> str:
    """RFC 6901: `~` and `/` inside a step are written `~0` and `~1`."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in steps)


def judge_unknown(
    value: Mapping[str, Any],
    known: tuple[str, ...],
    *pointer: str | int,
    owner: str,
    takes: str,
    findings: Findings,
) -> None:
    """Every field that a closed object does not know, in the order sent."""
    if value.keys() <= set(known):
        return
    for name in value:
        if name in known:
            continue
        if findings.is_full:
            return
        findings.add(
            f"{owner} has an unknown field {quoted(name)}; {takes} {', '.join(known)}",
            *pointer,
            name,
        )


def judge_url(
    value: Any, *pointer: str | int, field: str, allowed: AbstractSet[str], findings: Findings
) -> None:
    """A URL field: a string, then the first part of contract rule 55 that it breaks."""
    if not isinstance(value, str):
        findings.add(f"{field} must be a string; got {got(value, is_private=True)}", *pointer)
        return
    judged = url.judge(value, allowed=allowed)
    if isinstance(judged, url.Flaw):
        findings.add(f"{field} {judged.value}", *pointer)


def judge_prompt_text(
    value: Any, *pointer: str | int, field: str, characters_max: int, findings: Findings
) -> None:
    """A prompt's text: a string of 1 to `characters_max` Unicode code points (rules 17, 18, 76)."""
    if not isinstance(value, str):
        findings.add(f"{field} must be a string; got {got(value, is_private=True)}", *pointer)
    elif not 1 <= len(value) <= characters_max:
        findings.add(
            f"{field} must be 1 to {characters_max} characters long; got {len(value)}", *pointer
        )


def judge_prompt_item(
    item: Mapping[str, Any], index: int, *, characters_max: int, findings: Findings
) -> None:
    """A `prompt` item of `contents`: closed, with its text (rules 17 to 19, 77)."""
    place = ("contents", index)
    field = f"contents[{index}].text"
    if "text" not in item:
        findings.add(f"{field} is required for a prompt item", *place, "text")
    else:
        judge_prompt_text(
            item["text"],
            *place,
            "text",
            field=field,
            characters_max=characters_max,
            findings=findings,
        )
    judge_unknown(
        item,
        ("type", "text"),
        *place,
        owner=f"contents[{index}]",
        takes="a prompt item takes",
        findings=findings,
    )


def judge_settings(value: Any, findings: Findings) -> None:
    """`settings` of rules 20 to 23 and 53; the value is whatever the caller sent under it."""
    if not isinstance(value, dict):
        findings.add(f"settings must be an object; got {got(value)}", "settings")
        return
    for name, words in (("resolution", RESOLUTIONS), ("aspect_ratio", ASPECT_RATIOS)):
        if name in value and value[name] not in words:
            findings.add(
                f"settings.{name} must be one of {', '.join(words)}; got {got(value[name])}",
                "settings",
                name,
            )
    if "duration" in value and not _is_duration(value["duration"]):
        findings.add(
            f"settings.duration must be an integer from {DURATION_S_MIN} to {DURATION_S_MAX};"
            f" got {got(value['duration'])}",
            "settings",
            "duration",
        )
    judge_unknown(
        value, SETTINGS_FIELDS, "settings", owner="settings", takes="it takes", findings=findings
    )


def _is_duration(value: Any) -> bool:
    """An integer token only: `5.0` arrives as a LosslessFloat, `true` as a bool."""
    return type(value) is int and DURATION_S_MIN <= value <= DURATION_S_MAX


def judge_options(value: Any, *, allowed: AbstractSet[str], findings: Findings) -> None:
    """`options` of rule 24; the value is whatever the caller sent under it."""
    if not isinstance(value, dict):
        findings.add(f"options must be an object; got {got(value)}", "options")
        return
    if "callback_url" in value:
        judge_url(
            value["callback_url"],
            "options",
            "callback_url",
            field="options.callback_url",
            allowed=allowed,
            findings=findings,
        )
    for name, kind, noun in (
        ("external_task_id", str, "a string"),
        ("watermark_info", dict, "an object"),
    ):
        if name in value and not isinstance(value[name], kind):
            findings.add(f"options.{name} must be {noun}; got {got(value[name])}", "options", name)
    judge_unknown(
        value, OPTIONS_FIELDS, "options", owner="options", takes="it takes", findings=findings
    )


def judge_root(
    root: Mapping[str, Any],
    *,
    known: AbstractSet[str],
    denied: AbstractSet[str],
    findings: Findings,
) -> None:
    """The open root: only shadows of known fields, and what the operator denies (rule 52).

    known   the fields that this request has, in lower case
    denied  the operator's names; a shadow of one is denied as well, since an upstream that obeys
            the name may not care about its letter case
    """
    folded_denied = {name.casefold() for name in denied}
    for name in root:
        folded = name.casefold()
        if folded in folded_denied:
            findings.add(f"field {quoted(name)} is not accepted at the top level", name)
        elif folded in known and name not in known:
            findings.add(f'field {quoted(name)} differs from "{folded}" only by letter case', name)
        if findings.is_full:
            return
