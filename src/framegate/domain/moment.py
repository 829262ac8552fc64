"""A moment as a person or a program writes it: an age, a date, or Unix milliseconds.

Options and query parameters are read with it, so that a command and its HTTP twin take the same.
"""

import re
from datetime import UTC, datetime, timedelta

UNITS = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}
ECHO_CHARACTERS_MAX = 40
# A number that is shorter could be seconds, or a year: nobody is left to guess.
_UNIX_MS = re.compile(r"[0-9]{12,13}")
_AGE = re.compile(r"([0-9]{1,6})([smhd])")


def moment_ms(text: str, *, now_ms: int, name: str) -> int:
    """Read one moment as Unix milliseconds.

    text     an age such as 2h (s, m, h, d), an ISO 8601 date or time (UTC unless it says
             otherwise), or Unix milliseconds of 12 or 13 digits
    name     what it is called where it was written, for the sentence
    raises   ValueError with a sentence
    """
    if _UNIX_MS.fullmatch(text):
        return int(text)
    if age := _AGE.fullmatch(text):
        return now_ms - int(age[1]) * UNITS[age[2]] // timedelta(milliseconds=1)
    try:
        written = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(
            f"{name} must be an age such as 2h or 3d, a time such as 2026-01-31T12:00, "
            f"or Unix milliseconds; got {text[:ECHO_CHARACTERS_MAX]!r}"
        ) from None
    aware = written if written.tzinfo else written.replace(tzinfo=UTC)
    return (aware - datetime.fromtimestamp(0, UTC)) // timedelta(milliseconds=1)
