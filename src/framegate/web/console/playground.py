"""The playground: one picture and a few words, their price, and the video as it develops.

The page is a frame; its script asks the JSON API as any other caller does.
"""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from framegate import samples
from framegate.web.console.pages import HOME, Pages


@dataclass(frozen=True)
class Playground:
    """The handler, with the pages it is one of."""

    pages: Pages

    def routes(self) -> list[Route]:
        """The one path."""
        return [Route(HOME, self.show)]

    async def show(self, request: Request) -> Response:
        """The page itself."""
        viewer = await self.pages.viewer(request)
        return self.pages.page(
            request,
            "playground.html",
            viewer=viewer,
            samples=samples.names(),
            url=self.pages.gateway.links.public_url,
        )
