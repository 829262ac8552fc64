import pytest

from framegate.domain.ledger import Scope
from framegate.gateway import now_ms

PLAYGROUND = "/console/playground"


async def test_link_shows_a_button_that_signs_in(looker):
    link = looker.link()

    page = await looker.get(link)
    assert f'action="{link}"' in page.text
    answer = await looker.post(link)

    assert (answer.status_code, answer.headers["location"]) == (303, PLAYGROUND)
    assert (await looker.get(PLAYGROUND)).status_code == 200


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_preview_of_a_link_does_not_use_it_up(looker, method):
    """Chats and mail fetch every address they see."""
    link = looker.link()
    for _ in range(3):
        assert (await looker.get(link, method)).status_code == 200
    assert not looker.is_signed_in

    assert (await looker.post(link)).status_code == 303


async def test_link_works_once(looker):
    link = looker.link()
    await looker.post(link)

    for answer in (await looker.get(link), await looker.post(link)):
        assert answer.status_code == 403
        assert "This sign-in link is used up" in answer.text
        assert "`" not in answer.text
        assert '<code class="command" data-copy="framegate console">' in answer.text


async def test_session_cookie_is_for_us_alone(looker):
    answer = await looker.post(looker.link())

    (cookie,) = answer.headers.get_list("set-cookie")
    for words in ("HttpOnly", "SameSite=strict", "Path=/", "Max-Age=2592000"):
        assert words.lower() in cookie.lower()
    assert "secure" not in cookie.lower()


async def test_session_cookie_wants_https_where_there_is_https(new_door):
    from web.console.conftest import Looker  # noqa: PLC0415 - tests/web/console itself

    looker = Looker(new_door(server={"public_url": "https://gate.example.com"}))
    answer = await looker.post(looker.link())
    assert "secure" in answer.headers["set-cookie"].lower()


async def test_key_signs_in(looker, door):
    answer = await looker.post("/console/sign-in", f"key={door.key()}")
    assert answer.status_code == 303
    assert "acme" in (await looker.get(PLAYGROUND)).text


@pytest.mark.parametrize("key", ["", "fg_wrong", "x" * 3_000, "%C3%A9"])
async def test_wrong_key_is_told_so_and_never_repeated(looker, key):
    answer = await looker.post("/console/sign-in", f"key={key}")

    assert answer.status_code == 401
    assert "No account has this key" in answer.text
    assert not key or key not in answer.text
    assert not looker.is_signed_in


async def test_expired_key_is_told_so(looker, door):
    key = door.key(expires_ms=now_ms() - 1)
    answer = await looker.post("/console/sign-in", f"key={key}")
    assert (answer.status_code, "has expired" in answer.text) == (401, True)


@pytest.mark.parametrize("path", ["/console/sign-in", "/console/sign-out", "/console/look"])
@pytest.mark.parametrize(
    "proof", [{"Sec_Fetch_Site": "cross-site"}, {"Sec_Fetch_Site": "none"}, {"Sec_Fetch_Site": ""}]
)
async def test_form_of_another_site_does_nothing(looker, door, path, proof):
    answer = await looker.post(path, f"key={door.key()}&theme=dark", **proof)
    assert answer.status_code == 403
    assert looker.cookies == {}


async def test_link_of_another_site_s_form_is_not_used_up(looker):
    link = looker.link()
    assert (await looker.post(link, Sec_Fetch_Site="cross-site")).status_code == 403
    assert (await looker.post(link)).status_code == 303


async def test_signing_out_ends_the_session_itself(looker):
    await looker.sign_in()
    kept = dict(looker.cookies)

    assert (await looker.post("/console/sign-out")).headers["location"] == "/console/sign-in"

    looker.cookies = kept
    answer = await looker.get(PLAYGROUND)
    assert answer.headers["location"] == f"/console/sign-in?next={PLAYGROUND}&over=1"
    assert "nobody used it for long" in (await looker.get(answer.headers["location"])).text
    assert "nobody used it for long" not in (await looker.get("/console/sign-in")).text


@pytest.mark.parametrize(
    ("asked", "leads_to"),
    [
        ("/console/sign-in", "/console/sign-in"),
        ("https://evil.example.com", PLAYGROUND),
        ("//evil.example.com", PLAYGROUND),
        ("/console//evil.example.com", PLAYGROUND),
        ("/console/\\evil", PLAYGROUND),
        ("/console/%0d%0aSet-Cookie:%20a=b", PLAYGROUND),
        ("/api/account", PLAYGROUND),
        ("", PLAYGROUND),
    ],
)
async def test_way_back_stays_in_the_console(looker, door, asked, leads_to):
    answer = await looker.post("/console/sign-in", f"key={door.key()}&next={asked}")
    assert answer.headers["location"] == leads_to


async def test_language_and_theme_are_kept(looker):
    answer = await looker.post("/console/look", "language=zh&next=/console/sign-in")
    assert answer.headers["location"] == "/console/sign-in"
    await looker.post("/console/look", "theme=light")

    page = (await looker.get("/console/sign-in")).text
    assert 'lang="zh-CN" data-theme="light"' in page
    assert "登录控制台" in page


async def test_unknown_language_and_theme_are_left_alone(looker):
    await looker.post("/console/look", "language=xx&theme=purple")
    assert looker.cookies == {}


async def test_form_of_too_many_fields_is_refused(looker):
    answer = await looker.post("/console/look", "&".join(f"a{n}=1" for n in range(50)))
    assert answer.status_code == 400


async def test_read_key_may_look(looker, door):
    await looker.post("/console/sign-in", f"key={door.key(scope=Scope.READ)}")
    assert "Read key: look only" in (await looker.get(PLAYGROUND)).text
