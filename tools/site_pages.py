"""The pages of the documentation as data: which there are, their order, twins and first words.

`build_site` calls it. It reads Markdown and knows nothing of HTML.
"""

import re
from pathlib import Path, PurePosixPath

ENGLISH, CHINESE = "en", "zh"
HOME = {ENGLISH: "README.md", CHINESE: "README.zh.md"}

# What a reader meets in which order. A page that is named here and not there yet is left out, and
# one that is there and not named stands under the last heading: no page can be forgotten.
ORDER = {
    "Begin": ("README", "quickstart", "generate"),
    "Use it": (
        "cli",
        "client",
        "api",
        "console",
        "webhooks",
        "credits",
        "errors",
        "mistakes",
        "renderer",
    ),
    "Run it": ("operating", "settings", "upstreams", "metrics", "limits", "pretend-vendor"),
    "Know it": ("architecture", "contract", "safety", "glossary"),
    "Change it": ("CONTRIBUTING", "SECURITY", "CHANGELOG"),
}
REST = "Decisions"
HEADINGS_ZH = {
    "Begin": "入门",
    "Use it": "使用",
    "Run it": "部署",
    "Know it": "原理",
    "Change it": "参与",
    REST: "决策",
}

_FENCE = re.compile(r"(?ms)^ *(```|~~~).*?^ *\1 *$")
_LINK = re.compile(r"!?\[([^\]]*)\]\(([^)\s]+)\)")
_SENTENCE = re.compile(r".+?(?:[.?!](?= |$)|[。？！]|$)")
SUMMARY_CHARACTERS_MAX = 300
"""Beyond the first sentence, which is never cut."""


def pages(root: Path) -> list[PurePosixPath]:
    """Every page of the repository, by its path from the root."""
    found = [*root.glob("*.md"), *root.glob("docs/**/*.md")]
    return sorted(PurePosixPath(path.relative_to(root).as_posix()) for path in found)


def language(page: PurePosixPath) -> str:
    """The language that a page is written in, by its place."""
    is_chinese = page.is_relative_to("docs/zh") or page.name.endswith(".zh.md")
    return CHINESE if is_chinese else ENGLISH


def twin(page: PurePosixPath) -> PurePosixPath:
    """Where the same page stands in the other language, whether or not it does."""
    if str(page) in HOME.values():
        other = CHINESE if language(page) == ENGLISH else ENGLISH
        return PurePosixPath(HOME[other])
    if language(page) == CHINESE:
        return PurePosixPath("docs") / page.relative_to("docs/zh")
    if not page.is_relative_to("docs"):
        return PurePosixPath("docs/zh") / page
    return PurePosixPath("docs/zh") / page.relative_to("docs")


def in_order(root: Path, wanted: str) -> dict[str, list[PurePosixPath]]:
    """The pages of one language under their headings; no heading is empty."""
    left = {page for page in pages(root) if language(page) == wanted}
    order: dict[str, list[PurePosixPath]] = {}
    for heading, names in ORDER.items():
        found = [page for name in names for page in sorted(left) if _is_named(page, name)]
        left -= set(found)
        order[heading] = found
    order[REST] = sorted(left)
    words = HEADINGS_ZH if wanted == CHINESE else {}
    return {words.get(heading, heading): found for heading, found in order.items() if found}


def _is_named(page: PurePosixPath, name: str) -> bool:
    is_deep = len(page.parts) - (language(page) == CHINESE and len(page.parts) > 1) > len(
        ("docs", name)
    )
    return not is_deep and page.name.removesuffix(".md").removesuffix(".zh") == name


def title(text: str) -> str:
    """The first heading of a page."""
    found = re.search(r"(?m)^# +(.+?) *$", text)
    if found is None:
        raise ValueError("a page begins with a heading of the first level")
    return found[1]


def summary(text: str) -> str:
    """The first sentences below the title, as one line without links: what the page is about."""
    body = _FENCE.sub("", text.split("\n", 1)[1])
    for paragraph in re.split(r"\n\s*\n", body):
        words = " ".join(paragraph.split())
        if words and words[0] not in "#!|-<[":
            return _shortened(_LINK.sub(r"\1", words))
    return title(text)


def _shortened(words: str) -> str:
    kept = ""
    for sentence in _SENTENCE.finditer(words):
        if kept and sentence.end() > SUMMARY_CHARACTERS_MAX:
            break
        kept = words[: sentence.end()]
    return kept


def linked_files(root: Path) -> set[PurePosixPath]:
    """The files, other than pages, that pages lead to: pictures, units, dashboards."""
    found = set()
    for page in pages(root):
        text = _FENCE.sub("", (root / page).read_text(encoding="utf-8"))
        for _, link in _LINK.findall(text):
            target = (root / page).parent / link.partition("#")[0]
            if ":" not in link and target.is_file() and target.suffix != ".md":
                found.add(PurePosixPath(target.resolve().relative_to(root).as_posix()))
    return found
