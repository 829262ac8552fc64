"""Links to stored files: they open what they were signed for, until their time is over."""

import pytest

from framegate.domain.task import TaskStatus, Video
from framegate.flows import finish
from framegate.gateway import now_ms
from framegate.store import tasks, videos

CREATE = "/kling/image-to-video/kling-3.0-turbo"
BODY = b'{"contents":[{"type":"first_frame","url":"https://cdn.example.com/a.jpg"}]}'
MP4 = b"\x00\x00\x00\x18ftypisom" + bytes(range(100))


@pytest.fixture
async def link(door):
    """The link of a task that has ended well."""
    key = door.key()
    task_id = (await door.post(CREATE, BODY, key=key)).headers["X-Framegate-Task"]
    door.gateway.blobs.keep("videos", "vid_1", MP4)
    video = Video(
        id="vid_1", output_id="9", bytes_count=len(MP4), sha256="ab" * 32, duration="5.041",
        source_url="", created_ms=now_ms(),
    )  # fmt: skip

    def end(tx):
        task = tasks.by_id(tx, task_id)
        finish.succeed(tx, task, video=video, now_ms=now_ms(), upstream_tells=True)
        return tasks.by_id(tx, task_id)

    assert door.gateway.database.write_now(end).status is TaskStatus.SUCCEEDED
    data = (await door.get(f"{CREATE}/{task_id}", key=key)).json()["data"]
    return data["task_result"]["videos"][0]["url"]


async def test_the_link_of_an_answer_opens_the_video_without_a_key(door, link):
    answer = await door.get(link)
    assert (answer.status_code, answer.content) == (200, MP4)
    assert answer.headers["Content-Type"] == "video/mp4"


async def test_a_player_may_ask_for_a_part(door, link):
    answer = await door.get(link, Range="bytes=4-7")
    assert (answer.status_code, answer.content) == (206, b"ftyp")


async def test_who_has_it_already_is_told_so(door, link):
    etag = (await door.get(link)).headers["ETag"]
    answer = await door.get(link, If_None_Match=etag)
    assert (answer.status_code, answer.content) == (304, b"")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda link: link.split("?")[0],
        lambda link: link[:-1] + ("0" if link[-1] != "0" else "1"),
        lambda link: link.replace("vid_1", "vid_2"),
        lambda link: link.replace("/videos/", "/images/").replace(".mp4", ""),
        lambda link: link.replace("expires=", "expires=9"),
        lambda link: link.replace("expires=", "expires=-"),
        lambda link: link.split("expires=")[0] + "expires=%C2%B2&signature=%C3%A9",
    ],
)
async def test_a_link_that_was_changed_opens_nothing(door, link, spoil):
    answer = await door.get(spoil(link))
    assert (answer.status_code, answer.json()["code"]) == (403, 1103)
    assert answer.json()["message"] == "this link has expired; query the task for a fresh one"


async def test_a_link_dies_at_its_second(door, link):
    links = door.gateway.links
    old = links.make("videos", "vid_1", now_ms=now_ms() - links.good_for_s * 1_000 - 2_000)
    assert (await door.get(old)).status_code == 403


async def test_a_removed_video_is_not_found_and_leaves_the_answer(door, link):
    door.gateway.database.write_now(videos.forget, "vid_1", now_ms=now_ms())
    assert (await door.get(link)).status_code == 404
