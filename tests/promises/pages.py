"""The project's pages as data: headings, sections, links and code blocks of Markdown."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])

FENCE = re.compile(r"^ *(```|~~~)")
HEADING = re.compile(r"^(#{1,6}) +(.+?) *$")
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


@dataclass(frozen=True)
class Section:
    """One heading and what stands below it, up to the next heading of any level."""

    level: int
    title: str
    text: str

    @property
    def words(self):
        """The text with every line break read as a space."""
        return " ".join(self.text.split())


def page(name):
    return ROOT / name


def sections(path):
    """Every section in order; a heading inside a code block is none."""
    found, level, title, lines, is_code = [], 0, "", [], False
    for line in path.read_text(encoding="utf-8").splitlines():
        is_code ^= FENCE.match(line) is not None
        heading = None if is_code else HEADING.match(line)
        if heading is None:
            lines.append(line)
            continue
        found.append(Section(level, title, "\n".join(lines)))
        level, title, lines = len(heading[1]), heading[2], []
    return [*found, Section(level, title, "\n".join(lines))]


def section(path, title):
    (found,) = [each for each in sections(path) if each.title == title]
    return found


def anchors(path):
    """What may stand behind `#` in a link to this page, by the rules of GitHub."""
    return {
        re.sub(r"[^\w\- ]", "", each.title.lower()).replace(" ", "-") for each in sections(path)
    }


def blocks(text, language):
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def links(path):
    """Every link of the page outside its code."""
    text = re.sub(r"(?ms)^ *```.*?^ *```$", "", path.read_text(encoding="utf-8"))
    return LINK.findall(re.sub(r"`[^`\n]*`", "", text))
