"""The pretend vendor as tests have it: one tiny film for all, and every task ends at once."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2

from fakes.serving import serving
from fakes.tiny_video import tiny_video
from framegate.pretend.app import app
from framegate.pretend.vendor import Config, Vendor
from framegate.web import server

PATIENCE_S = 20
API_KEY = Config.api_key
KEY = {"Authorization": f"Bearer {API_KEY}"}
IMAGE = "/image-to-video/kling-3.0-turbo"
TEXT = "/text-to-video/kling-3.0-turbo"
BEGAN_MS = 1_783_065_388_949


class OneFilm:
    """The same file for every order."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "tiny.mp4"
        self.path.write_bytes(tiny_video())

    async def film(self, resolution: str, duration_s: int) -> Path:
        return self.path


def vendor_in(folder: Path, *, clock_ms=None, post=None, url="http://vendor", **config) -> Vendor:
    """A vendor whose log is in a folder; slots and pace are out of the way unless asked for."""
    named = {"clock_ms": clock_ms, "post": post}
    return Vendor(
        config=Config(**{"slots": 0, "pace": 0, **config}),
        films=OneFilm(folder),
        log_path=folder / "vendor.jsonl",
        url=url,
        **{name: value for name, value in named.items() if value is not None},
    )


@contextmanager
def selling(folder: Path, **config) -> Iterator[Vendor]:
    """A vendor on a real socket."""
    listener = server.listen("127.0.0.1", 0)
    vendor = vendor_in(folder, url=listener.url, **config)
    try:
        with serving(app(vendor), listener):
            yield vendor
            vendor.hanging.release()
    finally:
        vendor.close()


class Clock:
    """A clock that a test moves."""

    def __init__(self):
        self.now_ms = BEGAN_MS

    def __call__(self):
        return self.now_ms

    def pass_s(self, seconds):
        self.now_ms += int(seconds * 1_000)


def order(external_id="", *, callback="", **settings):
    contents = [{"type": "first_frame", "url": "https://cdn.example.com/a.jpg"}]
    named = {"external_task_id": external_id, "callback_url": callback}
    options = {name: value for name, value in named.items() if value}
    return {"contents": contents, "settings": settings, "options": options}


class Caller:
    """Somebody with the vendor's key."""

    def __init__(self, vendor):
        self.vendor = vendor
        transport = httpx2.ASGITransport(app(vendor))
        self.http = httpx2.AsyncClient(transport=transport, base_url=vendor.url)

    async def create(self, body=None, path=IMAGE, **headers):
        content = body if isinstance(body, bytes) else json.dumps(body or order()).encode()
        return await self.http.post(path, content=content, headers=KEY | headers)

    async def made(self, *words, path=IMAGE, **settings):
        """The id of a task that was sold."""
        answer = await self.create(order(*words, **settings), path)
        assert answer.json()["code"] == 0, answer.text
        return answer.json()["data"]["id"]

    async def get(self, path, **headers):
        return await self.http.get(path, headers=KEY | headers)

    async def post(self, path, body=None, **headers):
        return await self.http.post(path, content=json.dumps(body or {}), headers=KEY | headers)

    async def task(self, task_id):
        """The one object of a query."""
        (shown,) = (await self.get(f"/tasks?task_ids={task_id}")).json()["data"]
        return shown


async def until(is_so):
    """Let other tasks of the loop run until it is so."""
    async with asyncio.timeout(PATIENCE_S):
        while not is_so():  # noqa: ASYNC110 - there is no event for what others do meanwhile
            await asyncio.sleep(0)
