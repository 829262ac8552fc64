"""A renderer that paints nothing, and what the tests of the embedded renderer ask of its house."""

import asyncio
import io

from PIL import Image

from fakes.house import body
from framegate.engine.embedded import Wake
from framegate.render.process import Progress, Rendered
from framegate.store import renders

MP4 = b"\x00\x00\x00\x18ftypisom" + bytes(500)


class Painter:
    """A renderer that paints nothing: it writes a file, fails, or waits, as it is told."""

    def __init__(self):
        self.orders = []
        self.failure = None
        self.may_end = None
        self.started = asyncio.Event()

    async def __call__(self, order, *, limits, on_progress):
        self.orders.append((order, order.picture.read_bytes()))
        on_progress(Progress(stage="rendering", frames_done=7, frames_total=120))
        self.started.set()
        if self.may_end is not None:
            await self.may_end.wait()
        if self.failure is not None:
            raise self.failure
        order.video.write_bytes(MP4)
        return Rendered(width=1280, height=720, frames=120, duration_ms=5_000)


def jpeg(width=320, height=300):
    written = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(written, "JPEG")
    return written.getvalue()


def first_frame(house, content, *, file_id="img_1"):
    house.blobs.keep("images", file_id, content)
    return house.links.make("images", file_id, now_ms=house.clock())


async def ordered(house, url=None, **options):
    url = url or first_frame(house, jpeg())
    content = body(**options).replace(b"https://cdn.example.com/a.jpg", url.encode())
    answer = await house.create(house.caller(), content)
    (row,) = house.rows("renders")
    return answer, row["id"]


async def render(house, render_id):
    await house.local.run(Wake(subject=render_id, now_ms=house.clock()))


def row(house, render_id):
    return house.database.read_now(renders.by_id, render_id)
