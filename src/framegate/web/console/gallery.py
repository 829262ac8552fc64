"""The gallery: every video of the account, found again, watched, and made once more.

The page is a frame; its script asks the JSON API as any other caller does.
"""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from framegate.web.console.pages import Pages


@dataclass(frozen=True)
class Gallery:
    """The handler, with the pages it is one of."""

    pages: Pages

    def routes(self) -> list[Route]:
        """The one path."""
        return [Route("/console/gallery", self.show)]

    async def show(self, request: Request) -> Response:
        """The page itself."""
        viewer = await self.pages.viewer(request)
        facts = {"account": viewer.caller.account.id}
        return self.pages.page(request, "gallery.html", viewer=viewer, facts=facts)
