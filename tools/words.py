"""Bring the console's translations up to what its pages say: `python tools/words.py [--check]`.

Each template and module with texts has a file of its own in `words/LANGUAGE/`, so that two people
who work on two pages touch two files. New texts are added without a translation, gone ones are
dropped; what was translated stays. With --check nothing is written, and the exit status says
whether every text has its translation.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

CONSOLE = Path(__file__).resolve().parents[1] / "src" / "framegate" / "web" / "console"
WORDS = CONSOLE / "words"
OPTIONS = {"trimmed": "true", "silent": "false"}
WIDTH = 100


def main(arguments: list[str]) -> int:
    """Update or check every language; answers the exit status."""
    missing = []
    for folder in sorted(path for path in WORDS.iterdir() if path.is_dir()):
        if "--check" not in arguments:
            _update(folder)
        missing += untranslated(folder)
    for text in missing:
        print(text, file=sys.stderr)
    return 1 if missing and "--check" in arguments else 0


def sources() -> Iterator[tuple[str, Catalog]]:
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


def untranslated(folder: Path) -> list[str]:
    """`zh/layout.po: 'Main'` for each text that a language lacks."""
    missing = []
    for name, said in sources():
        path = folder / f"{name}.po"
        known = _read(path) if path.is_file() else Catalog()
        for message in said:
            entry = known.get(message.id) if message.id else None
            texts = entry.string if entry else ""
            if message.id and not (all(texts) if isinstance(texts, tuple) else texts):
                missing.append(f"{folder.name}/{path.name}: {message.id!r}")
    return missing


def _update(folder: Path) -> None:
    names = set()
    for name, said in sources():
        path = folder / f"{name}.po"
        names.add(path.name)
        catalog = _read(path) if path.is_file() else Catalog(locale=folder.name, charset="utf-8")
        catalog.update(said, no_fuzzy_matching=True)
        catalog.obsolete.clear()
        with path.open("wb") as file:
            write_po(file, catalog, width=WIDTH, omit_header=True, sort_output=True)
    for path in folder.glob("*.po"):
        if path.name not in names:
            path.unlink()


def _read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.parent.name, charset="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
