"""Which of an upstream's own tasks an operator wants to see, read from words.

A command's options and a query's parameters become the same Window, and are refused in the same
sentences.
"""

from framegate.domain.moment import moment_ms
from framegate.domain.upstream import RenderStatus, Window

SINCE_USUALLY_MS = 86_400_000  # A day.
ROWS_USUALLY = 100
ROWS_MAX = 2_000
ECHO_CHARACTERS_MAX = 40


def window(*, since: str, until: str, status: str, limit: str, now_ms: int) -> Window:
    """Read what an operator asks for; "" is absent: the last day, any status, 100 tasks.

    raises   ValueError with a sentence that begins with the name of what is wrong
    """
    until_ms = moment_ms(until, now_ms=now_ms, name="until") if until else now_ms
    since_ms = (
        moment_ms(since, now_ms=now_ms, name="since") if since else until_ms - SINCE_USUALLY_MS
    )
    if since_ms >= until_ms:
        raise ValueError(f"since must be before until; got {since_ms} and {until_ms}")
    return Window(
        since_ms=since_ms, until_ms=until_ms, status=_status(status), rows_max=_rows(limit)
    )


def _status(text: str) -> RenderStatus | None:
    if not text:
        return None
    if text not in {status.value for status in RenderStatus}:
        words = ", ".join(RenderStatus)
        raise ValueError(f"status must be one of {words}; got {text[:ECHO_CHARACTERS_MAX]!r}")
    return RenderStatus(text)


def _rows(text: str) -> int:
    if not text:
        return ROWS_USUALLY
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(ROWS_MAX))
    if not is_number or not 1 <= int(text) <= ROWS_MAX:
        got = text[:ECHO_CHARACTERS_MAX]
        raise ValueError(f"limit must be a whole number from 1 to {ROWS_MAX}; got {got!r}")
    return int(text)
