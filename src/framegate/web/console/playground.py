"""The playground: one picture and a few words, their price, and the video as it develops.

The page is a frame; its script asks the JSON API as any other caller does.
"""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from framegate import samples
from framegate.domain import picture
from framegate.domain.money import decimal_from_micros
from framegate.domain.submission import IMAGE_TO_VIDEO, PROMPT_CHARACTERS_MAX
from framegate.web.console.pages import HOME, Pages

CREATE = "/kling/image-to-video/"
DURATION_S_MIN, DURATION_S_MAX = 3, 15  # Rule 23.
PICTURE_RATIO_MAX = 2.5  # Rule 27, and its inverse.


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
        gateway = self.pages.gateway
        model, prices = next(iter(gateway.submit.prices.items()))
        takers = gateway.submit.candidates(model, IMAGE_TO_VIDEO)
        return self.pages.page(
            request,
            "playground.html",
            viewer=viewer,
            samples=samples.names(),
            model=model,
            # Who runs the upstreams is told which they are, and nobody else.
            is_embedded=viewer.is_admin
            and all(gateway.settings.upstreams[each.name].kind == "local" for each in takers),
            seconds=range(1, DURATION_S_MAX + 1),
            second_min=DURATION_S_MIN,
            prompt_max=PROMPT_CHARACTERS_MAX,
            facts={
                "url": gateway.links.public_url,
                "create": f"{CREATE}{model}",
                "account": viewer.caller.account.id,
                # The terms of every quote: what a factor is, and the price that credit is too
                # short for, stand there before anything is asked.
                "prices": {
                    "per_second": decimal_from_micros(prices.per_second_micros),
                    "resolution": dict(prices.resolution_permille),
                    "aspect_ratio": dict(prices.aspect_ratio_permille),
                },
                "may_create": viewer.caller.key.scope.may_create,
                "picture": {
                    "bytes_max": picture.PICTURE_BYTES_MAX,
                    "side_px_min": picture.PICTURE_SIDE_PX_MIN,
                    "pixels_max": picture.PICTURE_PIXELS_MAX,
                    "ratio_max": PICTURE_RATIO_MAX,
                },
            },
        )
