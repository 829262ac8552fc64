"""What a setting takes and what it got, in words: the sentences that `settings` refuses with.

It knows types and values, and no setting by its name.
"""

import json
from typing import Any

import msgspec
from msgspec import inspect

VALUE_CHARACTERS_MAX = 40

# The patterns of settings.py: a regular expression is no sentence.
AMOUNT_PATTERN = r"^[0-9]{1,9}(\.[0-9]{1,6})?$"
FACTOR_PATTERN = r"^[0-9]{1,3}(\.[0-9]{1,3})?$"
CURRENCY_PATTERN = r"^[A-Z]{3}$"
PATTERNS = {
    AMOUNT_PATTERN: 'a string such as "0.112", with at most 6 decimals',
    FACTOR_PATTERN: 'a string such as "1.5", below 1000 and with at most 3 decimals',
    CURRENCY_PATTERN: 'three capitals such as "USD"',
}


def flaw(value: Any, kind: Any, *, is_secret: bool = False) -> str:
    """`must be ...; got ...`, or "" for a value that the type takes.

    kind       the annotation, bounds and pattern included
    is_secret  the value is not repeated
    """
    try:
        msgspec.convert(value, kind, strict=True)
    except msgspec.ValidationError:
        got = "something else" if is_secret else _got(value)
        return f"must be {takes(kind)}; got {got}"
    return ""


def takes(kind: Any) -> str:
    """What a type takes: `a whole number from 0 to 65535`."""
    return _told(inspect.type_info(kind))


def _told(kind: inspect.Type) -> str:
    match kind:
        case inspect.IntType():
            return f"a whole number from {kind.ge} to {kind.le}"
        case inspect.BoolType():
            return "true or false"
        case inspect.LiteralType():
            return "one of " + ", ".join(json.dumps(value) for value in kind.values)
        case inspect.DictType():
            return f"a table; each value is {_told(kind.value_type)}"
        case inspect.VarTupleType():
            return "a list of strings"
        case inspect.StrType():
            return PATTERNS[kind.pattern] if kind.pattern else "a string"
    raise TypeError(f"no words for {kind}")


def _got(value: Any) -> str:
    try:
        text = json.dumps(value, ensure_ascii=False)
    except TypeError:
        return "a date or a time"  # TOML has them and no setting does.
    return text if len(text) <= VALUE_CHARACTERS_MAX else text[:VALUE_CHARACTERS_MAX] + "…"
