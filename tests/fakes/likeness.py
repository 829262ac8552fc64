"""Whether an answer has the shape of an example: keys in order, types, and every fixed value.

Ids, times and addresses are free within their form; whatever else the example says is a promise.
"""

import re

TASK_ID = re.compile(r"task_[0-9A-HJKMNP-TV-Z]{26}")
REQUEST_ID = re.compile(r"req_[0-9A-HJKMNP-TV-Z]{26}")
MILLISECONDS = re.compile(r"[0-9]{13}")

# The form of each free value. An id is a task of ours or an upstream's digits, as in the example.
FREE = {
    "id": re.compile(rf"[0-9]{{18,}}(?:-1)?|{TASK_ID.pattern}"),
    "task_id": re.compile(rf"[0-9]{{18,}}|{TASK_ID.pattern}"),
    "request_id": re.compile(
        rf"{REQUEST_ID.pattern}|[0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}"
    ),
    "url": re.compile(r"https?://[^/]+/.+"),
    "duration": re.compile(r"[0-9]+\.[0-9]{3}"),
    "next_cursor": re.compile(r"[A-Za-z0-9_-]+"),
    "timestamp": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z"),
} | dict.fromkeys(("create_time", "update_time", "created_at", "updated_at"), MILLISECONDS)


def unlike(example, got, at="", name=""):
    """Every way in which `got` is not like `example`; empty when it is."""
    if type(got) is not type(example):
        return [f"{at}: {type(got).__name__} instead of {type(example).__name__}"]
    if isinstance(example, dict):
        if list(got) != list(example):
            return [f"{at}: keys {list(got)} instead of {list(example)}"]
        return [
            flaw for key in example for flaw in unlike(example[key], got[key], f"{at}/{key}", key)
        ]
    if isinstance(example, list):
        if len(got) != len(example):
            return [f"{at}: {len(got)} items instead of {len(example)}"]
        pairs = enumerate(zip(example, got, strict=True))
        return [flaw for index, pair in pairs for flaw in unlike(*pair, f"{at}/{index}", name)]
    is_like = _has_its_form if name in FREE else _is_equal
    return [] if is_like(example, got, name) else [f"{at}: {got!r} instead of {example!r}"]


def _has_its_form(example, got, name):
    # Both: a form that did not fit the example itself would promise nothing.
    return FREE[name].fullmatch(str(got)) and FREE[name].fullmatch(str(example))


def _is_equal(example, got, name):
    if isinstance(example, str):
        return TASK_ID.sub("TASK", example) == TASK_ID.sub("TASK", got)
    return got == example
