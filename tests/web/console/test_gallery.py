"""The gallery without a browser. Its videos are rows: what plays is tests/console's business."""

import html
import re

import pytest

from fakes import rows
from framegate.flows import finish
from framegate.store import accounts
from framegate.store.prompts import Prompt, keep
from framegate.web.console import gallery


def finished(door, name, words, *, at_ms=rows.NOW_MS):
    """A task with its video, as the flows leave it."""

    def make(tx):
        account = accounts.account_named(tx, name)
        task = rows.begin(tx, account.id, created_ms=at_ms)
        keep_words(tx, task, words)
        task = rows.accept(tx, task, ticket=f"9{task.id[-8:]}")
        video = rows.a_video(f"vid_{task.id}")
        return finish.succeed(tx, task, video=video, now_ms=at_ms + 5_000, upstream_tells=True)

    return door.gateway.database.write_now(make)


def keep_words(tx, task, words):
    tx.exec_driver_sql("DELETE FROM prompts WHERE task_id = ?", (task.id,))
    keep(tx, task.id, Prompt(text=words, picture_url="https://cdn.example.com/a.jpg"))


def cards(text):
    return re.findall(r'<li class="card" data-task="(\w+)"', text)


@pytest.fixture
async def member(door, looker):
    door.key("acme", credit="100")
    await looker.sign_in("acme")
    return looker


async def test_gallery_is_for_who_is_signed_in(door):
    assert (await door.get("/console/gallery")).status_code == 401


async def test_gallery_is_in_the_navigation(member):
    text = (await member.get("/console/gallery")).text
    assert 'href="/console/gallery" aria-current="page"' in text


async def test_dark_gallery_says_what_will_hang_here(member):
    text = (await member.get("/console/gallery")).text
    assert "The screen is still dark" in text
    assert 'href="/console/playground"' in text


async def test_finished_video_is_a_card_with_all_that_can_be_done(member, door):
    task = finished(door, "acme", "a <fox> runs")
    text = (await member.get("/console/gallery")).text
    assert cards(text) == [task.id]
    assert f'href="/console/tasks/{task.id}"' in text
    assert f'href="/console/playground#reuse={task.id}"' in text
    assert re.search(r'href="/videos/[^"]+" download', text)
    assert "a &lt;fox&gt; runs" in text
    assert re.search(r'data-video="/videos/vid_\w+\.mp4\?', text)


async def test_foreign_picture_is_never_asked_for(member, door):
    finished(door, "acme", "a fox")
    assert "cdn.example.com" not in (await member.get("/console/gallery")).text


async def test_videos_are_found_by_their_words(member, door):
    fox, owl = finished(door, "acme", "a fox"), finished(door, "acme", "an owl")
    assert cards((await member.get("/console/gallery?text=OWL")).text) == [owl.id]
    assert "No video matches" in (await member.get("/console/gallery?text=zeppelin")).text
    assert set(cards((await member.get("/console/gallery")).text)) == {fox.id, owl.id}


async def test_thousands_are_shown_page_by_page(member, door):
    made = [
        finished(door, "acme", "a fox", at_ms=rows.NOW_MS + place)
        for place in range(gallery.LIMIT + 1)
    ]
    first = (await member.get("/console/gallery?text=fox")).text
    (older,) = re.findall(r'href="([^"]+)" rel="next"', first)
    second = (await member.get(html.unescape(older))).text
    assert len(cards(first)) == gallery.LIMIT
    assert cards(second) == [made[0].id]


async def test_other_accounts_videos_hang_elsewhere(member, looker, door):
    door.key("other", credit="100")
    task = finished(door, "other", "a fox")
    assert cards((await member.get("/console/gallery")).text) == []
    await looker.sign_in()
    assert cards((await looker.get("/console/gallery")).text) == [task.id]


async def test_filter_that_is_none_is_complained_about(member):
    answer = await member.get(f"/console/gallery?text={'a' * 201}")
    assert answer.status_code == 400
    assert "text must be at most 200 characters" in answer.text
