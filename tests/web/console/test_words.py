import importlib.util
from pathlib import Path

import pytest
from starlette.requests import Request

from framegate.web.console import words

TOOL = Path(__file__).parents[3] / "tools" / "words.py"


@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location("words_tool", TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def asking(accept="", cookie=""):
    headers = [(b"accept-language", accept.encode()), (b"cookie", cookie.encode())]
    return Request({"type": "http", "headers": headers})


def test_every_text_has_its_translation(tool):
    for language in set(words.LANGUAGES) - {words.ENGLISH}:
        assert tool.untranslated(words.FOLDER / language, list(tool.console_sources())) == []
        assert tool.misfits(words.FOLDER / language) == []


def test_each_text_has_one_translation_in_all_files_of_a_language(tool):
    folders = [folder for book in tool.BOOKS for folder in book.languages()]
    assert len(folders) > 1
    assert [each for folder in folders for each in tool.disagreements(folder)] == []


def test_two_translations_of_one_text_are_found(tool, tmp_path):
    folder = tmp_path / "zh"
    folder.mkdir()
    for name, said in (("a", "已用"), ("b", "已用"), ("c", "花费"), ("d", "")):
        (folder / f"{name}.po").write_text(f'msgid "Spent"\nmsgstr "{said}"\n', "utf-8")
    assert tool.disagreements(folder) == ["zh: 'Spent' is '已用' in a.po and '花费' in c.po"]


def test_text_without_a_translation_is_found(tool, tmp_path):
    assert "tmp/layout.po: 'Main'" in [
        text.replace(tmp_path.name, "tmp")
        for text in tool.untranslated(tmp_path, list(tool.console_sources()))
    ]


def test_translation_is_spoken():
    assert words.translations("zh").gettext("Sign in") == "登录"
    assert words.translations("en").gettext("Sign in") == "Sign in"


@pytest.mark.parametrize(
    ("accept", "language"),
    [
        ("", "en"),
        ("zh-CN", "zh"),
        ("zh-TW,zh;q=0.9,en;q=0.8", "zh"),
        ("de,zh;q=0.5,en;q=0.6", "en"),
        ("en;q=0, zh;q=0.1", "zh"),
        ("de-DE", "en"),
        ("zh;q=nonsense", "en"),
        ("*", "en"),
        (",;=,;q=", "en"),
        ("zh" * 10_000, "en"),
    ],
)
def test_best_language_of_the_browser_is_taken(accept, language):
    assert words.language_of(asking(accept)) == language


def test_chosen_language_wins_over_the_browsers():
    assert words.language_of(asking("en", f"{words.COOKIE}=zh")) == "zh"
    assert words.language_of(asking("zh", f"{words.COOKIE}=xx")) == "zh"
