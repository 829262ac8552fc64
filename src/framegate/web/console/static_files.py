"""The console's own style, scripts and fonts, and what others made, out of memory.

Their address holds a hash of all of them together: relative imports and fonts work, a browser may
keep them for ever, and a new version is a new address. What `tools/assets.py` fetches may be
missing; then pages do without. Text travels compressed to whoever takes gzip: pressed once, when
first asked for. Nothing secret is in it, so its length tells nothing.
"""

import asyncio
import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from framegate import samples
from framegate.errors import NotFound

FOLDER = Path(__file__).with_name("static")
KEEP_S = 365 * 86_400
MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
    ".jpg": "image/jpeg",
}
# Fonts and pictures are compressed already.
PRESSED = {".css", ".js", ".svg"}
PRESSED_BYTES_MIN = 1_000
# A style sheet or a drawing that somebody opens in a tab loads nothing and is framed by nobody.
POLICY = "default-src 'none'; style-src 'self'; font-src 'self'; frame-ancestors 'none'"


def has_vendor_files() -> bool:
    """Whether fonts and scripts of others are here; pages do without where they are not."""
    return (FOLDER / "vendor" / "htmx.min.js").is_file()


@dataclass(frozen=True)
class StaticFile:
    """One file as it is sent."""

    content: bytes
    media_type: str
    etag: str
    is_pressed: bool


class StaticFiles:
    """Every file under `/console/static/`, by its path there."""

    def __init__(self, folder: Path = FOLDER) -> None:
        found = {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.suffix in MEDIA_TYPES and path.is_file()
        }
        found |= {f"samples/{name}.jpg": samples.data(name) for name in samples.names()}
        self._files = {name: _file(name, content) for name, content in found.items()}
        whole = hashlib.sha256("".join(f"{n} {f.etag}" for n, f in self._files.items()).encode())
        self.version = whole.hexdigest()[:12]
        self._pressed: dict[str, bytes] = {}

    def has(self, name: str) -> bool:
        """Whether a file is here, such as `vendor/htmx.min.js`."""
        return name in self._files

    def url(self, name: str) -> str:
        """Where a browser finds a file.

        raises   KeyError for one that is not here: a page must not name it
        """
        if name not in self._files:
            raise KeyError(name)
        return f"/console/static/{self.version}/{name}"

    def routes(self) -> list[Route]:
        """The one path of all of them."""
        return [Route("/console/static/{version}/{name:path}", self.answer)]

    async def answer(self, request: Request) -> Response:
        """One file, or 304 for who has it."""
        name = request.path_params["name"]
        file = self._files.get(name)
        if file is None:
            raise NotFound("file not found")
        is_current = request.path_params["version"] == self.version
        headers = {
            "ETag": file.etag,
            # An address of another version, from a page of before an upgrade, is asked again.
            "Cache-Control": f"public, max-age={KEEP_S}, immutable" if is_current else "no-cache",
            "Content-Security-Policy": POLICY,
            "Cross-Origin-Resource-Policy": "same-origin",
        }
        known = (tag.strip() for tag in request.headers.get("if-none-match", "").split(","))
        if any(tag.removeprefix("W/") == file.etag for tag in known):
            return Response(status_code=304, headers=headers)
        content = file.content
        if file.is_pressed:
            headers["Vary"] = "Accept-Encoding"
            if _takes_gzip(request.headers.get("accept-encoding", "")):
                content = await self._press(name, file.content)
                # The same file in other bytes: alike, and not byte for byte.
                headers |= {"Content-Encoding": "gzip", "ETag": f"W/{file.etag}"}
        return Response(content, headers=headers, media_type=file.media_type)

    async def _press(self, name: str, content: bytes) -> bytes:
        if name not in self._pressed:
            # The largest, the viewer of /docs, takes a tenth of a second: not on the loop.
            self._pressed[name] = await asyncio.to_thread(gzip.compress, content, mtime=0)
        return self._pressed[name]


def _takes_gzip(accepted: str) -> bool:
    """Whether `Accept-Encoding` names gzip and does not forbid it with `q=0`."""
    for each in accepted.lower().split(","):
        coding, _, quality = each.partition(";")
        if coding.strip() == "gzip":
            return quality.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False


def _file(name: str, content: bytes) -> StaticFile:
    return StaticFile(
        content=content,
        media_type=MEDIA_TYPES[Path(name).suffix],
        etag=f'"{hashlib.sha256(content).hexdigest()[:32]}"',
        is_pressed=Path(name).suffix in PRESSED and len(content) >= PRESSED_BYTES_MIN,
    )
