"""Commands that are loaded when they are called: `framegate generate` waits for no server part.

Loading everything takes more than a second, which is most of what a quick command would take.
`--help` of a group still loads all of it, to show each command's first line.
"""

from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand

from framegate.cli.help_pages import Command, Group, translate

PACKAGE = "framegate.cli"
Entry = str | typer.Typer
"""`module:function` below PACKAGE, or `module:group` where that is a Typer, or a Typer itself."""


def lazy(
    entries: Mapping[str, Entry], *, panels: Mapping[str, Sequence[str]] | None = None
) -> type[Group]:
    """A group of these commands, in this order; nothing is imported yet.

    panels   titles, marked for the translators, with the commands that a page of help shows below
    """

    class Lazy(Group):
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            translate(self)
            self.commands = _Commands(entries, panels or {})  # type: ignore[assignment]  # Never added to.

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

    def __init__(self, entries: Mapping[str, Entry], panels: Mapping[str, Sequence[str]]) -> None:
        self._entries = entries
        self._titles = {name: title for title, names in panels.items() for name in names}

    def __getitem__(self, name: str) -> Any:
        """Load one."""
        found: Any = self._entries[name]
        if isinstance(found, str):
            module, _, attribute = found.partition(":")
            found = getattr(import_module(f"{PACKAGE}.{module}"), attribute)
        alone = typer.Typer()
        if isinstance(found, typer.Typer):
            for each in found.registered_commands:
                each.cls = Command
            kind = found.info.cls if isinstance(found.info.cls, type) else Group
            alone.add_typer(found, name=name, cls=kind)
        else:
            alone.command(name, cls=Command)(found)
        command: Any = typer.main.get_group(alone).commands[name]
        if name in self._titles:
            command.rich_help_panel = self._titles[name]
        translate(command)
        return command

    def __iter__(self) -> Iterator[str]:
        """The names."""
        return iter(self._entries)

    def __len__(self) -> int:
        """How many."""
        return len(self._entries)
