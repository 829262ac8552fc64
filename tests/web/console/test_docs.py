"""`/docs`: for anybody, in the reader's language, with and without the viewer's files."""

from framegate.web.console.docs import VIEWER
from framegate.web.console.pages import DOCS
from framegate.web.console.static_files import StaticFiles


async def test_page_needs_no_key_and_names_the_description(looker):
    answer = await looker.get(DOCS)
    assert answer.status_code == 200
    assert 'data-description="/openapi.json?lang=en"' in answer.text


async def test_page_is_in_the_readers_language(looker):
    answer = await looker.get(DOCS, Accept_Language="zh-CN")
    assert 'data-description="/openapi.json?lang=zh"' in answer.text


async def test_policy_lets_the_viewers_own_drawings_in_and_nothing_foreign(looker):
    policy = (await looker.get(DOCS)).headers["content-security-policy"]
    assert "img-src 'self' blob: data:;" in policy
    assert "script-src 'self';" in policy
    assert "http" not in policy


async def test_page_without_the_vendor_folder_links_to_the_description(looker, monkeypatch):
    monkeypatch.setattr(StaticFiles, "has", lambda _, name: not name.startswith("vendor/"))
    text = (await looker.get(DOCS)).text
    assert VIEWER not in text
    assert 'href="/openapi.json?lang=en"' in text
