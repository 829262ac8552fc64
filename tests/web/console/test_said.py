import json

import pytest

from framegate.web.console.pages import _environment
from framegate.web.console.said import BODY_BYTES_MAX, SENTENCES_MAX
from framegate.web.console.static_files import StaticFiles
from web.console.conftest import Looker

CREATE = "/kling/image-to-video/kling-3.0-turbo"
CHINESE = {"Accept_Language": "zh-CN"}
SCRIPT = {
    "X_Framegate_Console": "1",
    "Content_Type": "application/json",
    "Sec_Fetch_Site": "same-origin",
}


async def said(looker, sentences, **headers):
    body = json.dumps({"sentences": sentences})
    return await looker.post("/console/said", body, **(SCRIPT | headers))


async def test_sentences_are_answered_in_the_language_of_the_browser(looker):
    await looker.sign_in()
    sentences = [
        "task not found",
        "the upstream's own words",
        'name must be a string; got string "x"',
    ]
    chinese = ["没有这个任务", None, 'name 必须是字符串；收到字符串 "x"']
    assert (await said(looker, sentences, **CHINESE)).json()["data"] == {"said": chinese}
    assert (await said(looker, sentences)).json()["data"] == {"said": [None, None, None]}


async def test_chosen_language_is_that_of_the_pages(looker):
    await looker.sign_in()
    looker.cookies["framegate_language"] = "zh"
    assert (await said(looker, ["task not found"])).json()["data"]["said"] == ["没有这个任务"]


async def test_stranger_and_foreign_page_learn_nothing(looker):
    assert (await said(looker, ["task not found"])).status_code == 401
    await looker.sign_in()
    answer = await said(looker, ["task not found"], Sec_Fetch_Site="cross-site", Accept="*/*")
    assert answer.json()["code"] == 1103


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "/sentences"),
        ({"sentences": "one"}, "/sentences"),
        ({"sentences": [5]}, "/sentences/0"),
        ({"sentences": ["x"] * (SENTENCES_MAX + 1)}, "/sentences"),
    ],
)
async def test_what_is_no_list_of_sentences_is_refused(looker, body, path):
    await looker.sign_in()
    answer = await looker.post("/console/said", json.dumps(body), **SCRIPT, Accept="*/*")
    assert answer.status_code == 400
    assert answer.json()["data"]["errors"][0]["path"] == path


async def test_as_many_as_one_answer_can_have_are_taken(looker):
    await looker.sign_in()
    answer = await said(looker, ["task not found"] * SENTENCES_MAX, **CHINESE)
    assert answer.json()["data"]["said"] == ["没有这个任务"] * SENTENCES_MAX


async def test_body_beyond_any_answer_is_refused(looker):
    await looker.sign_in()
    answer = await said(looker, ["x" * BODY_BYTES_MAX], Accept="*/*")
    assert answer.status_code == 413


# --- what templates write -------------------------------------------------------------------------


async def test_error_page_says_why_in_chinese(looker):
    text = (await looker.get("/console/nowhere/at/all", **CHINESE)).text
    assert "没有这个路径：/console/nowhere/at/all" in text
    assert "path not found" not in text


@pytest.mark.parametrize(
    ("path", "chinese"),
    [
        ("/console/tasks?from=yesterday", "from 必须是 Unix 毫秒或 YYYY-MM-DD；收到字符串"),
        ("/console/tasks?account=nobody", "没有这个账户"),
        ("/console/usage?from=2026-03-01&to=2026-02-01", "from 不能晚于 to"),
        ("/console/gallery?cursor=x", "cursor 必须是之前某次应答里的 next_cursor"),
    ],
)
async def test_filter_that_does_not_work_says_so_in_chinese(looker, path, chinese):
    await looker.sign_in()
    assert chinese in (await looker.get(path, **CHINESE)).text


async def test_operators_note_of_a_task_is_said_in_chinese(dead_door):
    frame = {"type": "first_frame", "url": "https://cdn.example.com/a.jpg"}
    await dead_door.post(CREATE, json.dumps({"contents": [frame]}).encode(), key=dead_door.key())
    task_id = dead_door.gateway.database.read_now(
        lambda tx: tx.exec_driver_sql("SELECT id FROM tasks").scalar_one()
    )
    looker = await Looker(dead_door).sign_in()
    text = (await looker.get(f"/console/tasks/{task_id}", **CHINESE)).text
    assert "vendor：无法建立连接（" in text
    assert "no connection could be made" not in text


def written(sentence, language):
    parts = _environment(language, StaticFiles()).get_template("parts.html")
    return str(parts.make_module({"language": language}).said(sentence))


@pytest.mark.parametrize(
    ("sentence", "language", "html"),
    [
        ("task not found", "zh", "没有这个任务"),
        ("task not found", "en", "task not found"),
        ("<b> of an upstream", "zh", '<span lang="en">&lt;b&gt; of an upstream</span>'),
        ("内容不合规", "zh", "内容不合规"),
        ("", "zh", ""),
        ("path not found: /<b>", "zh", "没有这个路径：/&lt;b&gt;"),
    ],
)
def test_sentence_is_text_and_tells_its_language(sentence, language, html):
    assert written(sentence, language) == html


async def test_english_pages_say_it_as_the_api_does(looker):
    await looker.sign_in()
    text = (await looker.get("/console/tasks?account=nobody")).text
    assert "account not found" in text
    assert '<span lang="en">' not in text


@pytest.mark.parametrize(
    ("sentence", "shown"),
    [
        ("`framegate <x>` prints one", "<code>framegate &lt;x&gt;</code> prints one"),
        ("one ` alone", "one ` alone"),
        ("", ""),
    ],
)
def test_words_between_backticks_are_shown_as_code(sentence, shown):
    assert written(sentence, "en") == shown
