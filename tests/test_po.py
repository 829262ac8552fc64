"""`.po` files are read as Babel reads them, which wrote them."""

import io
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from hypothesis import given
from hypothesis import strategies as some

import framegate
from framegate.po import Entry, Translations, entries, read, translations

FILES = sorted(Path(framegate.__file__).parent.rglob("*.po"))
# Babel ends a line at each of them, within a text too: no text of ours holds one.
TEXTS = some.text(
    some.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"], include_characters="\n\t")
)


def as_babel_reads(text):
    found = []
    for message in read_po(io.BytesIO(text.encode()), locale="zh", charset="utf-8"):
        forms = message.string if isinstance(message.string, tuple) else (message.string,)
        english = message.id if isinstance(message.id, str) else message.id[0]
        if english and not message.fuzzy:
            found.append(Entry(message.context or "", english, forms if all(forms) else ()))
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_file_is_read_as_babel_reads_it(path):
    text = path.read_text(encoding="utf-8")
    assert list(entries(text)) == as_babel_reads(text)


@given(some.dictionaries(TEXTS, TEXTS), some.integers(20, 120))
def test_whatever_babel_writes_is_read_back(texts, width):
    catalog = Catalog(locale="zh", charset="utf-8")
    for english, said in texts.items():
        if english:
            catalog.add(english, said)
    file = io.BytesIO()
    write_po(file, catalog, width=width)
    text = file.getvalue().decode()
    assert list(entries(text)) == as_babel_reads(text)


FILE = """\
# A translator's word.
#, fuzzy, python-format
msgid "guessed %(x)s"
msgstr "x"
msgid "open"
msgstr ""

#, python-format
msgid "%(num)s task"
msgid_plural "%(num)s tasks"
msgstr[0] "%(num)s 个"
msgstr[1] "%(num)s 些"
#~ msgid "gone"
#~ msgstr "没有了"
msgid ""
"a\\n"
"\\"b\\" \\\\n"
msgstr "甲\\n“乙”"
"""


def test_context_tells_two_entries_of_one_text_apart():
    lines = ['msgctxt "got"', 'msgid "a"', 'msgstr "甲"', "", 'msgid "a"', 'msgstr "一"']
    text = "\n".join(lines)
    assert list(entries(text)) == [Entry("got", "a", ("甲",)), Entry("", "a", ("一",))]
    assert read(text) == {"a": ("一",)}


def test_fuzzy_open_and_gone_ones_are_left_out():
    assert read(FILE) == {
        "%(num)s task": ("%(num)s 个", "%(num)s 些"),
        'a\n"b" \\n': ("甲\n“乙”",),
    }


@pytest.mark.parametrize("text", ['"a text of nothing"', "msgid a", "nonsense"])
def test_line_that_is_none_is_named(tmp_path, text):
    (tmp_path / "a.po").write_text(text)
    with pytest.raises(ValueError, match=r"a\.po: this is no line of a \.po file: .+"):
        translations(tmp_path)


def test_files_of_a_folder_are_one_and_what_they_lack_stays_english(tmp_path):
    (tmp_path / "a.po").write_text('msgid "one"\nmsgstr "一"\n')
    (tmp_path / "b.po").write_text('msgid "two"\nmsgstr "二"\n')
    said = translations(tmp_path)
    assert [said.gettext(text) for text in ("one", "two", "three")] == ["一", "二", "three"]


def test_what_is_counted_has_one_form_in_our_languages():
    said = Translations({"%d task": ("%d 个任务",)})
    assert [said.ngettext("%d task", "%d tasks", count) for count in (1, 2)] == ["%d 个任务"] * 2
    assert [said.ngettext("%d key", "%d keys", count) for count in (1, 2)] == ["%d key", "%d keys"]
