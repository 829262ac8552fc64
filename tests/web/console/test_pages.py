import re

import pytest

PAGES = ("/console/sign-in", "/console/playground", "/console/nowhere")


async def test_browser_is_led_from_the_front_page_to_the_console(looker):
    answer = await looker.get("/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/playground")
    assert answer.headers["vary"] == "Accept"


async def test_programs_still_get_the_about(door):
    answer = await door.get("/")
    assert answer.json()["data"]["name"] == "framegate"


async def test_stranger_is_led_to_the_sign_in_and_back(looker):
    answer = await looker.get("/console/playground")
    assert answer.headers["location"] == "/console/sign-in?next=/console/playground"


@pytest.mark.parametrize("path", PAGES)
async def test_policy_lets_nothing_inline_or_foreign_run(looker, path):
    await looker.sign_in()
    answer = await looker.get(path)

    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "style-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", PAGES)
async def test_page_holds_no_script_and_no_style_of_its_own(looker, path):
    await looker.sign_in()
    text = (await looker.get(path)).text

    for attributes, content in re.findall(r"<script([^>]*)>(.*?)</script>", text, re.DOTALL):
        assert ("src=" in attributes and not content) or "application/json" in attributes
    assert "<style" not in text
    assert not re.search(r"\s(style|on\w+)=", text)


@pytest.mark.parametrize("path", PAGES)
async def test_page_asks_nobody_else(looker, path):
    await looker.sign_in()
    text = (await looker.get(path)).text
    asked = re.findall(r'(?:src|href|action)="([^"]*)"', text)
    assert asked
    # Paths of this gateway: "//" would begin a foreign host.
    assert all(re.match(r"#|/(?!/)", each) for each in asked)


async def test_error_is_a_page_for_people_and_an_envelope_for_programs(looker, door):
    page = await looker.get("/console/nowhere")
    assert page.status_code == 404
    assert "There is nothing here" in page.text
    assert page.headers["x-request-id"] in page.text

    assert (await door.get("/console/nowhere")).json()["code"] == 1203


@pytest.mark.parametrize("path", ["/api/account", "/api/nowhere", "/kling/nowhere"])
async def test_api_answers_a_browser_in_the_envelope_too(looker, path):
    answer = await looker.get(path)
    assert answer.json()["code"] in {1001, 1203}


async def test_what_somebody_called_an_account_is_text(looker, door):
    name = "<img src=x onerror=alert(1)>"
    await looker.post("/console/sign-in", f"key={door.key(name)}")
    text = (await looker.get("/console/playground")).text
    assert "&lt;img src=x onerror=alert(1)&gt;" in text
    assert name not in text


async def test_echoed_path_is_text(looker):
    text = (await looker.get("/console/<script>alert(1)</script>")).text
    assert "<script>alert" not in text


async def test_navigation_shows_what_is_there_and_what_one_may_see(looker, door):
    await looker.post("/console/sign-in", f"key={door.key()}")
    text = (await looker.get("/console/playground")).text
    assert 'href="/console/playground" aria-current="page"' in text
    assert "/console/accounts" not in text


async def test_language_of_the_browser_is_spoken(looker):
    text = (await looker.get("/console/sign-in", Accept_Language="zh-CN,zh;q=0.9,en;q=0.8")).text
    assert '<html lang="zh-CN"' in text


async def test_pages_do_without_the_fonts_and_scripts_of_others(looker, door):
    """As they look where `make assets` never ran."""
    pages = door.http._transport.app._refused.__self__
    files = {name: each for name, each in pages.files._files.items() if "vendor/" not in name}
    pages.files._files.clear()
    pages.files._files.update(files)

    text = (await looker.get("/console/sign-in")).text
    assert "vendor/" not in text
    assert "Sign in to the console" in text
