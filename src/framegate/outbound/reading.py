"""The body of an answer: counted while it comes, whole or not at all.

`door` reads every answer through it. The limits count what comes out after a content coding is
undone, so a small answer that unpacks to a large one is stopped as early as a large one.
"""

import asyncio
import hashlib
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from framegate import crash
from framegate.errors import AnswerLost, AnswerTooLarge
from framegate.outbound.coding import Decoding

BEGINNING_WAIT_S_MAX = 1
"""How long `tell` waits for a body once the status is there."""


@dataclass(frozen=True, kw_only=True)
class Downloaded:
    """A file that came whole. media_type is what the server claims, "" when it does not."""

    bytes_count: int
    sha256: str
    media_type: str


async def whole(response: aiohttp.ClientResponse, bytes_max: int) -> bytes:
    """The body in memory. Raises AnswerTooLarge, AnswerLost, aiohttp.ClientError."""
    _refuse_announced(response, bytes_max)
    return b"".join([part async for part in _plain_parts(response, bytes_max)])


def _refuse_announced(response: aiohttp.ClientResponse, bytes_max: int) -> None:
    """Refuse a body by its announced length, before a byte of it is read or a file is made.

    A coded one announces the bytes on the wire, which say nothing about those that come out.
    """
    announced = response.content_length
    is_plain = Decoding(response.headers.get("Content-Encoding", "")).is_plain
    if is_plain and announced is not None and announced > bytes_max:
        raise AnswerTooLarge(f"{announced} bytes are announced; the limit is {bytes_max} bytes")


async def beginning(response: aiohttp.ClientResponse, bytes_kept: int) -> bytes:
    """Whatever came of the first bytes within a moment, as sent; no trouble is an error here."""
    kept = bytearray()
    with suppress(aiohttp.ClientError, OSError):
        async with asyncio.timeout(BEGINNING_WAIT_S_MAX):
            while missing := bytes_kept - len(kept):
                part = await response.content.read(missing)
                if not part:
                    break
                kept += part
    return bytes(kept)


async def _plain_parts(
    response: aiohttp.ClientResponse, bytes_max: int
) -> AsyncGenerator[bytes, None]:
    """The parts of the body after any coding is undone; never more than bytes_max together."""
    decoding = Decoding(response.headers.get("Content-Encoding", ""))
    count = 0
    while raw := await _read(response):
        for part in decoding.feed(raw):
            count += len(part)
            if count > bytes_max:
                raise AnswerTooLarge(f"more than {bytes_max} bytes")
            yield part
    decoding.finish()


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """What has arrived, at least one byte; b"" at the end."""
    try:
        return await response.content.readany()
    except OSError as exc:
        # A bare OSError of the socket would look like one of the file that is being written.
        raise AnswerLost(f"the connection broke ({type(exc).__name__})") from exc


async def keep(response: aiohttp.ClientResponse, to: Path, bytes_max: int) -> Downloaded:
    """The body in the file `to`. Raises as `whole`, and OSError when `to` cannot be written."""
    _refuse_announced(response, bytes_max)
    digest = hashlib.sha256()
    count = 0

    def write(part: bytes) -> None:
        file.write(part)
        digest.update(part)

    with to.open("wb") as file:
        async with aclosing(_plain_parts(response, bytes_max)) as parts:
            async for part in parts:
                count += len(part)
                # A slow disk holds up this download only, not everything on the event loop.
                await asyncio.to_thread(write, part)
                crash.at("download.part")
    return Downloaded(
        bytes_count=count,
        sha256=digest.hexdigest(),
        media_type=response.headers.get("Content-Type", ""),
    )
