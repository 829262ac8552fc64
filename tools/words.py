"""Bring translations up to what the console and the command line say: `tools/words.py [--check]`.

Each template and module with texts has a file of its own in `words/LANGUAGE/`, so that two people
who work on two pages touch two files. New texts are added without a translation, gone ones are
dropped; what was translated stays. With --check nothing is written, and the exit status says
whether every text has its translation, with the values of the text in it, and the same one in
every file.
"""

import ast
import inspect
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

from framegate.cli.help_pages import texts_of
from framegate.cli.main import framegate as command_line

SOURCE = Path(__file__).resolve().parents[1] / "src" / "framegate"
CONSOLE, CLI = SOURCE / "web" / "console", SOURCE / "cli"
OPTIONS = {"trimmed": "true", "silent": "false"}
MARKS = {"_", "marked", "Sentence"}
"""What marks a text of the command line; `framegate.cli.language` has all three."""

VALUES = re.compile(r"%\(\w+\)\w|\{[^{}]*\}")
WIDTH = 100

Said = tuple[str, Catalog]
"""The name of a file of translations, and the texts that belong into it."""


@dataclass(frozen=True)
class Book:
    """One part of framegate that speaks: its folder of languages, and whatever it says."""

    words: Path
    sources: Callable[[], Iterator[Said]]

    def languages(self) -> list[Path]:
        """The folder of each language."""
        return sorted(path for path in self.words.iterdir() if path.is_dir())


def main(arguments: list[str]) -> int:
    """Update or check every language; answers the exit status."""
    complaints = []
    for book in BOOKS:
        said = list(book.sources())
        for folder in book.languages():
            if "--check" not in arguments:
                _update(folder, said)
            complaints += untranslated(folder, said) + misfits(folder) + disagreements(folder)
    for text in complaints:
        print(text, file=sys.stderr)
    return 1 if complaints and "--check" in arguments else 0


def console_sources() -> Iterator[Said]:
    """Every name of a template or module that says something, with the texts of both."""
    found = [(path, "jinja2.ext:babel_extract") for path in (CONSOLE / "templates").rglob("*.html")]
    found += [(path, "python") for path in CONSOLE.glob("*.py")]
    # A page and the module that shows it have one name, and one file.
    catalogs: dict[str, Catalog] = {}
    for path, method in sorted(found):
        catalog = catalogs.setdefault(path.stem, Catalog(charset="utf-8"))
        for _, text, comments, context in extract_from_file(method, path, options=OPTIONS):
            catalog.add(text, auto_comments=comments, context=context)
    yield from ((name, catalog) for name, catalog in sorted(catalogs.items()) if len(catalog))


def cli_sources() -> Iterator[Said]:
    """Every module of the command line that says something: by marked texts, or as a help."""
    trees = {path.stem: ast.parse(path.read_text("utf-8")) for path in sorted(CLI.glob("*.py"))}
    catalogs = {name: Catalog(charset="utf-8") for name in trees}
    for name, tree in trees.items():
        for text in _marked(tree):
            catalogs[name].add(text)
    written = {name: _constants(tree) for name, tree in trees.items()}
    for command in commands():
        for _, _, text in texts_of(command):
            # A text belongs where it is written; what is put together, to its command.
            homes = [name for name, texts in written.items() if text in texts]
            catalogs[homes[0] if homes else _module(command)].add(text)
    yield from ((name, catalog) for name, catalog in catalogs.items() if len(catalog))


def commands() -> Iterator[Any]:
    """The command line itself, and every command and group in it, in English."""

    def walk(command: Any) -> Iterator[Any]:
        yield command
        for each in getattr(command, "commands", {}).values():
            yield from walk(each)

    with _english():
        yield from walk(typer.main.get_command(command_line))


@contextmanager
def _english() -> Iterator[None]:
    before = os.environ.get("LC_ALL")
    os.environ["LC_ALL"] = "C"
    try:
        yield
    finally:
        del os.environ["LC_ALL"]
        os.environ |= {} if before is None else {"LC_ALL": before}


def untranslated(folder: Path, said: list[Said]) -> list[str]:
    """`zh/layout.po: 'Main'` for each text that a language lacks."""
    missing = []
    for name, texts in said:
        path = folder / f"{name}.po"
        known = _read(path) if path.is_file() else Catalog()
        for message in texts:
            entry = known.get(message.id) if message.id else None
            found = entry.string if entry else ""
            if message.id and not (all(found) if isinstance(found, tuple) else found):
                missing.append(f"{folder.name}/{path.name}: {message.id!r}")
    return missing


def misfits(folder: Path) -> list[str]:
    """A complaint for each translation that has not the values of its text, no more and no less."""
    complaints = []
    for path in sorted(folder.glob("*.po")):
        for message in _read(path):
            english, texts = _forms(message.id), _forms(message.string)
            wanted = {frozenset(VALUES.findall(text)) for text in english}
            if any(text and frozenset(VALUES.findall(text)) not in wanted for text in texts):
                complaints.append(f"{folder.name}/{path.name}: {english[0]!r} has other values")
    return complaints


def disagreements(folder: Path) -> list[str]:
    """A complaint for each text that two files of a language translate in two ways.

    All files are read as one, so that only the last of the translations would be shown.
    """
    found: dict[str, dict[tuple[str, ...], str]] = {}
    for path in sorted(folder.glob("*.po")):
        for message in _read(path):
            english, texts = _forms(message.id)[0], _forms(message.string)
            if english and texts[0]:
                found.setdefault(english, {}).setdefault(texts, path.name)
    return [
        f"{folder.name}: {english!r} is "
        + " and ".join(f"{texts[0]!r} in {name}" for texts, name in ways.items())
        for english, ways in found.items()
        if len(ways) > 1
    ]


def _forms(text: Any) -> tuple[str, ...]:
    return tuple(text) if isinstance(text, list | tuple) else (text,)


def _marked(tree: ast.Module) -> Iterator[str]:
    """Texts that are given to one of MARKS, also within an f-string, where Babel does not look."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
            text = node.args[0]
            if node.func.id in MARKS and isinstance(text, ast.Constant):
                yield str(text.value)


def _constants(tree: ast.Module) -> set[str]:
    values = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return {inspect.cleandoc(value) for value in values if isinstance(value, str)}


def _module(command: Any) -> str:
    """The file of a command; what is no module of ours is typer's, and told with the help pages."""
    module = getattr(command.callback, "__module__", "")
    package, _, name = module.rpartition(".")
    return name if package == "framegate.cli" else "help_pages"


def _update(folder: Path, said: list[Said]) -> None:
    names = set()
    for name, texts in said:
        path = folder / f"{name}.po"
        names.add(path.name)
        catalog = _read(path) if path.is_file() else Catalog(locale=folder.name, charset="utf-8")
        catalog.update(texts, no_fuzzy_matching=True)
        catalog.obsolete.clear()
        with path.open("wb") as file:
            write_po(file, catalog, width=WIDTH, omit_header=True, sort_output=True)
    for path in folder.glob("*.po"):
        if path.name not in names:
            path.unlink()


def _read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.parent.name, charset="utf-8")


BOOKS = (Book(CONSOLE / "words", console_sources), Book(CLI / "words", cli_sources))

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
