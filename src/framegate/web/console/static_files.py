"""The console's own style, scripts and fonts, and what others made, out of memory.

Their address holds a hash of all of them together: relative imports and fonts work, a browser may
keep them for ever, and a new version is a new address. What `tools/assets.py` fetches may be
missing; then pages do without.
"""

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
        file = self._files.get(request.path_params["name"])
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
        return Response(file.content, headers=headers, media_type=file.media_type)


def _file(name: str, content: bytes) -> StaticFile:
    return StaticFile(
        content=content,
        media_type=MEDIA_TYPES[Path(name).suffix],
        etag=f'"{hashlib.sha256(content).hexdigest()[:32]}"',
    )
