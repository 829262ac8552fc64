"""The vendor's files: signed addresses that expire, ranges, and every way in which one is no good.

The films themselves come from a `Films`: the command renders real ones, the tests have a tiny one.
"""

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator, Callable
from enum import Enum
from pathlib import Path
from typing import Protocol
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response, StreamingResponse

from framegate.pretend.says import PROXY_HTML
from framegate.pretend.task import Film, PretendTask
from framegate.pretend.wire import break_off

MP4 = "video/mp4"
PIECE_BYTES = 1 << 18
SLOW_PIECES = 20
SLOW_WAIT_S = 0.25
LOOP = "loop"  # An address with it leads to itself, again and again.


class VideoFault(Enum):
    """What is wrong with one answer to the request for a video."""

    USUAL = "usual"
    NOT_FOUND = "not-found"
    HALF = "half"  # The length is announced, and half of it comes.
    HTML = "html"  # A page, with HTTP 200 and the type of one.
    ENDLESS = "endless"
    SLOW = "slow"
    REDIRECT = "redirect"  # Once, to the file.
    REDIRECT_LOOP = "redirect-loop"
    WRONG_CONTENT = "wrong-content"  # Called a video, and none.
    EMPTY = "empty"
    FORBIDDEN = "forbidden"


VIDEO_FAULTS = tuple(VideoFault)


class Films(Protocol):
    """Who has the films."""

    async def film(self, resolution: str, duration_s: int) -> Path:
        """A file with a whole MP4 that stays where it is."""
        ...


class Links:
    """Addresses as the vendor makes them: `...mp4?Expires=UNIX_S&sig=HEX` (5.4)."""

    def __init__(self, secret: bytes, *, good_for_s: int) -> None:
        self._secret, self._good_for_s = secret, good_for_s

    def film(self, task: PretendTask, *, base_url: str, now_ms: int) -> Film:
        """Both addresses of a task's video; they expire a fixed time after it ended."""
        expires_s = task.updated_ms(now_ms) // 1_000 + self._good_for_s
        plain, marked = (
            f"{base_url}/files/{name}?"
            + urlencode({"Expires": expires_s, "sig": self._sign(name, str(expires_s))})
            for name in (f"{task.id}.mp4", f"{task.id}-watermark.mp4")
        )
        return Film(url=plain, watermark_url=marked)

    def opens(self, request: Request, *, now_s: int) -> bool:
        """Whether an address is one of ours and its time is not over."""
        name, expires = request.path_params["name"], request.query_params.get("Expires", "")
        signature = request.query_params.get("sig", "")
        is_ours = hmac.compare_digest(self._sign(name, expires).encode(), signature.encode())
        return is_ours and now_s <= int(expires)

    def _sign(self, name: str, expires: str) -> str:
        return hmac.new(self._secret, f"{name}?{expires}".encode(), hashlib.sha256).hexdigest()[:32]


def spoiled(fault: VideoFault, path: Path, request: Request) -> Response | None:
    """The answer that a fault makes of a file; None when the good file is to be sent."""
    if LOOP in request.query_params:
        return _redirect(request)
    spoil = _SPOILED.get(fault)
    return spoil(path.read_bytes(), request) if spoil else None


def whole(path: Path) -> Response:
    """The good file, or the range of it that is asked for."""
    return FileResponse(path, media_type=MP4)


async def _half(film: bytes, request: Request) -> AsyncIterator[bytes]:
    yield film[: len(film) // 2]
    await asyncio.sleep(SLOW_WAIT_S)  # A reset would overtake what is not yet written.
    break_off(request.scope)
    await asyncio.sleep(SLOW_WAIT_S)


async def _endless(film: bytes) -> AsyncIterator[bytes]:
    yield film
    while True:  # Until the other side has had enough: the server cancels this.
        yield bytes(PIECE_BYTES)
        await asyncio.sleep(0)


async def _slowly(film: bytes) -> AsyncIterator[bytes]:
    piece = len(film) // SLOW_PIECES + 1
    for begin in range(0, len(film), piece):
        yield film[begin : begin + piece]
        await asyncio.sleep(SLOW_WAIT_S)


def _streamed(parts: AsyncIterator[bytes], **headers: str) -> Response:
    return StreamingResponse(parts, media_type=MP4, headers=headers)


def _redirect(request: Request, query: str = "") -> Response:
    return RedirectResponse(f"{request.url}{query}", 302)


_SPOILED: dict[VideoFault, Callable[[bytes, Request], Response]] = {
    VideoFault.NOT_FOUND: lambda _film, _asked: Response(b"Not Found", 404),
    VideoFault.FORBIDDEN: lambda _film, _asked: Response(b"Forbidden", 403),
    VideoFault.HTML: lambda _film, _asked: Response(PROXY_HTML, media_type="text/html"),
    VideoFault.WRONG_CONTENT: lambda film, _asked: Response(bytes(len(film)), media_type=MP4),
    VideoFault.EMPTY: lambda _film, _asked: Response(b"", media_type=MP4),
    VideoFault.REDIRECT: lambda _film, asked: _redirect(asked),
    VideoFault.REDIRECT_LOOP: lambda _film, asked: _redirect(asked, f"&{LOOP}=1"),
    VideoFault.HALF: lambda film, asked: _streamed(
        _half(film, asked), **{"Content-Length": str(len(film))}
    ),
    VideoFault.ENDLESS: lambda film, _asked: _streamed(_endless(film)),
    VideoFault.SLOW: lambda film, _asked: _streamed(_slowly(film)),
}
