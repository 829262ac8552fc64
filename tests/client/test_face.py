"""Both faces have every call, with the same signature and the same words, and answer alike."""

import asyncio
import hashlib
import inspect
from decimal import Decimal

import pytest
from starlette.responses import Response

from fakes.scripted_server import success
from framegate import AsyncFramegate, AsyncVideo, Framegate, SetupInvalid, Video
from framegate.client import calls
from framegate.client.face import Calls, VideoCalls

FILM = b"film"


@pytest.fixture
def url(scripted):
    server, url = scripted
    link = {"url": f"{url}/videos/vid_1.mp4"}
    done = {"id": "9", "status": "succeeded", "outputs": [link], "price": "0.56"}
    done |= {"currency": "USD", "sha256": hashlib.sha256(FILM).hexdigest(), "bytes": 4}
    created = success({"id": "9", "status": "submitted"})
    server.answers.extend([created, success(done), success(done), Response(FILM)])
    return url


def test_call_answers(url, tmp_path):
    with Framegate(url, "fg_key") as client:
        video = client.generate("https://cdn.example.com/a.jpg", "push in")
        assert video.save(tmp_path).read_bytes() == FILM
    assert isinstance(video, Video)
    assert (video.cost, video.currency, video.bytes_count) == (Decimal("0.56"), "USD", 4)
    assert video.url.endswith("/videos/vid_1.mp4")


async def test_call_of_the_other_face_is_awaited(url, tmp_path):
    async with AsyncFramegate(url, "fg_key") as client:
        video = await client.generate("https://cdn.example.com/a.jpg", "push in")
        assert (await video.save(tmp_path)).read_bytes() == FILM
    assert isinstance(video, AsyncVideo)
    assert video.cost == Decimal("0.56")


def test_link_and_key_stay_out_of_what_is_printed(url):
    with Framegate(url, "fg_secret") as client:
        video = client.generate("https://cdn.example.com/a.jpg")
        assert "videos" not in repr(video)
        assert "fg_secret" not in repr(client)


SCRIPTS = [
    (face, name, script)
    for face, script_face in ((Framegate, Calls), (AsyncFramegate, Calls), (Video, VideoCalls),
                              (AsyncVideo, VideoCalls))
    for name in vars(script_face)
    if not name.startswith("_")
    for script in [getattr(calls, name)]
]  # fmt: skip


@pytest.mark.parametrize(("face", "name", "script"), SCRIPTS)
def test_call_has_its_scripts_words_and_parameters(face, name, script):
    """What an editor or `help` shows is the description itself."""
    call = getattr(face, name)
    assert call.__doc__ == script.__doc__
    shown = inspect.signature(call)
    own = [each for each in inspect.signature(script).parameters if each not in ("ask", "_ask")]
    is_of_a_video = face in (Video, AsyncVideo)
    assert list(shown.parameters) == ["self", *own[1 if is_of_a_video else 0 :]]


def test_every_public_script_is_a_call_of_one_face():
    described = {
        name
        for name, value in vars(calls).items()
        if inspect.isgeneratorfunction(value) and not name.startswith("_")
    }
    assert described == {
        name for face in (Calls, VideoCalls) for name in vars(face) if not name.startswith("_")
    }


def test_client_without_a_key_does_not_begin(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("FRAMEGATE_URL", "FRAMEGATE_KEY", "FRAMEGATE_DATA_DIR"):
        monkeypatch.delenv(name, raising=False)
    for face in (Framegate, AsyncFramegate):
        with pytest.raises(SetupInvalid, match="FRAMEGATE_KEY"):
            face()


def test_environment_says_where_the_server_is(url, monkeypatch):
    monkeypatch.setenv("FRAMEGATE_URL", url)
    monkeypatch.setenv("FRAMEGATE_KEY", "fg_key")
    with Framegate() as client:
        assert client.submit("https://cdn.example.com/a.jpg").price == Decimal("0.56")


def test_many_calls_of_one_client_run_at_once(scripted):
    server, url = scripted
    server.answers.extend([success({"id": "9", "status": "processing"})] * 8)

    async def run():
        async with AsyncFramegate(url, "fg_key") as client:
            return await asyncio.gather(*(client.task("9") for _ in range(8)))

    assert [task.status for task in asyncio.run(run())] == ["processing"] * 8
