"""Commands that are loaded when they are called: `framegate generate` waits for no server part.

Loading everything takes more than a second, which is most of what a quick command would take.
`--help` of a group still loads all of it, to show each command's first line.
"""

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

PACKAGE = "framegate.cli"
Entry = str | typer.Typer
"""`module:function` below PACKAGE, or `module:group` where that is a Typer, or a Typer itself."""


def lazy(entries: Mapping[str, Entry]) -> type[TyperGroup]:
    """A group of these commands, in this order; nothing is imported yet."""

    class Lazy(TyperGroup):
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            self.commands = _Commands(entries)  # type: ignore[assignment]  # Never added to.

        def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - typer's own
            """Every name."""
            return list(entries)

        def shell_complete(self, ctx: Any, incomplete: str) -> Any:
            """Names alone: whoever presses Tab does not wait for the commands themselves."""
            loaded, self.commands = self.commands, {name: TyperCommand(name) for name in entries}
            try:
                return super().shell_complete(ctx, incomplete)
            finally:
                self.commands = loaded

    return Lazy


class _Commands(Mapping[str, Any]):
    """Names, and the command of one that is asked for."""

    def __init__(self, entries: Mapping[str, Entry]) -> None:
        self._entries = entries

    def __getitem__(self, name: str) -> Any:
        """Load one."""
        found: Any = self._entries[name]
        if isinstance(found, str):
            module, _, attribute = found.partition(":")
            found = getattr(import_module(f"{PACKAGE}.{module}"), attribute)
        alone = typer.Typer()
        if isinstance(found, typer.Typer):
            alone.add_typer(found, name=name)
        else:
            alone.command(name)(found)
        return typer.main.get_group(alone).commands[name]

    def __iter__(self) -> Iterator[str]:
        """The names."""
        return iter(self._entries)

    def __len__(self) -> int:
        """How many."""
        return len(self._entries)
