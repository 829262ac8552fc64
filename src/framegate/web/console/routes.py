"""Every page of the console. Adding one is adding it here; `navigation` has its place already."""

from collections.abc import Iterable
from dataclasses import dataclass

from starlette.routing import Route

from framegate.gateway import Gateway
from framegate.web.console.accounts import Accounts
from framegate.web.console.audit import Audit
from framegate.web.console.docs import Docs
from framegate.web.console.gallery import Gallery
from framegate.web.console.keys import Keys
from framegate.web.console.pages import Pages
from framegate.web.console.playground import Playground
from framegate.web.console.said import Said
from framegate.web.console.sign_in import SignIn
from framegate.web.console.tasks import Tasks
from framegate.web.console.upstreams import Upstreams
from framegate.web.console.usage import Usage
from framegate.web.console.webhooks import Webhooks


@dataclass(frozen=True)
class Console:
    """The pages of one gateway, and the routes that lead to them."""

    pages: Pages
    routes: list[Route]

    @classmethod
    def open(cls, gateway: Gateway, *, others: Iterable[Route]) -> "Console":
        """Make the pages.

        others   the routes beside the console's: the navigation links to some of them
        """
        pages = Pages(gateway)
        routes = [
            *pages.files.routes(),
            *SignIn(gateway, pages).routes(),
            *Said(pages).routes(),
            *Playground(pages).routes(),
            *Gallery(pages).routes(),
            *Tasks(pages).routes(),
            *Usage(pages).routes(),
            *Docs(pages).routes(),
            *Keys(pages).routes(),
            *Webhooks(pages).routes(),
            *Upstreams(pages).routes(),
            *Audit(pages).routes(),
            *Accounts(pages).routes(),
        ]
        pages.paths.update(route.path for route in [*others, *routes])
        return cls(pages, routes)
