"""What one task's object may look like in an answer, and how a task may end.

A quirk is done to the object of 5.4 and passes; a fate belongs to the task. `task` shows objects,
`queries` does the quirks; neither knows why one was chosen.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Shown = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Quirk:
    """One way to spoil an object; `done` answers None when the task is left out altogether."""

    name: str
    done: Callable[[Shown], Shown | None]

    def __str__(self) -> str:
        """The name, for a test's id."""
        return self.name


@dataclass(frozen=True, kw_only=True)
class Fate:
    """How a task ends.

    words       the terminal status, or several that it says in turns when it changes its mind;
                none: it never ends
    message     the reason of a failure (5.4)
    has_output  whether a success comes with a video
    """

    name: str
    words: tuple[str, ...] = ("succeeded",)
    message: str = ""
    has_output: bool = True

    def __str__(self) -> str:
        """The name, for a test's id."""
        return self.name


def _with(**values: Any) -> Callable[[Shown], Shown]:
    return lambda shown: shown | values


def _bare(shown: Shown) -> Shown:
    """All that is never missing (5.4)."""
    return {key: shown[key] for key in ("id", "status") if key in shown}


def _trapped(shown: Shown) -> Shown:
    """Strings where numbers are, and numbers where strings are."""
    outputs = [
        output | {"duration": float(output["duration"])} for output in shown.get("outputs", [])
    ]
    times = {key: str(shown[key]) for key in ("create_time", "update_time") if key in shown}
    return shown | times | ({"outputs": outputs} if outputs else {})


def _old_word(shown: Shown) -> Shown:
    words: Mapping[str, str] = {"succeeded": "succeed", "submitted": "queued"}
    return shown | {"status": words.get(shown["status"], shown["status"])}


ABSENT = Quirk(name="absent", done=lambda _: None)
UNKNOWN_WORD = Quirk(name="unknown-word", done=_with(status="paused"))
NO_STATUS = Quirk(
    name="no-status", done=lambda shown: {k: v for k, v in shown.items() if k != "status"}
)
MISSING_KEYS = Quirk(name="missing-keys", done=_bare)
NUMBER_TRAPS = Quirk(name="number-traps", done=_trapped)
NULLS = Quirk(name="nulls", done=_with(message=None, outputs=None, billing=None))
OLD_WORDS = Quirk(name="old-words", done=_old_word)
BACKWARDS = Quirk(name="backwards", done=lambda shown: _bare(shown) | {"status": "submitted"})

QUIRKS = (
    *(ABSENT, UNKNOWN_WORD, NO_STATUS, MISSING_KEYS, NUMBER_TRAPS, NULLS, OLD_WORDS, BACKWARDS),
)

# The three reasons that are known (5.7).
RISK = "Failure to pass the risk control system"
PIXELS = "Image pixel is invalid"
RATIO = (
    "The resolution or aspect ratio of the input image is invalid. "
    "Please ensure it meets the required specifications."
)

SUCCEEDS = Fate(name="succeeds")
FAILS = Fate(name="fails", words=("failed",), message=RISK)
FAILS_PIXELS = Fate(name="fails-pixels", words=("failed",), message=PIXELS)
FAILS_RATIO = Fate(name="fails-ratio", words=("failed",), message=RATIO)
NEVER_ENDS = Fate(name="never-ends", words=())
FLIPS_TO_FAILED = Fate(name="flips-to-failed", words=("succeeded", "failed"), message=RISK)
FLIPS_TO_SUCCEEDED = Fate(name="flips-to-succeeded", words=("failed", "succeeded"), message=RISK)
NO_OUTPUT = Fate(name="no-output", has_output=False)

FATES = (
    *(SUCCEEDS, FAILS, FAILS_PIXELS, FAILS_RATIO, NEVER_ENDS),
    *(FLIPS_TO_FAILED, FLIPS_TO_SUCCEEDED, NO_OUTPUT),
)
