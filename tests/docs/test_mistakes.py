"""What is said to the ten most likely mistakes is what the page shows, and says what to do next."""

import re
import resource

import pytest

from docs.mistakes import CHINESE, MISTAKES, PAGES, made

# Words that send a reader on; a rule that names its limit ("must be") does too.
NEXT = re.compile(
    r"must (each )?be|copy it anew|choose|try again|query the task|next: |start one with|"
    r"pass the picture|is saved|check the address|exit status 0"
)

# The contract fixes these sentences of the API: they say what is wrong, docs/errors.md what to do.
FIXED = [
    "HTTP 401, code 1002: api key not found",
    "HTTP 402, code 1102: not enough credit: this task needs 0.56 USD, 0.1 USD is available",
    "HTTP 200, code 0, status failed: image could not be fetched",
]

pytestmark = pytest.mark.skipif(
    not hasattr(resource, "prlimit"), reason="a full disk is made with prlimit, which Linux has"
)


@pytest.fixture(scope="module")
def mistakes(tmp_path_factory):
    return made(tmp_path_factory.mktemp("mistakes"))


@pytest.mark.parametrize("page", PAGES, ids=["english", "chinese"])
def test_page_has_the_exact_words(mistakes, page):
    """After a change of words `PYTHONPATH=tests python tests/docs/mistakes.py` writes it anew."""
    assert page.path.read_text(encoding="utf-8") == page.text(mistakes)


def test_every_title_is_translated(mistakes):
    assert {each.title for each in mistakes} == set(CHINESE.titles)


def test_there_are_ten(mistakes):
    assert len({each.title for each in mistakes}) == len(MISTAKES) == 10


def test_each_of_the_three_says_what_to_do_next(mistakes):
    said = [words for each in mistakes for words in (each.api, each.client, each.command) if words]
    assert [words for words in said if not NEXT.search(words)] == FIXED


def test_no_key_and_no_traceback_is_in_any_answer(mistakes):
    said = " ".join(words for each in mistakes for words in vars(each).values())
    assert "fg_" not in said
    assert "Traceback" not in said
