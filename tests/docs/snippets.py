"""The pages' code as a reader meets it: a page's blocks, a block's commands, a shell for them."""

import os
import re
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

FENCE = re.compile(r"^ *(?P<marks>```+|~~~+)(\w*)\n(.*?)^ *(?P=marks)$", re.MULTILINE | re.DOTALL)
RUNNABLE = ("bash", "console", "python", "sh")
PROMPT = "$ "
ANYTHING = "..."
PATIENCE_S = 60
MARK = "\x1e"
ID = re.compile(r"(?<=_01)\w*\.\.\.")
MILLISECONDS = re.compile(r"\b\d{13}\b")


@dataclass(frozen=True)
class Block:
    """One fenced block: its language ("" for none), its text, the line where it begins."""

    language: str
    text: str
    line: int


@dataclass(frozen=True)
class Command:
    """What is typed behind the prompt, and what the page shows as its answer; "" shows nothing."""

    typed: str
    shown: str


@dataclass(frozen=True)
class Said:
    """How a command ended, and what it said where."""

    status: int
    out: str
    err: str

    def shows(self, shown: str) -> bool:
        """Whether a page that shows this is right, with or without the standard error."""
        return is_shown(shown, self.out) or is_shown(shown, self.err + self.out)


def every_block(page: Path) -> list[Block]:
    """All blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(found[2], found[3], text.count("\n", 0, found.start()) + 2)
        for found in FENCE.finditer(text)
    ]


def blocks(page: Path) -> list[Block]:
    """The blocks that can be run, in order."""
    return [block for block in every_block(page) if block.language in RUNNABLE]


def of_language(page: Path, language: str) -> list[Block]:
    """The blocks in one language, in order."""
    return [block for block in every_block(page) if block.language == language]


def commands(text: str) -> Iterator[Command]:
    """The commands of a console block; one goes on behind a backslash and in an open quote."""
    typed: list[str] = []
    shown: list[str] = []
    for line in text.splitlines():
        if line.startswith(PROMPT):
            if typed:
                yield Command("\n".join(typed), "\n".join(shown))
            typed, shown = [line.removeprefix(PROMPT)], []
        elif typed and not shown and _goes_on("\n".join(typed)):
            typed.append(line)
        else:
            assert typed, f"an answer before any command: {line}"
            shown.append(line)
    if typed:
        yield Command("\n".join(typed), "\n".join(shown))


def _goes_on(typed: str) -> bool:
    return typed.endswith("\\") or typed.count("'") % 2 == 1


def is_shown(shown: str, said: str) -> bool:
    """Whether the page shows what was said.

    `...` is anything, so is a time in milliseconds or the end of an id, and blanks are not counted.
    """
    open_ended = ID.sub(ANYTHING, MILLISECONDS.sub(ANYTHING, shown))
    parts = [re.escape("".join(part.split())) for part in open_ended.split(ANYTHING)]
    return re.fullmatch(".*".join(parts), "".join(said.split()), re.DOTALL) is not None


class Shell:
    """One bash, which keeps its variables from one command to the next."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            ["bash", "-o", "pipefail"],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self._errors = folder / ".stderr"

    def __enter__(self) -> Self:
        """It waits for commands already."""
        return self

    def __exit__(self, *_: object) -> None:
        """End it; a command that still runs is no longer waited for."""
        self._process.kill()
        self._process.communicate()

    def run(self, typed: str) -> Said:
        """Have one command done, and say how it ended."""
        script = f"{{ {typed}\n}} </dev/null 2>.stderr; printf '{MARK}%d{MARK}' $?\n"
        os.write(self._process.stdin.fileno(), script.encode())
        said, deadline = b"", time.monotonic() + PATIENCE_S
        while said.count(MARK.encode()) < 2:
            left_s = deadline - time.monotonic()
            ready, _, _ = select.select([self._process.stdout], [], [], max(left_s, 0))
            assert ready, f"{typed} has not ended after {PATIENCE_S} s; it said {said.decode()}"
            more = os.read(self._process.stdout.fileno(), 65_536)
            assert more, f"the shell ended at {typed}"
            said += more
        out, status, _ = said.decode().split(MARK)
        return Said(int(status), out, self._errors.read_text(encoding="utf-8"))


def environment(**own: str) -> dict[str, str]:
    """What a reader has: framegate and this Python on the PATH, and no setting but `own`."""
    kept = {name: text for name, text in os.environ.items() if "FRAMEGATE" not in name}
    binaries = str(Path(sys.executable).parent)
    return kept | {"PATH": f"{binaries}{os.pathsep}{kept['PATH']}", "COLUMNS": "200"} | own
