"""`/openapi.json`: the description of this HTTP face, in English or Chinese, for anybody.

It says nothing of accounts or tasks, so it wants no key; what it says is `web/openapi`'s.
"""

import hashlib
from dataclasses import dataclass

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from framegate.domain.strict_json import quoted
from framegate.errors import FieldError, FieldsInvalid
from framegate.web.envelope import ENVELOPE_HEADERS
from framegate.web.openapi.document import LANGUAGES, Language, document


@dataclass(frozen=True)
class Described:
    """The handler. `public_url` is the address that tools are to send requests to."""

    public_url: str

    def routes(self) -> list[Route]:
        """The one path."""
        return [Route("/openapi.json", self.openapi)]

    async def openapi(self, request: Request) -> Response:
        """`GET /openapi.json?lang=en|zh`: the whole description, revalidated by its hash."""
        whole = document(_language(request)) | {"servers": [{"url": self.public_url}]}
        content = msgspec.json.encode(whole)
        tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
        headers = ENVELOPE_HEADERS | {
            "ETag": tag,
            "Cache-Control": "no-cache",
            "Vary": "Accept-Language",
        }
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        return Response(content, headers=headers)


def _language(request: Request) -> Language:
    """As the query asks, else as the reader's browser does, else English."""
    asked = request.query_params.get("lang")
    if asked is None:
        return "zh" if request.headers.get("accept-language", "").startswith("zh") else "en"
    for language in LANGUAGES:
        if asked == language:
            return language
    message = f"lang must be one of {', '.join(LANGUAGES)}; got string {quoted(asked)}"
    raise FieldsInvalid((FieldError(path="", message=message),))
