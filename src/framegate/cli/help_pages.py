"""Help pages and usage errors in the reader's language; `lazy` gives them to every command.

typer writes them, partly from our texts (the commands' docstrings, `help=`, `show_default=`), which
stand in English where they belong to, and partly from its own. Both are translated when a command
is loaded: nothing in a command's module has to be marked for it.
"""

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from framegate.cli.language import _, marked
from framegate.cli.sentences import spoken

COMMAND_TEXTS = (
    "help",
    "short_help",
    "epilog",
    "options_metavar",
    "subcommand_metavar",
    "rich_help_panel",
)
OPTION_TEXTS = ("help", "show_default")

USAGE = marked("Usage: ")
METAVARS = (marked("[OPTIONS]"), marked("COMMAND [ARGS]..."))
HELP_OPTION = marked("Show this message and exit.")
"""What typer adds to every command by itself."""

TITLES = {
    "ARGUMENTS_PANEL_TITLE": marked("Arguments"),
    "OPTIONS_PANEL_TITLE": marked("Options"),
    "COMMANDS_PANEL_TITLE": marked("Commands"),
    "ERRORS_PANEL_TITLE": marked("Error"),
    "DEFAULT_STRING": marked("[default: {}]"),
    "ENVVAR_STRING": marked("[env var: {}]"),
    "REQUIRED_LONG_STRING": marked("[required]"),
    "ABORTED_TEXT": marked("Aborted."),
    "RICH_HELP": marked("Try [blue]'{command_path} {help_option}'[/] for help."),
}
"""The constants of `typer.rich_utils`, which is there to have them set, and their texts."""


def texts_of(command: Any) -> Iterator[tuple[Any, str, str]]:
    """Every text of a command's own help: what has it, under which attribute, and the text."""
    yield from _texts(command, COMMAND_TEXTS)
    for option in command.params:
        yield from _texts(option, OPTION_TEXTS)


def _texts(holder: Any, names: tuple[str, ...]) -> Iterator[tuple[Any, str, str]]:
    for name in names:
        text = getattr(holder, name, None)
        # `show_default=True` is no text, nor is a number.
        if isinstance(text, str) and any(map(str.isalpha, text)):
            yield holder, name, inspect.cleandoc(text)


def translate(command: Any) -> None:
    """Say what a loaded command, and the commands in it, are for; options follow when asked for."""
    for holder, name, text in list(_texts(command, COMMAND_TEXTS)):
        setattr(holder, name, _(text))
    # A lazy group's commands are translated when they are loaded, one by one.
    if isinstance(getattr(command, "commands", None), dict):
        for each in command.commands.values():
            translate(each)


class _Speaking:
    """What typer itself says on a page of help or of an error."""

    def get_params(self, ctx: Any) -> list[Any]:
        """The arguments and options, those of typer's own among them."""
        params: list[Any] = super().get_params(ctx)  # type: ignore[misc]
        for each in params:
            for holder, name, text in list(_texts(each, OPTION_TEXTS)):
                setattr(holder, name, _(text))
            # As messages and documents call it; typer would show its name in the code.
            if each.param_type_name == "argument" and each.metavar is None:
                each.metavar = each.name.upper()
        return params

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        """The line above it all; typer would put a required argument into braces."""
        pieces = (piece.strip("{}") for piece in self.collect_usage_pieces(ctx))  # type: ignore[attr-defined]
        formatter.write_usage(ctx.command_path, " ".join(pieces), prefix=_(USAGE))

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """The whole page."""
        _set_titles()
        super().format_help(ctx, formatter)  # type: ignore[misc]

    def make_context(self, *arguments: Any, **options: Any) -> Any:
        """Read the command line."""
        with _usage_errors():
            return super().make_context(*arguments, **options)  # type: ignore[misc]

    def invoke(self, ctx: Any) -> Any:
        """Find the command and run it."""
        with _usage_errors():
            return super().invoke(ctx)  # type: ignore[misc]


class Command(_Speaking, TyperCommand):
    """A command whose help and errors are in the reader's language."""


class Group(_Speaking, TyperGroup):
    """A group whose help and errors are in the reader's language."""


class _Said(typer.BadParameter):
    """A usage error with its whole sentence, to which typer adds nothing."""

    def format_message(self) -> str:
        """The sentence."""
        return self.message


@contextmanager
def _usage_errors() -> Iterator[None]:
    try:
        yield
    except typer.TyperException as error:
        # A group without a command is no error: its message is the page of help.
        if isinstance(error, _Said) or type(error).__name__ == "NoArgsIsHelpError":
            raise
        _set_titles()
        # "Value error" is pydantic's word for a value that is refused by a rule of typer's.
        sentence = error.format_message().replace(": Value error, ", ": ")
        said = _Said(spoken(sentence), ctx=getattr(error, "ctx", None))
        said.exit_code = error.exit_code
        raise said from error


def _set_titles() -> None:
    # typer too loads its writer of pages, and rich, as soon as there is a page: not before.
    from typer import rich_utils  # noqa: PLC0415

    from framegate.cli.lines import Highlighter  # noqa: PLC0415

    for name, text in TITLES.items():
        setattr(rich_utils, name, _(text))
    if not isinstance(rich_utils.highlighter, Highlighter):
        rich_utils.highlighter = Highlighter(rich_utils.highlighter)  # type: ignore[assignment]
