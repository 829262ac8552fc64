"""What others say is told in the reader's language: every sentence about settings among it."""

import ast
import re
from pathlib import Path
from string import Formatter

import pytest

import framegate
from framegate import phrases
from framegate.cli.sentences import STEPS, USAGE, Repeated, in_commands, spoken
from framegate.client import errors
from framegate.client.access import access
from framegate.client.answers import Task
from framegate.settings import load

SOURCE = Path(framegate.__file__).parent
# The command line marks its own; a crash on purpose is for test builds.
ELSEWHERE = ("cli", "crash.py")


@pytest.fixture
def chinese(monkeypatch):
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")


def skeleton(node):
    """The text of a sentence in the code, with `{}` for each value."""
    if isinstance(node, ast.JoinedStr):
        return "".join(
            part.value if isinstance(part, ast.Constant) else "{}" for part in node.values
        )
    return node.value if isinstance(node, ast.Constant) else None


def settings_sentences():
    """Every sentence that somebody raises SettingsInvalid with, outside of the command line."""
    for path in sorted(SOURCE.rglob("*.py")):
        if path.relative_to(SOURCE).parts[0] in ELSEWHERE:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "SettingsInvalid":
                yield skeleton(node.args[0])


def shape(text):
    return re.compile(
        "".join(
            re.escape(literal) + (".+?" if name else "")
            for literal, name, _, _ in Formatter().parse(text)
        ),
        re.DOTALL,
    )


def test_every_sentence_about_settings_is_known():
    sentences = {each for each in settings_sentences() if each is not None}
    assert len(sentences) > 20
    # `{}.{} {}` is `server.port must be ...`, which `setting_words` ends; `prices.{}: {}` holds a
    # sentence that has its own phrase.
    sentences -= {"{}.{} {}", "{} {}", "prices.{}: {}"}
    whole = {each.replace("it is {}", "it is a string").replace("{}", "7") for each in sentences}
    assert {each for each in whole if phrases.phrase_of(each, "zh") is None} == set()


@pytest.mark.parametrize("name", ["missing", ".", "empty/x"])
def test_what_this_machine_says_of_a_file_is_said_in_chinese(chinese, tmp_path, name):
    (tmp_path / "empty").touch()
    with pytest.raises((FileNotFoundError, IsADirectoryError, NotADirectoryError)) as refused:
        (tmp_path / name).read_text()
    for said in (refused.value.strerror, str(refused.value)):
        assert phrases.phrase_of(said, "zh") == spoken(said) != said
    within = f"upstreams.k.api_key_file: x.key cannot be read: {refused.value.strerror}"
    assert spoken(within) == (
        f"upstreams.k.api_key_file：无法读取 x.key：{spoken(refused.value.strerror)}"
    )


def test_every_sentence_of_ours_that_typer_repeats_is_said_within_its_own(chinese):
    assert spoken("Invalid value for '--data': data.dir: /x is not writable by this user") == (
        "'--data' 的值不对：data.dir：当前用户不能写入 /x"
    )


def test_sentences_of_the_phrase_book_are_kept_there_alone(chinese):
    """The command line keeps what typer says; a second translation could differ from the first."""
    assert [text for text in USAGE if phrases.phrase_of(text, "zh") is not None] == []


@pytest.mark.parametrize(
    ("environment", "file", "said"),
    [
        (
            {"FRAMEGATE_SERVER_PORT": "x"},
            "",
            'FRAMEGATE_SERVER_PORT 必须是 0 到 65535 的整数；收到 "x"',
        ),
        (
            {"FRAMEGATE_SERVER_PROT": "1"},
            "",
            "没有 FRAMEGATE_SERVER_PROT 这个设置；可用的字段：host、",
        ),
        ({}, "[server]\nprot = 1", "没有 server.prot 这个设置；server 可用的字段：host、"),
        ({}, "[sever]\nport = 1", "没有 sever 这个设置；可用的节：server、"),
        ({}, "server = 1", "server 必须是表"),
        ({}, "[server]\nport = 1.5", '请把 1.5 写成字符串 "1.5"'),
        ({}, "[server]\nport = 70000", "server.port 必须是 0 到 65535 的整数；收到 70000"),
        ({}, "[outbound]\nallow = 1", "outbound.allow 必须是字符串列表；收到 1"),
        ({}, "[outbound]\nallow = ['x']", "outbound.allow 的写法是“主机:端口”；收到 'x'"),
        ({}, "nonsense", "不是有效的 TOML："),
        (
            {},
            "[upstreams.k]\nkind = 'kling'",
            "upstreams.k：kind 为 kling 时需要 base_url 和 api_key",
        ),
        ({}, "[upstreams.k]\nkind = 'klin'", 'upstreams.k.kind 必须是 "kling"、"local" 之一'),
    ],
)
def test_what_is_wrong_with_a_setting_is_said_in_chinese(
    chinese, tmp_path, environment, file, said
):
    path = tmp_path / "framegate.toml"
    path.write_text(file)
    with pytest.raises(framegate.errors.SettingsInvalid) as refused:
        load(config=path, environment=environment, overrides={})
    assert said in spoken(str(refused.value))


def test_sentence_within_a_sentence_is_said_too(chinese):
    busy = (
        "cannot listen on 127.0.0.1:8787 (Address already in use); stop what listens there, or "
        "choose another address with --host and --port"
    )
    assert spoken(busy) == (
        "无法监听 127.0.0.1:8787（地址已被占用）；"
        "请停掉占用它的程序，或用 --host 和 --port 换一个地址"
    )
    assert spoken(str(PermissionError(13, "Permission denied", "a.mp4"))) == (
        "'a.mp4'：没有权限（错误号 13）"
    )


def test_english_readers_get_the_sentence_as_it_came():
    assert spoken("renders here") == "renders here"


@pytest.mark.parametrize("sentence", ["", "a vendor's own words", "{", "Missing argument"])
def test_sentence_that_nobody_translated_stays_as_it_is(chinese, sentence):
    assert spoken(sentence) == sentence


def test_sentences_that_hold_themselves_end(chinese):
    sentence = "Invalid value for '-d': " * 50 + "x"
    assert spoken(sentence).count("的值不对") <= 6


def test_no_sentence_is_taken_for_another():
    """Of two that fit, the first is taken: each must come before any that is wider than it."""
    texts = USAGE
    taken = {}
    for text in texts:
        sentence = text.replace("{", "").replace("}", "")
        taken[text] = next(each for each in texts if shape(each).fullmatch(sentence))
    assert {text: first for text, first in taken.items() if text != first} == {}


def test_repeated_sentence_is_english_to_programs_and_spoken_to_people(chinese):
    repeated = Repeated("renders here")
    assert (str(repeated), repeated.spoken()) == ("renders here", "在本机渲染")


def setup_steps(folder):
    """What the client advises about an address or a key that it cannot use."""
    for url, key in ((None, None), ("nonsense", None), ("https://gate.example", None)):
        with pytest.raises(errors.SetupInvalid) as refused:
            access(url, key, {"FRAMEGATE_DATA_DIR": str(folder)})
        yield refused.value.what_to_do


def advice(folder):
    yield from setup_steps(folder)
    yield errors.StillRunning(Task(id="9", status="submitted"), 1).what_to_do
    yield from (
        kind.what_to_do
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.ClientError)
    )


def test_advice_for_commands_has_no_python_in_it(tmp_path):
    said = {step: in_commands(step) for step in advice(tmp_path)}
    assert not [step for step in said.values() if re.search(r"client\.\w|\w=(?!\w)", step)]
    changed = [after for before, after in said.items() if after != before]
    shapes = [shape(text) for text in STEPS]
    assert all(any(each.fullmatch(after) for each in shapes) for after in changed)
    assert len(changed) == len(STEPS)


def test_advice_for_commands_is_told_in_chinese(chinese, tmp_path):
    changed = [in_commands(step) for step in advice(tmp_path) if in_commands(step) != step]
    assert [step for step in changed if spoken(step) == step] == []
