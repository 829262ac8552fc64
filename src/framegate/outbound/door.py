"""The door itself: one pool of connections under one rule about addresses.

`upstreams`, `flows` and `render` ask it to post, get or download. Each address is judged before a
socket is opened (names by `lookup`, the rest by `domain.url`), every byte and second is counted,
and what never left us (NotSent) is told strictly apart from what may have been done (AnswerLost).
It knows no task, no upstream and no money. Nothing from the environment (proxies, netrc) has a say.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import urljoin

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from framegate import crash
from framegate.domain import url as urls
from framegate.errors import AddressRefused, AnswerLost, NotSent, OutboundError
from framegate.outbound.lookup import REFUSED_SENTENCE, JudgingResolver, ThreadedLookup
from framegate.outbound.reading import Downloaded, beginning, keep, whole
from framegate.outbound.trouble import sentence

REDIRECTS_MAX = 3
CONNECT_WAIT_S_MAX = 10
"""One address that swallows packets may not use up a whole deadline: the next one is tried."""

CONNECTIONS_MAX = 1_024
CONNECTIONS_PER_HOST_MAX = 256

IDLE_S_MAX = 2
"""How long a connection waits for its next use. A server may close an idle one just as we send,
and whether it read the request is then unknown: a paid task parked for nothing. Servers wait 5 s
and more, so after 2 s we close first, and a busy pool still pays for one handshake only."""

USER_AGENT = "framegate"

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_HTTP_OK = 200
# RFC 9110 5.5: anything else in a header could start a line of its own.
_HEADER_SAFE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_HEADER_NAME_SAFE = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One HTTP answer, whatever its status; headers are found in any letter case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass
class _Progress:
    """Whether a connection was handed to the request: from then on something may have left us."""

    has_connection: bool = False


class Outbound:
    """One way out; made by one of its two named constructors, closed at the end."""

    def __init__(
        self, *, allow: frozenset[str], public_only: bool, lookup: AbstractResolver | None
    ) -> None:
        self._allow = allow
        self._public_only = public_only
        self._lookup = lookup
        self._open_session: aiohttp.ClientSession | None = None
        self._resolver: AbstractResolver | None = None

    @classmethod
    def to_public(
        cls, *, allow: frozenset[str] = frozenset(), lookup: AbstractResolver | None = None
    ) -> Self:
        """For addresses that a caller or an upstream named: public ones only.

        allow   exact `host:port` pairs that pass although they are not public (rule 58)
        lookup  who asks the name service; the system's resolver unless a test says otherwise
        """
        return cls(allow=allow, public_only=True, lookup=lookup)

    @classmethod
    def to_configured(cls, *, lookup: AbstractResolver | None = None) -> Self:
        """For addresses that the operator wrote into the settings: wherever they are."""
        return cls(allow=frozenset(), public_only=False, lookup=lookup)

    async def close(self) -> None:
        """Close every connection; the pool opens again when it is used again."""
        session, self._open_session = self._open_session, None
        resolver, self._resolver = self._resolver, None
        if session is not None:
            await session.close()
        if resolver is not None:
            await resolver.close()  # aiohttp closes only a resolver that it made itself.

    async def post(
        self,
        url: str,
        *,
        body: bytes,
        headers: Mapping[str, str],
        wait_s_max: float,
        answer_bytes_max: int,
    ) -> Answer:
        """Send the body once and read the answer; a redirect is an answer like any other.

        wait_s_max  for everything together, from the name lookup to the last byte
        raises      AddressRefused, NotSent: nothing left us. AnswerLost, AnswerTooLarge: the
                    request did, so it must not be sent again blindly. A cancellation in between
                    is as uncertain as AnswerLost.
        """
        return await self._ask(
            "POST",
            url,
            body=body,
            headers=headers,
            wait_s_max=wait_s_max,
            read=lambda response: _sent_and_read(response, answer_bytes_max),
        )

    async def tell(
        self,
        url: str,
        *,
        body: bytes,
        headers: Mapping[str, str],
        wait_s_max: float,
        answer_bytes_kept: int,
    ) -> Answer:
        """Post to someone whose status alone matters, a webhook's receiver. Raises as `post`.

        The answer's body is whatever came of its first answer_bytes_kept bytes within a moment: a
        long, slow or broken one takes nothing away from a status that has arrived.
        """
        return await self._ask(
            "POST",
            url,
            body=body,
            headers=headers,
            wait_s_max=wait_s_max,
            read=lambda response: beginning(response, answer_bytes_kept),
        )

    async def get(
        self, url: str, *, headers: Mapping[str, str], wait_s_max: float, answer_bytes_max: int
    ) -> Answer:
        """Read one answer; a redirect is an answer like any other. Raises as `post`.

        A GET on a connection that turns out to be dead is repeated once on a fresh one.
        """
        return await self._ask(
            "GET",
            url,
            body=None,
            headers=headers,
            wait_s_max=wait_s_max,
            read=lambda response: whole(response, answer_bytes_max),
        )

    async def download(
        self, url: str, *, to: Path, bytes_max: int, wait_s_max: float
    ) -> Downloaded:
        """Copy what is at `url` into the file `to`; what is there is overwritten.

        At most 3 redirects are followed, each judged like the first address. The file is not
        synced to disk, and it is removed when anything goes wrong.
        bytes_max  counted after any content coding is undone
        raises     AddressRefused, NotSent, AnswerLost (also for any status but 200, and for one
                   redirect too many), AnswerTooLarge; OSError when the file cannot be written
        """
        progress = _Progress()
        try:
            async with (
                _translated(progress, wait_s_max),
                self._followed(url, progress) as response,
            ):
                return await keep(response, to, bytes_max)
        except BaseException:
            await asyncio.to_thread(to.unlink, missing_ok=True)
            raise

    async def _ask(
        self,
        method: str,
        url: str,
        *,
        body: bytes | None,
        headers: Mapping[str, str],
        wait_s_max: float,
        read: Callable[[aiohttp.ClientResponse], Awaitable[bytes]],
    ) -> Answer:
        _check_headers(headers)
        progress = _Progress()
        async with (
            _translated(progress, wait_s_max),
            self._requested(method, url, progress, body=body, headers=headers) as response,
        ):
            return Answer(
                status=response.status, headers=response.headers, body=await read(response)
            )

    @asynccontextmanager
    async def _followed(
        self, url: str, progress: _Progress
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        for _ in range(REDIRECTS_MAX + 1):
            async with self._requested("GET", url, progress) as response:
                if response.status == _HTTP_OK:
                    yield response
                    return
                if response.status not in _REDIRECTS or "Location" not in response.headers:
                    raise AnswerLost(f"the answer was HTTP {response.status}")
                url = _joined(url, response.headers["Location"])
        raise AnswerLost(f"more than {REDIRECTS_MAX} redirects")

    @asynccontextmanager
    async def _requested(
        self,
        method: str,
        url: str,
        progress: _Progress,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """One request to one judged address. A literal is judged here, a name by the resolver."""
        request = self._session().request(
            method,
            self._judged(url),
            data=body,
            headers=headers,
            allow_redirects=False,
            trace_request_ctx=progress,
        )
        async with request as response:
            yield response

    def _judged(self, text: str) -> URL:
        judged = urls.judge(text, allowed=self._allow) if self._public_only else urls.read(text)
        if isinstance(judged, urls.Flaw):
            raise AddressRefused(REFUSED_SENTENCE)
        path, _, query = judged.target.partition("?")
        # Built from what was judged, not from the text: no second parser has a say about the host,
        # and the escapes of a signed link stay as they were signed.
        return URL.build(
            scheme=judged.scheme,
            host=judged.host,
            port=judged.port,
            path=path,
            query_string=query,
            encoded=True,
        )

    def _session(self) -> aiohttp.ClientSession:
        """Made at the first use, since it belongs to the running event loop."""
        if self._open_session is None:
            resolver: AbstractResolver = self._lookup or ThreadedLookup()
            if self._public_only:
                resolver = JudgingResolver(resolver, allow=self._allow)
            self._resolver = resolver
            self._open_session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    resolver=resolver,
                    use_dns_cache=False,  # Resolved for each connection, and judged each time.
                    keepalive_timeout=IDLE_S_MAX,
                    limit=CONNECTIONS_MAX,
                    limit_per_host=CONNECTIONS_PER_HOST_MAX,
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                # We ask for plain bytes and undo a coding ourselves, counting what comes out.
                headers={"User-Agent": USER_AGENT, "Accept-Encoding": "identity"},
                auto_decompress=False,
                trust_env=False,
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_WAIT_S_MAX),
                trace_configs=[_tracing()],
            )
        return self._open_session


async def _sent_and_read(response: aiohttp.ClientResponse, bytes_max: int) -> bytes:
    crash.at("send.sent")
    return await whole(response, bytes_max)


def _tracing() -> aiohttp.TraceConfig:
    """Marks a request's progress when it is given a connection, fresh or reused.

    A class of exception would be a guess: a timeout, for one, can strike before and after.
    """

    async def on_connection(_session: object, context: object, _params: object) -> None:
        progress = getattr(context, "trace_request_ctx", None)
        if isinstance(progress, _Progress):
            progress.has_connection = True

    tracing = aiohttp.TraceConfig()
    tracing.on_connection_create_end.append(on_connection)
    tracing.on_connection_reuseconn.append(on_connection)
    return tracing


@asynccontextmanager
async def _translated(progress: _Progress, wait_s_max: float) -> AsyncIterator[None]:
    """The deadline for everything inside, and aiohttp's errors in our words."""
    try:
        async with asyncio.timeout(wait_s_max):
            yield
    except (aiohttp.ClientError, TimeoutError) as exc:
        error: type[OutboundError] = AnswerLost if progress.has_connection else NotSent
        raise error(
            sentence(exc, has_connection=progress.has_connection, wait_s_max=wait_s_max)
        ) from exc


def _joined(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError as exc:
        raise AddressRefused(REFUSED_SENTENCE) from exc


def _check_headers(headers: Mapping[str, str]) -> None:
    for name, value in headers.items():
        if not (_HEADER_NAME_SAFE.fullmatch(name) and _HEADER_SAFE.fullmatch(value)):
            raise NotSent("a header holds a character that could end its line")
