"""The console's cookie: how a session comes and goes, and the proof that a page of ours sent it.

A browser sends a cookie along with whatever a page of somebody else makes it ask. SameSite=Strict
keeps it at home; for everything that changes something the request must also show that it began
here. `web.auth` asks for both, `web.console` sets and takes away.
"""

import hashlib
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from framegate.domain.session import SESSION_IDLE_MS, TOKEN_CHARACTERS_MAX
from framegate.errors import OriginWrong

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# Only a script of ours sends it: a page of another origin would have to ask first, by a preflight
# that is answered with nothing.
PROOF_HEADER = "x-framegate-console"


def cookie_name(public_url: str) -> str:
    """One name a gateway: cookies do not know ports, and two may run on one machine."""
    return "framegate_" + hashlib.sha256(public_url.encode()).hexdigest()[:8]


def token_of(request: Request, public_url: str) -> str:
    """The session's token; "" when none came that could be one of ours."""
    token = request.cookies.get(cookie_name(public_url), "")
    return token if len(token) <= TOKEN_CHARACTERS_MAX and token.isascii() else ""


def give(response: Response, token: str, public_url: str) -> None:
    """Have the browser keep a session."""
    response.set_cookie(
        cookie_name(public_url),
        token,
        max_age=SESSION_IDLE_MS // 1_000,
        path="/",
        httponly=True,
        samesite="strict",
        secure=public_url.startswith("https://"),
    )


def take(response: Response, public_url: str) -> None:
    """Have the browser forget its session."""
    response.delete_cookie(
        cookie_name(public_url),
        path="/",
        httponly=True,
        samesite="strict",
        secure=public_url.startswith("https://"),
    )


def judge_origin(request: Request, public_url: str, *, from_script: bool) -> None:
    """Let a request pass that changes nothing, or that a page of ours surely sent.

    from_script  it must also carry PROOF_HEADER, which no form can send
    raises       OriginWrong
    source       the Fetch standard's metadata (Sec-Fetch-Site), else RFC 6454's Origin
    """
    if request.method in SAFE_METHODS:
        return
    if from_script and PROOF_HEADER not in request.headers:
        raise OriginWrong
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        if site != "same-origin":
            raise OriginWrong
        return
    # Browsers leave Sec-Fetch-Site out on plain HTTP; an unsafe method always has its Origin.
    if not _is_ours(request.headers.get("origin", ""), request, public_url):
        raise OriginWrong


def _is_ours(origin: str, request: Request, public_url: str) -> bool:
    sent, public = urlsplit(origin), urlsplit(public_url)
    if not sent.netloc or sent.scheme not in {"http", "https"}:
        return False
    if (sent.scheme, sent.netloc) == (public.scheme, public.netloc):
        return True
    return sent.netloc == request.headers.get("host", "")
