"""Prefixed identifiers: `task_01KWKFN9WNBGF99M3TP8W6Y7J4`.

The part behind the prefix is a ULID: 26 characters, sorted by the millisecond of its making, with
80 random bits. Every floor may make one; nothing may read a meaning out of one.
"""

from typing import Literal

from ulid import ULID

Prefix = Literal["acc", "key", "task", "img", "vid", "hook", "msg", "req", "trf"]

PREFIXES: dict[Prefix, str] = {
    "acc": "an account",
    "key": "the record of an API key (never the key itself)",
    "task": "a task",
    "img": "an uploaded picture",
    "vid": "a stored video",
    "hook": "a webhook endpoint of an account",
    "msg": "one delivery, the webhook-id of all its attempts",
    "req": "one HTTP request to us",
    "trf": "one ledger transfer",
}


def new(prefix: Prefix) -> str:
    """Return a fresh identifier, unique without asking anybody."""
    return f"{prefix}_{ULID()}"


def number_of(identifier: str) -> int:
    """The 128 bits behind the prefix, as another system's id of that size; 0 if it is not ours."""
    try:
        return int(ULID.from_str(identifier.partition("_")[2]))
    except ValueError:
        return 0
