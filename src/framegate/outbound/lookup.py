"""What a name resolves to, and whether we may connect there; `door` plugs it into aiohttp.

The answer that is judged is the answer that is connected to: aiohttp is given the addresses, not
the name, so a name service that changes its mind a moment later changes nothing.
"""

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address

from aiohttp.abc import AbstractResolver, ResolveResult

from framegate.domain.address import is_public
from framegate.domain.url import endpoint
from framegate.errors import AddressRefused

REFUSED_SENTENCE = "the address is not one that may be reached"
"""One wording for every refusal: it must not tell what our network looks like."""

LOOKUP_THREADS = 16
"""Lookups block. In a pool of their own, dead name servers hold up other lookups at most."""


class JudgingResolver(AbstractResolver):
    """Lets an answer through only when every address in it is public.

    One private address among public ones is an attack or a mistake, and which of them would be
    connected to is chance: so the whole answer is refused (contract rule 57).
    """

    def __init__(self, lookup: AbstractResolver, *, allow: frozenset[str]) -> None:
        self._lookup = lookup
        self._allow = allow

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of `host`, all of them judged. Raises AddressRefused, OSError."""
        answers = await self._lookup.resolve(host, port, family)
        is_allowed = endpoint(host, port) in self._allow
        if not is_allowed and not all(_is_public(answer["host"]) for answer in answers):
            raise AddressRefused(REFUSED_SENTENCE)
        return answers

    async def close(self) -> None:
        """Close the lookup behind it."""
        await self._lookup.close()


def _is_public(text: str) -> bool:
    try:
        return is_public(ip_address(text))
    except ValueError:
        return False


class ThreadedLookup(AbstractResolver):
    """The system's own resolver (hosts file, search domains, name service)."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(LOOKUP_THREADS, thread_name_prefix="lookup")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Every stream address of `host`, in the system's order. Raises OSError."""
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._threads, _stream_addresses, host, port, family)
        if not found:
            raise OSError(f"{host} has no address")
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=kind,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for kind, address in found
        ]

    async def close(self) -> None:
        """Give the threads back without waiting for a dead name server."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _stream_addresses(
    host: str, port: int, family: socket.AddressFamily
) -> list[tuple[socket.AddressFamily, str]]:
    found: list[tuple[socket.AddressFamily, str]] = []
    # As bytes: a text would go through Python's older IDNA codec, which raises UnicodeError.
    name = host.encode("ascii")
    for kind, _, _, _, address in socket.getaddrinfo(name, port, family, socket.SOCK_STREAM):
        text = str(address[0])
        if len(address) == 4 and address[3]:  # noqa: PLR2004 - IPv6: host, port, flow, scope
            # The scope must not get lost: a link-local address means nothing without it.
            text = f"{text.partition('%')[0]}%{address[3]}"
        found.append((kind, text))
    return found
