"""The Chinese pages say what the English ones say: neither can change without the other.

A machine cannot compare two languages, but it can compare their bones: headings, code, table rows,
list items, the names in backticks and the numbers of each section.
"""

import re

import pytest

from promises.pages import ROOT, page, sections

CHINESE = [page("README.zh.md"), *sorted(ROOT.glob("docs/zh/**/*.md"))]
TRANSLATED = {
    *("quickstart", "generate", "credits", "webhooks", "upstreams"),
    *("operating", "errors", "settings", "glossary"),
    *("contract", "api", "console", "limits", "metrics", "safety", "pretend-vendor"),
}
OF_THE_HOUSE = {"architecture", "cli", "client", "mistakes", "renderer"}
DECISIONS = ROOT / "docs" / "decisions"
EVERY_PAGE = pytest.mark.parametrize("path", CHINESE, ids=lambda path: path.name)

HAN = re.compile(r"[\u4e00-\u9fff]")
BLOCK = re.compile(r"(?ms)^ *```.*?^ *```$")
NAME = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\([^)\s]+\)")
NUMBER = re.compile(r"(?<![\w.#])\d[\d,]*(?:\.\d+)?")
LABEL = re.compile(r"(?m)^ *(?:- \*\*(\d[^*]*)\*\*|(\d\d?)\. )")
"""What numbers a list item: `- **33**` of a rule, `- **5 to 7**` of some, `7.` of a promise."""

IS_A_NAME = re.compile(r"[a-z_]+(?:[.-]\w+)+|[a-z_-]+")
"""A heading that is not translated: a setting, an error, a metric, a table of settings."""


def english(path):
    zh = ROOT / "docs" / "zh"
    return page("README.md") if path.parent == ROOT else ROOT / "docs" / path.relative_to(zh)


def pairs(path):
    """Section by section, with the title of the English one to say where."""
    return [
        (ours, theirs) for ours, theirs in zip(sections(english(path)), sections(path), strict=True)
    ]


def outline(path):
    """Every heading by its level, and by its title as far as that is no prose."""
    return [f"{'#' * each.level} {untranslated(each.title)}" for each in sections(path)]


def untranslated(title):
    """A name that is the whole title, else the code in it."""
    is_name = IS_A_NAME.fullmatch(title.replace("NAME", "name"))
    return title if is_name else " ".join(NAME.findall(title)) or "..."


def differences(path, bones):
    """Where the two differ, as (English title, what English has, what Chinese has)."""
    both = [(ours.title, bones(ours.text), bones(theirs.text)) for ours, theirs in pairs(path)]
    return [(title, one, other) for title, one, other in both if one != other]


def without_code(text):
    return BLOCK.sub("", text)


def blocks(text):
    return BLOCK.findall(text)


def names(text):
    # Blanks aside: a name that is broken over two lines in one language may not be in the other.
    joined = re.sub(r"(?<=[^\n|])\n(?=[^\n|])", " ", without_code(text))
    return {"".join(name.split()) for name in NAME.findall(joined)}


def rows(text):
    """Table rows and list items, by what begins them."""
    lines = [line.lstrip() for line in without_code(text).splitlines()]
    marks = (re.match(r"\||- |\* |\d\d?\. ", line) for line in lines)
    return [mark[0] if mark[0][0] in "|-*" else "1. " for mark in marks if mark]


def labels(text):
    """The numbers that rules, promises and steps are cited by, one entry an item."""
    return [re.findall(r"\d+", bold or plain) for bold, plain in LABEL.findall(without_code(text))]


def numbers(text):
    """The numbers of two digits and more, which nobody writes as a word."""
    plain = LINK.sub("]", NAME.sub("", without_code(text)))
    digits = (found.replace(",", "") for found in NUMBER.findall(plain))
    return {found for found in digits if len(found) > 1}


def test_translated_pages_are_there():
    told = {path.stem for path in CHINESE if path.parent.name != DECISIONS.name}
    assert told == {*TRANSLATED, *OF_THE_HOUSE, "README.zh"}


def test_commands_have_the_same_headings():
    """Their names have two words, as prose has."""
    of_both = [
        [
            each.title
            for each in sections(page(name))
            if each.title.islower() and each.title.isascii()
        ]
        for name in ("docs/cli.md", "docs/zh/cli.md")
    ]
    assert of_both[0] == of_both[1]
    assert "tasks list" in of_both[0]


def test_every_decision_is_there_in_chinese():
    told = {path.name for path in CHINESE if path.parent.name == DECISIONS.name}
    assert told == {path.name for path in DECISIONS.glob("*.md")}


@EVERY_PAGE
def test_chinese_page_is_written_in_chinese(path):
    told = [(each.title, without_code(each.text).strip()) for each in sections(path)]
    assert [title for title, text in told if text and not HAN.search(text)] == []


@EVERY_PAGE
def test_chinese_sentence_is_not_broken_over_lines(path):
    """A line break is shown as a blank, and Chinese has none between its signs."""
    text = without_code(path.read_text(encoding="utf-8"))
    assert re.findall(r"[\u4e00-\u9fff，。；：、）]\n *(?!\d+\. )[\u4e00-\u9fff（`\w]", text) == []


@EVERY_PAGE
def test_headings_are_the_same(path):
    assert outline(english(path)) == outline(path)


@EVERY_PAGE
@pytest.mark.parametrize("bones", [blocks, names, rows, labels], ids=lambda bones: bones.__name__)
def test_sections_have_the_same_bones(path, bones):
    assert differences(path, bones) == []


@EVERY_PAGE
def test_no_number_is_missing_in_chinese(path):
    """It may have more of them: sixty megapixels are also 6000 times ten thousand pixels."""
    told = [(ours.title, numbers(ours.text) - numbers(theirs.text)) for ours, theirs in pairs(path)]
    assert [(title, missing) for title, missing in told if missing] == []


def test_changed_default_of_one_language_is_seen(tmp_path):
    assert names("Default `5`.") != names("默认 `6`。")
    assert numbers("after 30 days") != numbers("3 天之后")
    assert rows("| a |\n| b |") != rows("| a |")
    assert labels("- **5 to 7** a\n- **8** b") == labels("- **5 到 7** 甲\n- **8** 乙")
    assert labels("- **8** a\n7. b") != labels("- **9** 甲\n7. 乙")
    assert untranslated("`GET /api/tasks`, by filter") == "GET /api/tasks"
    assert blocks("```toml\na = 1\n```") != blocks("```toml\na = 2\n```")


def test_readmes_lead_to_each_other():
    assert "(README.zh.md)" in page("README.md").read_text(encoding="utf-8")
    assert "(README.md)" in page("README.zh.md").read_text(encoding="utf-8")
