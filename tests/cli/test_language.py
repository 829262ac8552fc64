"""The command line speaks the language of the locale, and every text of it has a translation."""

import ast
import importlib.util
import io
import json
import re
import sys
from pathlib import Path

import pytest

from framegate import po
from framegate.cli import language as module
from framegate.cli.language import FOLDER, Sentence, _, language

TOOL = Path(__file__).parents[2] / "tools" / "words.py"


@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location("words_tool", TOOL)
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


# --- the choice -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environment", "chosen"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_TW"}, "zh"),
        ({"LANG": "zh"}, "zh"),
        ({"LANG": "zh-Hans-CN"}, "zh"),
        ({"LANG": "ZH_CN.utf8@pinyin"}, "zh"),
        ({"LANG": "C"}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "POSIX"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "zha_CN"}, "en"),
        ({"LANG": ""}, "en"),
        ({"LC_MESSAGES": "zh_CN", "LANG": "de_DE"}, "zh"),
        ({"LC_ALL": "de_DE", "LC_MESSAGES": "zh_CN", "LANG": "zh_CN"}, "en"),
        ({"LC_ALL": "", "LANG": "zh_CN"}, "zh"),
        ({"LANGUAGE": "zh_CN", "LANG": "en_US.UTF-8"}, "zh"),
        ({"LANGUAGE": "zh"}, "zh"),
        ({"LANGUAGE": "de:zh:en", "LANG": "de_DE"}, "zh"),
        ({"LANGUAGE": "en_GB:zh", "LANG": "zh_CN"}, "en"),
        ({"LANGUAGE": "de", "LANG": "zh_CN"}, "zh"),
        ({"LANGUAGE": "", "LANG": "zh_CN"}, "zh"),
        # As scripts set it who want to read what a program says.
        ({"LANGUAGE": "zh_CN", "LC_ALL": "C"}, "en"),
        ({"LANGUAGE": "zh_CN", "LANG": "C.UTF-8"}, "en"),
    ],
    ids=str,
)
def test_language_is_that_of_the_locale(environment, chosen):
    assert language(environment) == chosen


@pytest.mark.parametrize(
    ("encoding", "chosen"),
    [("utf-8", "zh"), ("gb18030", "zh"), ("gbk", "zh"), ("ascii", "en"), ("latin-1", "en")],
)
def test_terminal_that_cannot_show_chinese_gets_english(monkeypatch, encoding, chosen):
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(io.BytesIO(), encoding=encoding))
    assert language({"LANG": "zh_CN"}) == chosen


def test_stream_that_is_closed_or_unknown_is_no_obstacle(monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert language({"LANG": "zh_CN"}) == "zh"


def test_suite_runs_in_english_whatever_its_machine_speaks():
    assert language() == "en"


# --- a text -----------------------------------------------------------------------------------


def test_text_is_said_in_the_readers_language_with_its_values(monkeypatch):
    assert _("{id} is revoked", id="key_1") == "key_1 is revoked"
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    assert _("{id} is revoked", id="key_1") == "key_1 已吊销"


def test_values_are_not_read_for_places_again(monkeypatch):
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    assert _("{id} is revoked", id="{id!r:>99}") == "{id!r:>99} 已吊销"


def test_text_without_values_may_have_braces():
    assert _("{not a value}") == "{not a value}"


def test_text_without_a_translation_stays_english(monkeypatch):
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    assert _("nobody has translated {this}", this="x") == "nobody has translated x"


def test_sentence_is_english_to_programs_and_spoken_to_people(monkeypatch):
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    sentence = Sentence("{name}: {says}", name="kling", says=Sentence("not known"))
    assert json.dumps(sentence) == '"kling: not known"'
    assert sentence.spoken() == "kling：未知"


# --- the translations -------------------------------------------------------------------------


def test_every_text_of_the_command_line_has_its_translation(tool):
    said = list(tool.cli_sources())
    assert [tool.untranslated(folder, said) for folder in sorted(FOLDER.iterdir())] == [[]]


def test_translations_have_the_values_of_their_texts(tool):
    assert [tool.misfits(folder) for folder in sorted(FOLDER.iterdir())] == [[]]


def test_one_text_has_one_translation():
    """The files are one catalogue: of two translations, one would never be seen."""
    said = {}
    for path in sorted((FOLDER / "zh").glob("*.po")):
        for text, forms in po.read(path.read_text(encoding="utf-8")).items():
            said.setdefault(text, {})[forms] = path.name
    assert {text: found for text, found in said.items() if len(found) > 1} == {}


SPEAKING = {"say", "fail", "print", "echo", "SettingsInvalid", "NotFound"}


def unmarked(source):
    """The texts with words in them that are said without a mark for the translators."""
    for node in ast.walk(ast.parse(source)):
        name = (
            getattr(node.func, "id", getattr(node.func, "attr", ""))
            if isinstance(node, ast.Call)
            else ""
        )
        if (
            name in SPEAKING
            and node.args
            and isinstance(node.args[0], ast.JoinedStr | ast.Constant)
        ):
            parts = (
                node.args[0].values if isinstance(node.args[0], ast.JoinedStr) else [node.args[0]]
            )
            said = "{}".join(str(part.value) for part in parts if isinstance(part, ast.Constant))
            if re.search("[a-z]{2}", said.replace("framegate", "")):
                yield said


def test_no_module_speaks_without_a_mark():
    found = {path.stem: list(unmarked(path.read_text())) for path in FOLDER.parent.glob("*.py")}
    assert {name: texts for name, texts in found.items() if texts} == {}


def test_text_without_a_mark_is_found():
    assert list(unmarked('say(f"{name} is gone")')) == [" is gone"]
    assert list(unmarked('raise SettingsInvalid("no name")')) == ["no name"]
    assert list(unmarked('say(_("no name")); say(f"{a}  {b} MB")')) == []


def test_text_that_lacks_a_translation_or_a_value_is_found(tool, tmp_path):
    folder = tmp_path / "zh"
    folder.mkdir()
    (folder / "keys.po").write_text('msgid "{id} is revoked"\nmsgstr "{key} 已吊销"\n')
    missing = tool.untranslated(folder, list(tool.cli_sources()))
    assert "zh/keys.po: 'revoked'" in missing
    assert "zh/keys.po: '{id} is revoked'" not in missing
    assert tool.misfits(folder) == ["zh/keys.po: '{id} is revoked' has other values"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("keys", "{id} is revoked"),  # said at once
        ("progress", "estimating depth"),  # marked, and said later
        ("doctor", "choose another --data"),  # a Sentence
        ("pretend_vendor", "API key"),  # within an f-string
        ("keys", "Make another key; it is shown this once."),  # a docstring that is a help
        ("options", "The API key."),  # the help of an option of several commands
        ("own_tasks", "print its link"),  # what stands for a default
        ("upstreams", "How many at most, to 2000."),  # put together when it is loaded
        ("main", "Commands on this machine"),  # a title on a page of help
        ("main", "Install completion for the current shell."),  # typer's own
    ],
)
def test_texts_are_found_in_all_the_ways_in_which_they_are_written(tool, name, text):
    assert text in {message.id for message in dict(tool.cli_sources())[name]}


def test_texts_are_found_in_english_whatever_the_language_of_the_tools_user(tool, monkeypatch):
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert "Print the version." in {message.id for message in dict(tool.cli_sources())["main"]}
    assert module.language() == "zh"
