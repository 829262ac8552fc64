"""The parameters of a question, read and judged: every complaint at once, as for a body.

A desk reads what it knows and calls `raise_any` before it looks anything up. A name that it does
not know is refused: a filter that was misspelt would otherwise be none at all.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

from framegate.domain.strict_json import got
from framegate.errors import FieldError, FieldsInvalid

Query = Mapping[str, Sequence[str]]
"""Names and all their values, as a URL or a form has them."""

WORD_CHARACTERS_MAX = 200
WORDS_MAX = 20
COMPLAINTS_MAX = 20
# Unix milliseconds of the year 10889: beyond any task, and far within 64 bits.
TIME_MS_MAX = 281_474_976_710_655

_NUMBER = re.compile(r"[0-9]{1,15}", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


class Asked:
    """One question. Every reader answers its default where the value is absent or empty."""

    def __init__(self, query: Query, *, known: Collection[str]) -> None:
        self._query = query
        self._complaints: list[str] = []
        for name in query:
            if name not in known:
                takes = ", ".join(sorted(known)) or "no parameter"
                self.complain(f"{got(name)[:80]} is not known here; this takes {takes}")

    def complain(self, sentence: str) -> None:
        """Keep a complaint for `raise_any`."""
        if len(self._complaints) < COMPLAINTS_MAX:
            self._complaints.append(sentence)

    def raise_any(self) -> None:
        """Raise FieldsInvalid with every complaint, if there is one."""
        if self._complaints:
            # There is no body that a pointer could point into.
            raise FieldsInvalid(tuple(FieldError("", each) for each in self._complaints))

    def word(self, name: str) -> str:
        """One value of at most WORD_CHARACTERS_MAX characters."""
        values = [value for value in self._query.get(name, ()) if value]
        if len(values) > 1:
            self.complain(f"{name} takes one value; got {len(values)}")
        value = values[0] if values else ""
        if len(value) > WORD_CHARACTERS_MAX:
            self.complain(
                f"{name} must be at most {WORD_CHARACTERS_MAX} characters; got {len(value)}"
            )
            return ""
        return value

    def words(self, name: str, known: Collection[str]) -> list[str]:
        """Several values, given by comma or one by one, each of `known`."""
        values = [each for each in ",".join(self._query.get(name, ())).split(",") if each]
        if len(values) > WORDS_MAX:
            self.complain(f"{name} takes at most {WORDS_MAX} values; got {len(values)}")
            return []
        for value in values:
            if value not in known:
                self.complain(f"{name} must be one of {', '.join(known)}; got {got(value)}")
        return [value for value in values if value in known]

    def choice(self, name: str, known: Sequence[str], default: str) -> str:
        """One value of `known`."""
        value = self.word(name) or default
        if value not in known:
            self.complain(f"{name} must be one of {', '.join(known)}; got {got(value)}")
            return default
        return value

    def number(self, name: str, *, default: int, number_max: int) -> int:
        """A whole number from 1 to `number_max`."""
        value = self.word(name)
        if not value:
            return default
        number = int(value) if _NUMBER.fullmatch(value) else 0
        if not 1 <= number <= number_max:
            self.complain(f"{name} must be an integer from 1 to {number_max}; got {got(value)}")
            return default
        return number

    def moment_ms(self, name: str, *, default: int, is_end: bool = False) -> int:
        """A time: Unix milliseconds, or a UTC day (its first moment, or its last: `is_end`)."""
        value = self.word(name)
        if not value:
            return default
        if _NUMBER.fullmatch(value) and int(value) <= TIME_MS_MAX:
            return int(value)
        day = _day(value)
        if day is None:
            self.complain(f"{name} must be Unix milliseconds or YYYY-MM-DD; got {got(value)}")
            return default
        first = datetime(day.year, day.month, day.day, tzinfo=UTC)
        moment = first + timedelta(days=1) if is_end else first
        return int(moment.timestamp()) * 1_000 - (1 if is_end else 0)

    def day(self, name: str, *, default: date) -> date:
        """A UTC day, `YYYY-MM-DD`."""
        value = self.word(name)
        if not value:
            return default
        day = _day(value)
        if day is None:
            self.complain(f"{name} must be a day, YYYY-MM-DD; got {got(value)}")
            return default
        return day


def _day(value: str) -> date | None:
    if not _DAY.fullmatch(value):
        return None
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return None
    # The last day of the calendar has no day after it.
    return day if day < date.max else None
