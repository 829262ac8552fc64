"""Rows of any table, written straight: the store's own way would take minutes for a million."""

import sqlite3
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Rows:
    """Rows that wait to be written together, by the statement that writes them."""

    _waiting: defaultdict[str, list[tuple[Any, ...]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def add(self, table: str, **values: Any) -> None:
        names, marks = ", ".join(values), ", ".join("?" * len(values))
        statement = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608 - our own names
        self._waiting[statement].append(tuple(values.values()))

    def write(self, other: sqlite3.Connection) -> None:
        for statement, rows in self._waiting.items():
            other.executemany(statement, rows)
        self._waiting.clear()
