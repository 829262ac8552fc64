"""How commands speak: sentences for people, JSON for programs, one exit status a kind of trouble.

Every command ends here when something is wrong, so that nobody ever sees a traceback for a
mistake of their own.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn

import typer
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from framegate.cli.language import _
from framegate.cli.sentences import in_commands, spoken
from framegate.client.errors import (
    ClientError,
    CreditShort,
    KeyRefused,
    LimitReached,
    OutcomeUnknown,
    PictureUnreadable,
    RightRefused,
    ServerBusy,
    ServerRefused,
    ServerUnreachable,
    SetupInvalid,
    StillRunning,
)
from framegate.errors import FramegateError, Refusal, SettingsInvalid

EXIT_FAILED = 1  # The task failed, or the audit found something.
EXIT_USAGE = 2  # The command line or a setting is wrong (typer's own number).
EXIT_REFUSED = 3  # The server refused the request, or there is no such thing.
EXIT_UNREACHABLE = 4  # No server answered.
EXIT_KEY = 5  # The key is missing, unknown, expired, or not good for this.
EXIT_CREDIT = 6  # The account has less credit than the task costs.
EXIT_BUSY = 7  # Later it may work: a limit, a full queue, no upstream.
EXIT_RUNNING = 8  # The task goes on: the wait is over, or nobody knows what became of it yet.
EXIT_STOPPED = 130  # Ctrl-C.

# The first class that fits decides.
_STATUSES: tuple[tuple[type[ClientError], int], ...] = (
    (SetupInvalid, EXIT_USAGE),
    (PictureUnreadable, EXIT_USAGE),
    (ServerUnreachable, EXIT_UNREACHABLE),
    (KeyRefused, EXIT_KEY),
    (RightRefused, EXIT_KEY),
    (CreditShort, EXIT_CREDIT),
    (LimitReached, EXIT_BUSY),
    (ServerBusy, EXIT_BUSY),
    (OutcomeUnknown, EXIT_RUNNING),
    (StillRunning, EXIT_RUNNING),
    (ServerRefused, EXIT_REFUSED),
)

# Names, paths and addresses are said as they are: "[b]" is no markup and ":100:" no emoji.
out = Console(markup=False, emoji=False, highlight=False)
err = Console(stderr=True, markup=False, emoji=False, highlight=False)


def say(text: str) -> None:
    """A line for a person, on standard output."""
    out.print(text, soft_wrap=True)


def printable(text: str) -> str:
    """Somebody else's words, for a terminal: what would move a cursor is shown as its escape."""
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in text
    )


def word(value: str | int) -> str:
    """A value of a list of facts: a truth is yes or no."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return printable(str(value))


def cell(text: str) -> Text:
    """Somebody else's words in a table, which would take brackets for a style."""
    return Text(printable(text))


def padded(text: str, cells: int) -> str:
    """Words that fill a column of a terminal, where a Chinese character takes two cells."""
    return text + " " * (cells - cell_len(text))


def say_facts(facts: Mapping[str, str]) -> None:
    """A line a fact: what it is, in a column of its own, and its value."""
    cells = max(map(cell_len, facts))
    for name, value in facts.items():
        say(f"{padded(name, cells)}  {value}")


def say_json(value: Any) -> None:
    """One JSON document on one line, for a program."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")


def fail(text: str, status: int) -> NoReturn:
    """Say what went wrong and end with the status of its kind."""
    err.print(f"framegate: {text}", style="red", soft_wrap=True)
    raise typer.Exit(status)


@contextmanager
def troubles() -> Iterator[None]:
    """Turn every expected trouble into a sentence and an exit status."""
    try:
        yield
    except SettingsInvalid as error:
        fail(spoken(str(error)), EXIT_USAGE)
    except ClientError as error:
        fail(sentences(error), exit_status(error))
    except Refusal as error:
        fail(spoken(error.message), EXIT_REFUSED)
    except (FramegateError, TimeoutError, OSError) as error:
        fail(spoken(str(error)) or type(error).__name__, EXIT_FAILED)
    except KeyboardInterrupt:
        fail(_("stopped"), EXIT_STOPPED)


def exit_status(error: ClientError) -> int:
    """The status of an error's family; what is in none has failed."""
    return next((status for kind, status in _STATUSES if isinstance(error, kind)), EXIT_FAILED)


def sentences(error: ClientError) -> str:
    """What happened, every broken rule, what to do, and what the operator asks for."""
    lines = [spoken(error.message)]
    if isinstance(error, ServerRefused):
        lines += [f"{each.path}: {spoken(each.message)}" for each in error.errors[1:]]
    lines.append(_("next: {step}", step=spoken(in_commands(error.what_to_do))))
    if isinstance(error, ServerRefused):
        lines.append(_("request {id}", id=error.request_id))
    return "\n  ".join(printable(line) for line in lines)
