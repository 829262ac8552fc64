from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from framegate.phrases import po
from framegate.phrases.book import FOLDER

FILES = sorted(FOLDER.rglob("*.po"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_file_is_read_as_babel_reads_it(path: Path):
    with path.open("rb") as file:
        theirs = [
            (each.context or "", each.id, each.string)
            for each in read_po(file, locale=path.parent.name, charset="utf-8")
            if each.id
        ]
    ours = [(each.context, each.text, each.says) for each in po.read(path.read_text("utf-8"))]
    assert ours == theirs


def test_entry_may_stand_on_several_lines_with_a_context_and_comments():
    lines = [
        "# why",
        'msgctxt "got"',
        'msgid ""',
        '"string "',
        r'"\"x\""',
        'msgstr "字符串"',
        "",
        'msgid "b"',
        'msgstr ""',
    ]
    entries = [po.Entry("got", 'string "x"', "字符串"), po.Entry("", "b", "")]
    assert list(po.read("\n".join(lines))) == entries


@pytest.mark.parametrize("content", ['"alone"', 'msgid "a"\nmsgid_plural "b"', "nonsense"])
def test_line_that_is_no_part_of_an_entry_is_named(content):
    with pytest.raises(ValueError, match=r"line \d is no part of an entry"):
        list(po.read(content))
