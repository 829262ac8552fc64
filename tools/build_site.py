"""Build the documentation as a site that needs no network: `python tools/build_site.py FOLDER`.

`make docs` calls it. The site is a copy of the pages in the repository's own layout, so that one
link works on a forge and in the site; ProperDocs renders them and fails at a link or an anchor that
leads nowhere. Beside the HTML stand the pages' sources, `llms.txt` and `llms-full.txt`.
"""

import json
import logging
import re
import shutil
import sys
import tempfile
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath
from typing import Any

from properdocs.commands.build import build
from properdocs.config.base import load_config
from properdocs.exceptions import Abort
from properdocs.plugins import BasePlugin

import site_pages
from site_pages import CHINESE, ENGLISH, HOME

ROOT = Path(__file__).resolve().parent.parent
THEME = Path(__file__).resolve().parent / "site"
NAME = "framegate"

# A broken link is worth a failed build, whatever kind it is of.
CHECKS = {
    "nav": {"omitted_files": "warn", "not_found": "warn", "absolute_links": "warn"},
    "links": {
        "not_found": "warn",
        "anchors": "warn",
        "absolute_links": "warn",
        "unrecognized_links": "warn",
    },
}


def main(arguments: list[str]) -> int:
    """Build the site; answers the exit status."""
    if len(arguments) != 1:
        print("usage: python tools/build_site.py FOLDER", file=sys.stderr)
        return 2
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
    try:
        count = build_site(ROOT, Path(arguments[0]).resolve())
    except Abort as exc:
        print(f"the site was not built: {exc}", file=sys.stderr)
        return 1
    print(f"{arguments[0]}/index.html: {count} pages; open it in a browser, no server needed")
    return 0


def build_site(root: Path, to: Path) -> int:
    """Build the pages below `root` into the folder `to`, which is emptied; how many there are.

    raises   Abort when a link or an anchor leads nowhere
    """
    pages = site_pages.pages(root)
    with tempfile.TemporaryDirectory() as folder:
        staged = Path(folder)
        for path in (*pages, *site_pages.linked_files(root)):
            (staged / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / path, staged / path)
        _render(root, staged, to)
    for page in pages:
        (to / page).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / page, to / page)
    for name in ("site.css", "site.js"):
        shutil.copyfile(THEME / name, to / name)
    (to / "llms.txt").write_text(llms(root), encoding="utf-8")
    (to / "llms-full.txt").write_text(llms_full(root), encoding="utf-8")
    return len(pages)


def _render(root: Path, staged: Path, to: Path) -> None:
    with tempfile.NamedTemporaryFile("w+b", suffix=".yml") as config_file:
        config = load_config(
            config_file,
            config_file_path=str(staged.parent / "properdocs.yml"),
            site_name=NAME,
            docs_dir=str(staged),
            site_dir=str(to),
            use_directory_urls=False,  # So that a file manager can open every page.
            strict=True,
            theme={"name": None, "custom_dir": str(THEME), "static_templates": []},
            plugins=[],
            nav=[
                {heading: [str(page) for page in pages]}
                for language in (ENGLISH, CHINESE)
                for heading, pages in site_pages.in_order(root, language).items()
            ],
            markdown_extensions=[
                "tables",
                "fenced_code",
                "sane_lists",
                {"codehilite": {"guess_lang": False}},
                {"toc": {"slugify": slug, "permalink": "#", "permalink_title": "Link"}},
            ],
            validation=CHECKS,
        )
        config.plugins["search"] = Reading(root)
        build(config)


def slug(heading: str, separator: str) -> str:
    """What stands behind `#` in a link to a heading, by the rules of GitHub."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", separator)


# --- what llms.txt says -----------------------------------------------------------------------


def llms(root: Path) -> str:
    """One line a page, with its first words: what there is to read, for a program that reads."""
    lines = [f"# {NAME}", "", f"> {_summary(root, PurePosixPath(HOME[ENGLISH]))}"]
    for language in (ENGLISH, CHINESE):
        for heading, pages in site_pages.in_order(root, language).items():
            lines += ["", f"## {heading}", ""]
            lines += [f"- [{_title(root, page)}]({page}): {_summary(root, page)}" for page in pages]
    return "\n".join(lines) + "\n"


def llms_full(root: Path) -> str:
    """Every English page whole, one after the other, each under its path."""
    ordered = [page for pages in site_pages.in_order(root, ENGLISH).values() for page in pages]
    return "\n".join(
        f"<!-- {page} -->\n\n{(root / page).read_text(encoding='utf-8')}" for page in ordered
    )


def _title(root: Path, page: PurePosixPath) -> str:
    return site_pages.title((root / page).read_text(encoding="utf-8"))


def _summary(root: Path, page: PurePosixPath) -> str:
    return site_pages.summary((root / page).read_text(encoding="utf-8"))


# --- what the theme and the search need -------------------------------------------------------


INLINE = frozenset({"a", "code", "em", "span", "strong"})
"""Tags that part no words: code is coloured by many of them."""


@dataclass
class Passage:
    """What stands below one heading of a page: what a search finds."""

    heading: str
    anchor: str
    words: list[str] = field(default_factory=list)


class Passages(HTMLParser):
    """Cuts a page's HTML at its headings."""

    def __init__(self) -> None:
        super().__init__()
        self.found = [Passage("", "")]
        self._is_heading = False
        self._is_link = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A heading begins the next passage."""
        values = dict(attrs)
        if tag not in INLINE:
            self.found[-1].words.append(" ")
        if re.fullmatch("h[1-6]", tag):
            self.found.append(Passage("", values.get("id") or ""))
            self._is_heading = True
        self._is_link = values.get("class") == "headerlink"

    def handle_endtag(self, tag: str) -> None:
        """A heading is over."""
        self._is_heading = self._is_heading and not re.fullmatch("h[1-6]", tag)
        self._is_link = False

    def handle_data(self, data: str) -> None:
        """Words belong to the heading or stand below it."""
        if self._is_link:
            return
        if self._is_heading:
            self.found[-1].heading += data
        else:
            self.found[-1].words.append(data)


class Reading(BasePlugin):  # type: ignore[type-arg, no-untyped-call]  # They say no types.
    """Tells the theme each page's language and twin, and writes what the search looks through."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._index: list[dict[str, Any]] = []

    def on_page_context(self, context: Any, *, page: Any, nav: Any, **_: Any) -> Any:
        """`language`, and `twin`: its address, or that of the other language's first page."""
        path = PurePosixPath(page.file.src_uri)
        language = site_pages.language(path)
        other = site_pages.twin(path)
        if not (self._root / other).is_file():
            other = PurePosixPath(HOME[CHINESE if language == ENGLISH else ENGLISH])
        up = "../" * (len(path.parts) - 1)
        context["language"] = language
        context["has_twin"] = (self._root / other).is_file()
        context["twin"] = up + _address(other)
        context["home"] = up + _address(PurePosixPath(HOME[language]))
        context["top"] = up
        context["untranslated"] = [each for each in nav.pages if self._is_untranslated(each)]
        context["summary"] = _summary(self._root, path)
        context["language_of"] = lambda each: site_pages.language(PurePosixPath(each.file.src_uri))
        return context

    def _is_untranslated(self, page: Any) -> bool:
        path = PurePosixPath(page.file.src_uri)
        return not (self._root / site_pages.twin(path)).is_file()

    def on_page_content(self, html: str, *, page: Any, **_: Any) -> str:
        """Keep the page's passages for the search."""
        passages = Passages()
        passages.feed(html)
        path = PurePosixPath(page.file.src_uri)
        self._index += [
            {
                "page": page.title,
                "url": _address(path) + (f"#{each.anchor}" if each.anchor else ""),
                "language": site_pages.language(path),
                "heading": each.heading.strip(),
                "text": " ".join("".join(each.words).split()),
            }
            for each in passages.found
            if each.heading or "".join(each.words).strip()
        ]
        return html

    def on_post_build(self, *, config: Any, **_: Any) -> None:
        """Write the passages as a script: a page opened from a disk may not fetch a file."""
        text = "const PASSAGES = " + json.dumps(self._index, ensure_ascii=False) + ";\n"
        (Path(config.site_dir) / "passages.js").write_text(text, encoding="utf-8")


def _address(page: PurePosixPath) -> str:
    if page.name == "README.md":
        return str(page.with_name("index.html"))
    return str(page.with_suffix(".html"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
