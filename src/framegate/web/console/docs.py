"""`/docs`: the description of the HTTP face, to be read and tried. For anybody: it needs no key.

The viewer is Swagger UI, out of the vendor folder; without that folder the page links to the
description itself. Who is signed in tries requests as the console makes them.
"""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from framegate.web.console.pages import DOCS, HEADERS, Pages

VIEWER = "vendor/swagger-ui-bundle.js"

# The viewer's style sheet holds its arrows and marks in itself.
POLICY = HEADERS["Content-Security-Policy"].replace(
    "img-src 'self' blob:", "img-src 'self' blob: data:"
)


@dataclass(frozen=True)
class Docs:
    """The one page."""

    pages: Pages

    def routes(self) -> list[Route]:
        """Where it is."""
        return [Route(DOCS, self.show)]

    async def show(self, request: Request) -> Response:
        """`GET /docs?lang=`: the viewer on `/openapi.json` in the reader's language."""
        response = self.pages.page(request, "docs.html", viewer=None)
        response.headers["Content-Security-Policy"] = POLICY
        return response
