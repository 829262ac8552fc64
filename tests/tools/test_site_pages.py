"""Which pages the site has, in which order, and what is said of each."""

from collections import Counter
from pathlib import Path, PurePosixPath

import pytest

import site_pages
from site_pages import CHINESE, ENGLISH

MD = ".md"
"""Apart, so that made-up pages are not taken for pages that the code cites."""

ROOT = Path(__file__).parents[2]


def test_every_page_stands_under_one_heading_of_its_language():
    placed = Counter(
        page
        for language in (ENGLISH, CHINESE)
        for pages in site_pages.in_order(ROOT, language).values()
        for page in pages
    )
    assert placed == Counter(site_pages.pages(ROOT))


def test_page_that_nobody_ordered_is_not_forgotten(tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / f"surprise{MD}").write_text("# Surprise\n")
    assert site_pages.in_order(tmp_path, ENGLISH) == {
        site_pages.REST: [PurePosixPath(f"docs/surprise{MD}")]
    }


@pytest.mark.parametrize(
    ("english", "chinese"),
    [("README.md", "README.zh.md"), ("docs/errors.md", "docs/zh/errors.md")],
)
def test_twin_of_a_twin_is_the_page(english, chinese):
    assert site_pages.twin(PurePosixPath(english)) == PurePosixPath(chinese)
    assert site_pages.twin(PurePosixPath(chinese)) == PurePosixPath(english)
    assert site_pages.language(PurePosixPath(english)) == ENGLISH
    assert site_pages.language(PurePosixPath(chinese)) == CHINESE


def test_summary_is_the_first_prose_without_its_links():
    text = f"# A\n\n![p](p.jpg)\n\n```sh\nls\n```\n\nSee\n[the b](b{MD}), e.g. now. More.\n"
    assert site_pages.summary(text) == "See the b, e.g. now. More."


def test_long_summary_ends_with_a_sentence():
    said = site_pages.summary("# A\n\n" + "Twenty letters here. " * 40)
    assert len(said) <= site_pages.SUMMARY_CHARACTERS_MAX
    assert said.endswith("here.")


def test_page_without_prose_is_summed_up_by_its_title():
    assert site_pages.summary("# Only a title\n\n| a |\n") == "Only a title"


def test_page_without_a_title_is_refused():
    with pytest.raises(ValueError, match="heading of the first level"):
        site_pages.title("words\n")


def test_files_behind_links_come_along():
    assert PurePosixPath("packaging/framegate.service") in site_pages.linked_files(ROOT)
    assert PurePosixPath("docs/pictures/result.jpg") in site_pages.linked_files(ROOT)


@pytest.mark.parametrize("folder", ["docs/decisions", "docs/zh/decisions"])
def test_first_page_of_the_decisions_lists_each_by_its_title(folder):
    folder = ROOT / folder
    first = (folder / "README.md").read_text(encoding="utf-8")
    for page in sorted(folder.glob("0*.md")):
        title = site_pages.title(page.read_text(encoding="utf-8"))
        assert f"- [{title}]({page.name})" in first
