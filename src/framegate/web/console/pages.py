"""How every page is made: who looks, in which language and light, and under which policy.

A page's own module asks for its viewer, asks the API's functions for what it shows, and has a
template written here. Nothing in it is trusted: templates escape, and no script or style may stand
inside a page.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import Scope

from framegate import __version__, phrases
from framegate.desk.counts import CountDesk
from framegate.domain.ledger import Caller
from framegate.errors import Refusal, SessionOver
from framegate.gateway import Gateway
from framegate.web import auth, envelope
from framegate.web.console import navigation, shown, words
from framegate.web.console.navigation import Entry
from framegate.web.console.static_files import StaticFiles

TEMPLATES = Path(__file__).with_name("templates")
PREFIX = "/console"
HOME = "/console/playground"
DOCS = "/docs"
SIGN_IN = "/console/sign-in"
THEMES = ("system", "light", "dark")
THEME_COOKIE = "framegate_theme"
UNAUTHORIZED = 401

HEADERS = {
    # Everything from here, nothing inline, framed by nobody. `blob:` is the picture that a person
    # has just chosen, shown before it is sent.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
        "media-src 'self' blob:; font-src 'self'; connect-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Vary": "Cookie, Accept-Language",
}


@dataclass(frozen=True)
class Viewer:
    """Who looks at a page."""

    caller: Caller
    making: tuple[Entry, ...]
    building: tuple[Entry, ...]
    counts: Mapping[str, int]  # As `desk.counts` answers them, for the navigation.

    @property
    def is_admin(self) -> bool:
        """Operators see every account."""
        return self.caller.key.scope.is_admin


@dataclass(frozen=True)
class Pages:
    """The templates, with the gateway whose pages they are."""

    gateway: Gateway
    paths: set[str] = field(default_factory=set)  # What there is to link to; filled once.
    files: StaticFiles = field(default_factory=StaticFiles)
    _environments: dict[str, Environment] = field(default_factory=dict)

    async def viewer(self, request: Request) -> Viewer:
        """Who is signed in.

        raises   KeyMissing, SessionOver: a browser is then led to the sign-in
        """
        caller = await auth.caller_of(request, self.gateway)
        return self._viewer(caller, await CountDesk(self.gateway).page(caller))

    def page(
        self, request: Request, template: str, *, viewer: Viewer | None = None, **context: Any
    ) -> Response:
        """A whole page, or a fragment of one.

        template  a file of `templates/`; one with the layout also wants `title`
        viewer    None for what is seen before the sign-in
        context   the template's own names; one that is missing is an error, not a gap
        """
        return self._response(request.scope, template, 200, viewer=viewer, **context)

    def refused(self, error: Refusal, scope: Scope, request_id: str) -> Response:
        """The edge's answer to an error: a page for who looks at pages, the envelope for others."""
        headers = Headers(scope=scope)
        if "text/html" not in headers.get("accept", "") or not _is_for_people(scope):
            return envelope.refusal(error, request_id)
        if error.http_status == UNAUTHORIZED and scope["method"] in {"GET", "HEAD"}:
            over = "&over=1" if isinstance(error, SessionOver) else ""
            return RedirectResponse(f"{SIGN_IN}?next={scope['path']}{over}", status_code=303)
        response = self._response(
            scope,
            "error.html",
            error.http_status,
            viewer=None,
            error=error,
            request_id=request_id,
        )
        response.headers.update(dict(error.headers))
        return response

    def _viewer(self, caller: Caller, counts: Mapping[str, int]) -> Viewer:
        is_admin = caller.key.scope.is_admin
        making, building = (
            navigation.shown(entries, paths=self.paths, is_admin=is_admin)
            for entries in (navigation.MAKING, navigation.BUILDING)
        )
        return Viewer(caller=caller, making=making, building=building, counts=counts)

    def _response(
        self, scope: Scope, template: str, status: int, *, viewer: Viewer | None, **context: Any
    ) -> Response:
        request = Request(scope)
        language = words.language_of(request)
        theme = request.cookies.get(THEME_COOKIE, "")
        text = (
            self._environment(language)
            .get_template(template)
            .render(
                viewer=viewer,
                language=language,
                languages=words.LANGUAGES,
                tag=words.TAGS[language],
                theme=theme if theme in THEMES else THEMES[0],
                path=scope["path"],
                currency=self.currency,
                **context,
            )
        )
        return Response(text, status, headers=HEADERS, media_type="text/html")

    @property
    def currency(self) -> str:
        """The one currency of this gateway."""
        return self.gateway.currency

    def _environment(self, language: str) -> Environment:
        if language not in self._environments:
            self._environments[language] = _environment(language, self.files)
        return self._environments[language]


def _environment(language: str, files: StaticFiles) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    translations = words.translations(language)
    # The extension's own method, which its types do not know.
    environment.install_gettext_translations(translations, newstyle=True)  # type: ignore[attr-defined]
    environment.globals |= {
        "asset": files.url,
        "has_asset": files.has,
        "version": __version__,
    }
    environment.filters |= {
        "money": shown.money,
        "money_of": shown.money_of,
        "places": shown.places,
        "symbol": shown.symbol,
        "combine": lambda values, more: {**values, **more},
        "count": shown.count,
        "size": shown.size,
        "moment": lambda at_ms: shown.moment(at_ms, language),
        "iso": shown.iso,
        # The API's sentences: one's phrase in this language or null, and either it or the sentence.
        "phrase": lambda sentence: phrases.phrase_of(sentence, language),
        "translated": lambda sentence: phrases.translated(sentence, language),
    }
    return environment


def _is_for_people(scope: Scope) -> bool:
    """Pages, and whatever else somebody opened in a tab; never the API, whoever asks it."""
    path: str = scope["path"]
    return path.startswith(PREFIX) or not path.startswith(("/api", "/kling", "/proxy", "/v1"))
