"""`/videos/ID.mp4` and `/images/ID`: stored files behind signed, expiring links (rule 87).

The signature is the right to read: no key is asked for, so that a player or a browser can follow
the link. A wrong one and an old one get the same answer, and so does a file that never was.
"""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from framegate.domain.signature import LinkKind
from framegate.errors import LinkExpired, NotFound
from framegate.gateway import Gateway, now_ms
from framegate.store import pictures, videos
from framegate.web import files

VIDEO_SUFFIX = ".mp4"


@dataclass(frozen=True)
class Stored:
    """The handlers, with the gateway they ask."""

    gateway: Gateway

    def routes(self) -> list[Route]:
        """The two kinds of links."""
        return [
            Route("/videos/{name}", self.video),
            Route("/images/{name}", self.image),
        ]

    async def video(self, request: Request) -> Response:
        """A stored video: whole, a range of it, or 304."""
        video_id = request.path_params["name"].removesuffix(VIDEO_SUFFIX)
        expires_s = self._open(request, "videos", video_id)
        video = await self.gateway.database.read(videos.by_id, video_id)
        if video is None:
            raise NotFound("video not found; it was removed after its time")
        return await files.serve(
            request,
            self.gateway.blobs.path("videos", video_id),
            media_type="video/mp4",
            name=f"{video_id}.mp4",
            sha256=video.sha256,
            expires_s=expires_s,
            now_s=now_ms() // 1_000,
        )

    async def image(self, request: Request) -> Response:
        """An uploaded picture, by the link that the upload answered."""
        picture_id = request.path_params["name"]
        expires_s = self._open(request, "images", picture_id)
        row = await self.gateway.database.read(pictures.by_id, picture_id)
        if row is None:
            raise NotFound("picture not found; it was removed after its time")
        return await files.serve(
            request,
            self.gateway.blobs.path("images", picture_id),
            media_type=f"image/{row.format}",
            name=f"{picture_id}.{'jpg' if row.format == 'jpeg' else 'png'}",
            sha256=row.sha256,
            expires_s=expires_s,
            now_s=now_ms() // 1_000,
        )

    def _open(self, request: Request, kind: LinkKind, file_id: str) -> int:
        expires = request.query_params.get("expires", "")
        opens = self.gateway.keyring.opens_link(
            kind,
            file_id,
            expires=expires,
            signature=request.query_params.get("signature", ""),
            now_s=now_ms() // 1_000,
        )
        if not opens:
            raise LinkExpired
        return int(expires)
