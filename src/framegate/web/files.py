"""Answer with one stored file: whole, one range of it, or the news that the caller has it.

`web.stored` calls it, after it has judged the link. It reads the file as it lies there; that the
file is complete and has this SHA-256 is the store's promise.

Starlette's FileResponse sends the bytes. What it lacks is here: it never answers 304, refuses a
malformed Range that the standard wants ignored, and answers 416 in plain text.
"""

import os
import re
import stat
from enum import Enum
from pathlib import Path

import anyio.to_thread
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.types import Message, Receive, Scope, Send

from framegate.errors import NotFound, StoreDown

CHUNK_BYTES = 256 * 1024
"""Read in one go, each a hop to a thread: four times Starlette's, for a quarter of the hops."""

# One range: `bytes=0-99`, `bytes=100-`, `bytes=-100`. A list of ranges is answered with the whole
# file, which the standard allows: no player asks for a list, and each part of it costs a seek.
_ONE_RANGE = re.compile(r"bytes=(?P<first>\d{0,19})-(?P<last>\d{0,19})", re.IGNORECASE)
_UNSAFE_IN_A_NAME = re.compile(r"[^A-Za-z0-9._-]+")


async def serve(
    request: Request,
    path: Path,
    *,
    media_type: str,
    name: str,
    sha256: str,
    expires_s: int,
    now_s: int,
) -> Response:
    """Answer GET or HEAD with the file at `path`.

    sha256      hex; it is the ETag, so that a client can check what it has
    expires_s   Unix seconds when the link dies; a cache may keep the file so long, since a stored
                file never changes
    raises      NotFound when there is no such file (any more), StoreDown when the disk does not say
    source      RFC 9110, sections 13 (conditions) and 14 (ranges)
    """
    found = await _stat(path)
    headers = {
        "ETag": f'"{sha256}"',
        "Cache-Control": f"private, max-age={max(0, expires_s - now_s)}, immutable",
        "Content-Disposition": f'inline; filename="{_safe(name)}"',
        "Accept-Ranges": "bytes",
    }
    file = _Stored(path, headers=headers, media_type=media_type, stat_result=found)
    if _has_it(request.headers, etag=headers["ETag"]):
        return Response(status_code=304, headers=_of_a_304(file.headers))
    match _wanted(request.headers, file.headers, bytes_total=found.st_size):
        case Wanted.NOTHING_THERE:
            content_range = {"Content-Range": f"bytes */{found.st_size}"}
            return Response(status_code=416, headers={**headers, **content_range})
        case Wanted.WHOLE:
            file.is_whole = True
    return file


class Wanted(Enum):
    """What a Range header asks for."""

    WHOLE = "no Range, or one that the standard wants ignored"
    RANGE = "one range, at least partly within the file"
    NOTHING_THERE = "one range beyond the end"


def _wanted(asked: Headers, file: Headers, *, bytes_total: int) -> Wanted:
    matched = _ONE_RANGE.fullmatch(asked.get("range", "").strip())
    is_same_file = asked.get("if-range") in (None, file["etag"], file["last-modified"])
    if matched is None or not is_same_file or not _is_forwards(matched):
        return Wanted.WHOLE
    return Wanted.RANGE if _is_within(matched, bytes_total) else Wanted.NOTHING_THERE


class _Stored(FileResponse):
    """FileResponse with larger steps, able to leave a Range header alone and to say that it cannot.

    Starlette's begins its answer and then opens the file: with no descriptor left, or on a disk
    that does not read, the caller would see a good answer that breaks off.
    """

    chunk_size = CHUNK_BYTES
    is_whole = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.is_whole:
            kept = [header for header in scope["headers"] if header[0] != b"range"]
            scope = {**scope, "headers": kept}
        held = _Held(send)
        try:
            await super().__call__(scope, receive, held)
        except OSError as exc:
            if held.start is None:
                raise
            raise StoreDown from exc


class _Held:
    """The send side of an answer whose head waits for its first bytes."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.start: Message | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.start = message
            return
        start, self.start = self.start, None
        if start is not None:
            await self._send(start)
        await self._send(message)


async def _stat(path: Path) -> os.stat_result:
    try:
        found = await anyio.to_thread.run_sync(os.stat, path)
    except (FileNotFoundError, NotADirectoryError) as exc:
        raise NotFound("file not found; it was removed after its time") from exc
    except OSError as exc:
        raise StoreDown from exc
    if not stat.S_ISREG(found.st_mode):
        raise NotFound("file not found; it was removed after its time")
    return found


def _has_it(headers: Headers, *, etag: str) -> bool:
    """Whether the caller's copy is ours. Weak comparison; `If-Modified-Since` adds nothing."""
    known = (tag.strip().removeprefix("W/") for tag in headers.get("if-none-match", "").split(","))
    return any(tag in (etag, "*") for tag in known)


def _of_a_304(headers: Headers) -> dict[str, str]:
    return {name: headers[name] for name in ("etag", "cache-control", "last-modified")}


def _is_forwards(matched: re.Match[str]) -> bool:
    first, last = matched["first"], matched["last"]
    return bool(first or last) and not (first and last and int(last) < int(first))


def _is_within(matched: re.Match[str], bytes_total: int) -> bool:
    if matched["first"]:
        return int(matched["first"]) < bytes_total
    return min(int(matched["last"]), bytes_total) > 0


def _safe(name: str) -> str:
    """A name that needs no quoting in a header and no thought on any file system."""
    return _UNSAFE_IN_A_NAME.sub("_", name).lstrip(".")[-100:] or "file"
