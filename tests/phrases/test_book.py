import subprocess
import sys

import pytest

from framegate.phrases import ENGLISH, LANGUAGES, phrase_of, translated
from framegate.phrases.book import DEPTH_MAX, FOLDER, SENTENCE_CHARACTERS_MAX, book_of

CHINESE = {
    "task not found": "没有这个任务",
    'settings.duration must be an integer from 3 to 15; got string "5"': (
        'settings.duration 必须是 3 到 15 的整数；收到字符串 "5"'
    ),
    'settings has an unknown field "audio"; it takes resolution, aspect_ratio, duration': (
        'settings 里有未知字段 "audio"；可用：resolution、aspect_ratio、duration'
    ),
    'request body has an unknown field "x"; it takes name': '请求体里有未知字段 "x"；可用：name',
    "not enough credit: this task needs 0.56 USD, 0.1 USD is available": (
        "额度不足：这个任务需要 0.56 USD，可用 0.1 USD"
    ),
    "too many requests: the limit is 10 per second for this account": (
        "请求太多：这个账户的上限是每秒 10 次"
    ),
    "every upstream is for an operator; use an admin key": (
        "全部上游只供运营方查看；请用 admin 密钥"
    ),
    "main: no connection could be made (ClientConnectorError)": (
        "main：无法建立连接（ClientConnectorError）"
    ),
    "HTTP 500, code 5000: Failure to pass": "HTTP 500，code 5000：Failure to pass",
    "task not found; nothing was charged": "没有这个任务；没有扣费",
}


@pytest.mark.parametrize(("sentence", "chinese"), CHINESE.items())
def test_sentence_is_said_in_chinese_with_its_values(sentence, chinese):
    assert translated(sentence, "zh") == chinese


@pytest.mark.parametrize(
    "sentence",
    [
        "",
        "Failure to pass the risk control system",
        "the upstream's own: words of somebody else",
        "不符合规则",
        "task not found\n",
        "your mother; your father must be public address",
    ],
)
def test_words_of_others_stay_as_they_came(sentence):
    assert translated(sentence, "zh") == sentence
    assert phrase_of(sentence, "zh") is None


@pytest.mark.parametrize("language", [ENGLISH, "de", "", "../zh"])
def test_english_and_languages_without_a_book_change_nothing(language):
    assert translated("task not found", language) == "task not found"


def test_longest_sentence_is_looked_up_and_a_longer_one_is_not():
    room = SENTENCE_CHARACTERS_MAX - len("path not found: ")
    assert phrase_of("path not found: " + "x" * room, "zh") is not None
    assert phrase_of("path not found: " + "x" * (room + 1), "zh") is None


def test_phrases_within_phrases_have_an_end():
    assert phrase_of("a: " * DEPTH_MAX + "task not found", "zh") is not None
    assert phrase_of("a: " * (DEPTH_MAX + 1) + "task not found", "zh") is None


def test_languages_are_those_that_have_a_folder():
    folders = {path.name for path in FOLDER.iterdir() if any(path.glob("*.po"))}
    assert folders == set(LANGUAGES) - {ENGLISH}


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_every_phrase_is_the_one_that_its_own_sentence_finds(language):
    """None is swallowed by one that fits more sentences, and none has a hole that nothing fills."""
    book = book_of(language)
    samples = {"known": "task not found", "kind": "a string"}
    missed = []
    for context, phrases in book.phrases.items():
        for phrase in phrases:
            values = {name: samples.get(name, "7") for name in phrase.names}
            sentence = phrase.text
            for name, value in values.items():
                sentence = sentence.replace(f"{{{name}}}", value)
            said = {
                name: book.phrase_of(samples[name], context="" if name == "known" else name)
                if name in samples
                else value
                for name, value in values.items()
            }
            if book.phrase_of(sentence, context=context) != phrase.filled(said):
                missed.append(phrase.text)
    assert missed == []


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_no_phrase_stands_twice(language):
    for phrases in book_of(language).phrases.values():
        texts = [each.text for each in phrases]
        assert len(texts) == len(set(texts))


def test_importing_the_book_imports_no_library():
    """The command line imports it in every run."""
    seen = "import sys, framegate.phrases; print('babel' in sys.modules, 'msgspec' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", seen], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split() == ["False", "False"]
