import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import phrases as tool
from framegate.phrases import LANGUAGES
from framegate.phrases.book import Book
from framegate.phrases.phrase import Phrase

TOOL = Path(tool.__file__)
OTHERS = pytest.mark.parametrize("language", LANGUAGES[1:])


@OTHERS
def test_everything_that_is_said_has_its_phrase(language):
    assert tool.unsaid(language) == []


@OTHERS
def test_every_phrase_is_of_something_that_is_said(language):
    assert tool.idle(language) == []


def test_source_is_full_of_sentences():
    """Neither of the two tests above passes because nothing was found."""
    assert len(list(tool.said())) > 250


def test_everything_that_is_excused_is_there():
    found = {
        template
        for path in tool.SOURCE.rglob("*.py")
        for _, template in tool.texts_of(path.read_text("utf-8"))
    }
    assert {text for texts in tool.NOT_SHOWN.values() for text in texts} <= found
    assert all((tool.SOURCE / each).exists() for each in tool.ELSEWHERE)


def test_new_sentence_is_found_wherever_it_is_raised(tmp_path):
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "dance.py").write_text(
        textwrap.dedent(
            '''
            """No sentence: a docstring."""
            def dance(pair: "Man | Woman", beats: int) -> "Dance | None":
                """Nor this."""
                _log.info("not this either", beats=beats)
                if beats < 3:
                    raise Refused(f"a dance has at least 3 beats; got {beats}")
                return "one step" if beats else None
            '''
        ).lstrip()
    )
    assert sorted(tool.said(tmp_path)) == [
        ("flows/dance.py:6", "a dance has at least 3 beats; got {}"),
        ("flows/dance.py:7", "one step"),
    ]


def test_sentence_without_a_phrase_is_named(monkeypatch):
    monkeypatch.setattr(tool, "book_of", lambda _: Book({"": (Phrase("task not found", "没有"),)}))
    missing = tool.unsaid("zh")
    assert any(line.endswith(": this task has ended already") for line in missing)
    assert not any(line.endswith(": task not found") for line in missing)


def test_phrase_of_nothing_is_named(monkeypatch):
    monkeypatch.setattr(tool, "book_of", lambda _: Book({"": (Phrase("nobody says it", "没有"),)}))
    assert tool.idle("zh") == ["zh: no code says: nobody says it"]


def test_tool_says_that_all_is_well():
    done = subprocess.run(
        [sys.executable, TOOL], capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
