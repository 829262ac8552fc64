"""`/openapi.json`: for anybody, in the reader's language, and kept no longer than it is true."""

import pytest

from framegate.web.openapi.document import document

PATH = "/openapi.json"


async def test_description_is_open_to_everybody_and_names_this_server(door):
    answer = await door.get(PATH)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == document("en") | {"servers": [{"url": "http://127.0.0.1:8787"}]}


@pytest.mark.parametrize(
    ("query", "accepted", "language"),
    [
        ("", "", "en"),
        ("", "zh-CN,zh;q=0.9", "zh"),
        ("?lang=en", "zh-CN", "en"),
        ("?lang=zh", "en", "zh"),
    ],
)
async def test_language_is_the_asked_one_then_the_browsers_then_english(
    door, query, accepted, language
):
    answer = await door.get(PATH + query, Accept_Language=accepted)
    assert answer.json()["paths"] == document(language)["paths"]


async def test_unknown_language_is_a_400_that_names_both(door):
    answer = await door.get(f"{PATH}?lang=fr")
    assert answer.status_code == 400
    assert answer.json()["message"] == 'lang must be one of en, zh; got string "fr"'


async def test_reader_who_has_it_gets_a_304(door):
    first = await door.get(PATH)
    again = await door.get(PATH, If_None_Match=first.headers["etag"])
    other = await door.get(f"{PATH}?lang=zh", If_None_Match=first.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")
    assert other.status_code == 200
