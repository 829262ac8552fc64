"""framegate's own API under `/api`: pictures and quotes.

What the page's dialect has no word for. Same envelope, same keys, same refusals.
"""

import asyncio
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from framegate import ids
from framegate.domain import picture
from framegate.domain.ledger import Caller
from framegate.domain.money import decimal_from_micros
from framegate.domain.quote import PERMILLE, Quote
from framegate.domain.strict_json import quoted
from framegate.domain.submission import IMAGE_TO_VIDEO, KINDS, Kind
from framegate.errors import (
    BodyTooLarge,
    FieldError,
    FieldsInvalid,
    PictureRefused,
    StoreDown,
)
from framegate.gateway import Gateway, now_ms
from framegate.store import pictures
from framegate.store.pictures import PictureRow
from framegate.web import auth, body, envelope, uploads
from framegate.web.envelope import request_id_of

DEFAULT_MODEL = "kling-3.0-turbo"


@dataclass(frozen=True)
class Api:
    """The handlers, with the gateway they ask."""

    gateway: Gateway

    def routes(self) -> list[Route]:
        """Every path under `/api`."""
        return [
            Route("/api/images", self.upload, methods=["POST"]),
            Route("/api/quote", self.quote, methods=["POST"]),
        ]

    async def upload(self, request: Request) -> Response:
        """`POST /api/images`: keep a picture and answer its link (rule 87).

        The picture rules are judged at once: nothing of a refused one is kept.
        """
        caller = await auth.creator_of(request, self.gateway)
        try:
            row = await self._kept(request, caller)
        except OSError as error:
            # A full or vanished disk is no fault of the caller's, and passes.
            raise StoreDown from error
        await self.gateway.database.write(pictures.keep, row)
        data = {
            "id": row.id,
            "url": self.gateway.links.make("images", row.id, now_ms=now_ms()),
            "format": row.format,
            "width": row.width,
            "height": row.height,
            "bytes": row.bytes_count,
            "sha256": row.sha256,
        }
        return envelope.success(data, request_id_of(request))

    async def _kept(self, request: Request, caller: Caller) -> PictureRow:
        """Receive, judge and publish. Raises OSError, also when the disk will not tidy up."""
        temporary = self.gateway.blobs.incoming()
        try:
            await _receive_picture(request, temporary)
            row = await asyncio.to_thread(_judged, temporary, caller)
            await asyncio.to_thread(self.gateway.blobs.publish, "images", row.id, temporary)
        finally:
            await asyncio.to_thread(temporary.unlink, missing_ok=True)
        return row

    async def quote(self, request: Request) -> Response:
        """`POST /api/quote`: price a body without submitting it (rule 89).

        The query says what the body is for: `kind`, image-to-video unless given, and `model`.
        """
        caller = await auth.creator_of(request, self.gateway)
        model, kind = request.query_params.get("model", DEFAULT_MODEL), _kind(request)
        self.gateway.submit.candidates(model, kind)
        content = await body.read_json(request, wait_s_max=self.gateway.settings.server.body_wait_s)
        priced = await self.gateway.submit.rehearse(caller, content, model, kind)
        available = None
        if not caller.account.is_unlimited:
            available = decimal_from_micros(caller.account.available_micros)
        return envelope.success(_quote(priced, available), request_id_of(request))


def _kind(request: Request) -> Kind:
    sent = request.query_params.get("kind", IMAGE_TO_VIDEO)
    for kind in KINDS:
        if sent == kind:
            return kind
    message = f"kind must be one of {', '.join(KINDS)}; got string {quoted(sent)}"
    raise FieldsInvalid((FieldError(path="", message=message),))


async def _receive_picture(request: Request, to: Path) -> None:
    try:
        await uploads.receive(request, to, bytes_max=picture.PICTURE_BYTES_MAX)
    except BodyTooLarge as error:
        raise PictureRefused(picture.TOO_LARGE_UNCOUNTED) from error


def _judged(path: Path, caller: Caller) -> PictureRow:
    content = path.read_bytes()
    facts = picture.judge(content)
    return PictureRow(
        id=ids.new("img"),
        account_id=caller.account.id,
        format=facts.format,
        width=facts.width,
        height=facts.height,
        bytes_count=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        created_ms=now_ms(),
    )


def _quote(priced: Quote, available: str | None) -> dict[str, Any]:
    per_second = decimal_from_micros(priced.per_second_micros)
    lines = [
        {"what": "duration", "value": f"{priced.duration_s} s", "factor": str(priced.duration_s)},
        {"what": "per second", "value": per_second, "factor": per_second},
        {
            "what": "resolution",
            "value": priced.resolution,
            "factor": _factor(priced.resolution_permille),
        },
        {
            "what": "aspect_ratio",
            "value": priced.aspect_ratio,
            "factor": _factor(priced.aspect_ratio_permille),
        },
    ]
    return {
        "amount": decimal_from_micros(priced.amount_micros),
        "amount_micros": priced.amount_micros,
        "currency": priced.currency,
        "lines": lines,
        # null: the account is unlimited.
        "available": available,
        "version": priced.version,
    }


def _factor(permille: int) -> str:
    return decimal_from_micros(permille * 1_000_000 // PERMILLE)
