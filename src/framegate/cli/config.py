"""`framegate config show`: every setting in force, and where it came from; secrets are masked."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import typer

from framegate.cli.language import _, marked
from framegate.cli.options import ConfigOption, DataOption, JsonOption, settings
from framegate.cli.terminal import printable, say, say_json, troubles
from framegate.settings import NAMED_TABLES, SECRETS, Settings, origins

config = typer.Typer(no_args_is_help=True, help="The settings in force, and their origins.")

DEFAULT = marked("default")
MASK = "..."
_PASSWORD = re.compile(r"(://[^/@\s]*:)[^/@\s]*@")


@dataclass(frozen=True)
class Shown:
    """One setting as it may be shown."""

    name: str
    value: Any
    origin: str


@config.callback()
def group() -> None:
    """Keep `show` a command of its own: typer would fold a single one into `config`."""


@config.command("show")
def show(
    data: DataOption = None,
    file: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Show every setting: its value and its origin: default, file, environment."""
    with troubles():
        chosen = settings(data=data, config=file)
        found = origins(config=file, environment=os.environ)
        if data is not None:
            found["data.dir"] = "--data"
        rows = list(_shown(chosen, found))
        if json:
            say_json([vars(row) for row in rows])
            return
        width = max(len(row.name) for row in rows)
        for row in rows:
            origin = _(row.origin) if row.origin == DEFAULT else printable(row.origin)
            say(f"{row.name:<{width}}  {_written(row.value)}  ({origin})")


def _shown(chosen: Settings, found: dict[str, str]) -> Iterator[Shown]:
    for section in chosen.__struct_fields__:
        table = getattr(chosen, section)
        tables = {section: table}
        if section in NAMED_TABLES:
            tables = {f"{section}.{name}": entry for name, entry in table.items()}
        for place, entry in tables.items():
            for field in entry.__struct_fields__:
                name = f"{place}.{field}"
                yield _one(name, getattr(entry, field), found)


def _one(name: str, value: Any, found: dict[str, str]) -> Shown:
    field = name.rpartition(".")[2]
    origin = found.get(name, DEFAULT)
    if field in SECRETS and value:
        if f"{name}_file" in found:
            origin = f"{name}_file"
        return Shown(name, MASK, origin)
    if isinstance(value, str):
        value = _PASSWORD.sub(rf"\1{MASK}@", value)
    return Shown(name, list(value) if isinstance(value, tuple) else value, origin)


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()  # As the file has it.
    if isinstance(value, dict):
        return ", ".join(f"{name} = {each}" for name, each in value.items()) or _("none")
    if isinstance(value, list):
        return ", ".join(map(str, value)) or _("none")
    return printable(str(value)) or '""'
