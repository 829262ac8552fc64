"""Into the console and out of it: by a link that works once, or by a key.

A link is looked at by more than people: chats and mail fetch it for a preview. So opening it uses
nothing up; it shows a button, and the button's POST does.
"""

from dataclasses import dataclass
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from framegate.domain.session import TOKEN_CHARACTERS_MAX
from framegate.errors import BodyMalformed, KeyExpired, KeyUnknown, SignInLinkSpent
from framegate.flows import sign_in
from framegate.gateway import Gateway, now_ms
from framegate.web import auth, body, session
from framegate.web.console import words
from framegate.web.console.pages import DOCS, HOME, PREFIX, SIGN_IN, THEME_COOKIE, THEMES, Pages

FORM_BYTES_MAX = 4_096
FORM_FIELDS_MAX = 10
SEE_OTHER = 303
LOOK_KEPT_S = 365 * 86_400


@dataclass(frozen=True)
class SignIn:
    """The handlers, with the gateway they ask."""

    gateway: Gateway
    pages: Pages

    def routes(self) -> list[Route]:
        """Every path of coming, going and choosing how it looks."""
        return [
            Route(SIGN_IN, self.form),
            Route(SIGN_IN, self.by_key, methods=["POST"]),
            Route("/console/link/{token}", self.link),
            Route("/console/link/{token}", self.by_link, methods=["POST"]),
            Route("/console/sign-out", self.out, methods=["POST"]),
            Route("/console/look", self.look, methods=["POST"]),
        ]

    async def form(self, request: Request) -> Response:
        """Where a key is pasted."""
        target = _next(request.query_params.get("next", ""))
        return self._form(request, target, is_over="over" in request.query_params)

    async def by_key(self, request: Request) -> Response:
        """Open a session for a key that is good."""
        fields = await self._fields(request)
        target, key = _next(fields.get("next", "")), fields.get("key", "").strip()
        try:
            caller = await auth.caller_with(key, self.gateway)
        except (KeyUnknown, KeyExpired) as error:
            return self._form(request, target, complaint=error.slug, status=error.http_status)
        token = sign_in.new_token()
        await self.gateway.database.write(
            sign_in.open_by_key, caller=caller, token=token, now_ms=now_ms()
        )
        return self._in(token, target)

    async def link(self, request: Request) -> Response:
        """A one-time link as a page with one button. Nothing is used up.

        raises   SignInLinkSpent
        """
        token = _link_token(request)
        is_good = await self.gateway.database.read(sign_in.link_is_good, token, now_ms=now_ms())
        if not is_good:
            raise SignInLinkSpent
        return self.pages.page(request, "link.html")

    async def by_link(self, request: Request) -> Response:
        """Use the link up and open its session.

        raises   SignInLinkSpent, OriginWrong
        """
        await self._fields(request)
        token = sign_in.new_token()
        await self.gateway.database.write(
            sign_in.open_by_link, link=_link_token(request), token=token, now_ms=now_ms()
        )
        return self._in(token, HOME)

    async def out(self, request: Request) -> Response:
        """End this browser's session."""
        await self._fields(request)
        token = session.token_of(request, self._url)
        if token:
            await self.gateway.database.write(sign_in.sign_out, token, now_ms=now_ms())
        response = RedirectResponse(SIGN_IN, SEE_OTHER)
        session.take(response, self._url)
        return response

    async def look(self, request: Request) -> Response:
        """Keep a language or a theme, and go back to where it was chosen."""
        fields = await self._fields(request)
        response = RedirectResponse(_next(fields.get("next", "")), SEE_OTHER)
        chosen = {
            words.COOKIE: (fields.get("language"), tuple(words.LANGUAGES)),
            THEME_COOKIE: (fields.get("theme"), THEMES),
        }
        for name, (value, known) in chosen.items():
            if value in known:
                # Not HttpOnly: the script switches the theme without loading the page again.
                response.set_cookie(
                    name, str(value), max_age=LOOK_KEPT_S, path="/", samesite="strict"
                )
        return response

    # --- inside -------------------------------------------------------------------------------

    @property
    def _url(self) -> str:
        return self.gateway.links.public_url

    def _form(
        self,
        request: Request,
        target: str,
        *,
        complaint: str = "",
        status: int = 200,
        is_over: bool = False,
    ) -> Response:
        response = self.pages.page(
            request, "sign_in.html", target=target, complaint=complaint, is_over=is_over
        )
        response.status_code = status
        return response

    async def _fields(self, request: Request) -> dict[str, str]:
        """The fields of a form that a page of ours surely sent."""
        session.judge_origin(request, self._url, from_script=False)
        wait_s = self.gateway.settings.server.body_wait_s
        content = await body.read(request, bytes_max=FORM_BYTES_MAX, wait_s_max=wait_s)
        try:
            fields = parse_qs(content.decode("utf-8", "replace"), max_num_fields=FORM_FIELDS_MAX)
        except ValueError as error:
            raise BodyMalformed("the form has too many fields") from error
        return {name: values[0] for name, values in fields.items()}

    def _in(self, token: str, target: str) -> Response:
        response = RedirectResponse(target, SEE_OTHER)
        session.give(response, token, self._url)
        return response


def _link_token(request: Request) -> str:
    token: str = request.path_params["token"]
    if len(token) > TOKEN_CHARACTERS_MAX:
        raise SignInLinkSpent
    return token


def _next(path: str) -> str:
    """Where to go on: a page of the console, its API docs, and nowhere else on earth."""
    is_ours = path.startswith(f"{PREFIX}/") and path.isascii() and path.isprintable()
    if path == DOCS:
        return path
    return path if is_ours and "//" not in path and "\\" not in path else HOME
