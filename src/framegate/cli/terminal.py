"""How commands speak: sentences for people, JSON for programs, one exit status a kind of trouble.

Every command ends here when something is wrong, so that nobody ever sees a traceback for a
mistake of their own.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import typer
from rich.console import Console
from rich.text import Text

from framegate.client import ServerRefused, ServerUnreachable, TaskFailed, VideoNotSaved
from framegate.errors import FramegateError, Refusal, SettingsInvalid

EXIT_FAILED = 1  # The task failed, or the audit found something.
EXIT_USAGE = 2  # The command line or a setting is wrong (typer's own number).
EXIT_REFUSED = 3  # The server refused the request.
EXIT_UNREACHABLE = 4  # No server answered.

# What helps whoever runs the command; every other refusal says it in its own sentence.
NEXT = {
    401: "give a good key with --key or FRAMEGATE_KEY; `framegate keys create` makes one",
    402: "add credit with: framegate topup NAME AMOUNT",
}

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
        return "yes" if value else "no"
    return printable(str(value))


def cell(text: str) -> Text:
    """Somebody else's words in a table, which would take brackets for a style."""
    return Text(printable(text))


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
        fail(str(error), EXIT_USAGE)
    except ServerRefused as error:
        lines = [str(error), *(f"  {each['path']}: {each['message']}" for each in error.errors[1:])]
        lines += [f"  {NEXT[error.http_status]}"] if error.http_status in NEXT else []
        fail("\n".join([*lines, f"  request {error.request_id}"]), EXIT_REFUSED)
    except ServerUnreachable as error:
        fail(str(error), EXIT_UNREACHABLE)
    except VideoNotSaved as error:
        fail(str(error), EXIT_FAILED)
    except TaskFailed as error:
        fail(f"{error}; nothing was charged", EXIT_FAILED)
    except Refusal as error:
        fail(error.message, EXIT_REFUSED)
    except (FramegateError, TimeoutError, OSError) as error:
        fail(str(error) or type(error).__name__, EXIT_FAILED)
    except KeyboardInterrupt:
        fail("stopped", 130)
