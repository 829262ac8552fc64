import re
from pathlib import Path

import pytest

from framegate.web.console import failures

DOCS = Path(__file__).parents[3] / "docs" / "errors.md"


def sentences():
    """Every sentence of the table of failed tasks."""
    table = DOCS.read_text(encoding="utf-8").partition("## Failed tasks")[2].partition("\n## ")[0]
    return re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE)[1:]


def test_there_are_sentences_to_explain():
    assert len(sentences()) > 15


@pytest.mark.parametrize("sentence", sentences())
def test_every_documented_failure_has_its_meaning(sentence):
    meaning = failures.meaning_of("failed", sentence)
    assert meaning is not failures.OTHER
    assert meaning.means
    assert meaning.next


def test_words_of_an_upstream_are_shown_as_such():
    assert failures.meaning_of("failed", "risk control") is failures.OTHER


def test_cancelled_task_is_no_defect_whatever_it_says():
    assert failures.meaning_of("cancelled", "image is not readable") is failures.CANCELLED
