"""A URL that a caller gave us: is it one, and may we go there.

`fields` judges with it at submit and `outbound` again before every connection and redirect, so that
both always agree. It reads text and literal addresses only: a name is not resolved here, and what a
name resolves to is judged by `is_public` when connecting. The tables of addresses are in `address`.
"""

import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote

import idna

from framegate.domain.address import Address, ipv4_readings, ipv6_reading, is_public

HOST_CHARACTERS_MAX = 253
"""RFC 1035, without the trailing dot. Checked before IDNA, whose cost grows with the length."""

PORT_MAX = 65_535
DEFAULT_PORTS = {"http": 80, "https": 443}


class Flaw(StrEnum):
    """What is wrong with a URL; `FIELD flaw` is the sentence of contract rules 13, 24 and 55."""

    NOT_ABSOLUTE = "must be an absolute http or https URL; got string"
    HOST_MISSING = "must name a host"
    HOST_INVALID = "host is not a valid name"
    CREDENTIALS = "must not hold a user name or password"
    CONTROLS = "must not hold spaces or control characters"
    NOT_PUBLIC = "must be a public address"


@dataclass(frozen=True, kw_only=True)
class Url:
    """One absolute http or https URL, taken apart once.

    host       ASCII and lower case: an IDNA name, or the canonical form of a literal address,
               without brackets
    target     path and query as they go on the request line: the caller's own escapes untouched
               (a signed link must stay as it was signed), anything outside ASCII percent-encoded
    addresses  what a literal host may reach; empty for a name. More than one where two readers
               disagree about an octal-looking number
    """

    scheme: str
    host: str
    port: int
    target: str
    addresses: tuple[Address, ...] = ()

    @property
    def endpoint(self) -> str:
        """`host:port` as the operator writes it in the allow list; IPv6 stands in brackets."""
        return endpoint(self.host, self.port)


def endpoint(host: str, port: int) -> str:
    """The allow list's spelling of one place: `name:443`, `127.0.0.1:8080`, `[::1]:8080`."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def judge(text: str, *, allowed: AbstractSet[str] = frozenset()) -> Url | Flaw:
    """The URL, or the first rule that it breaks, in the order of contract rule 55.

    allowed  exact `host:port` pairs that pass although they are not public (rule 58)
    """
    url = read(text)
    if isinstance(url, Flaw) or not url.addresses or url.endpoint in allowed:
        return url
    return url if all(map(is_public, url.addresses)) else Flaw.NOT_PUBLIC


# What stands before the host, the authority, and the rest. Only these two slashes start an
# authority: readers differ about `http:/host` and `http:\\host`.
_ABSOLUTE = re.compile(r"(https?)://([^/?#]*)([^#]*)", re.IGNORECASE)
_AUTHORITY = re.compile(r"(?:(.*)@)?(\[[^\]]*\]|[^:]*)(?::([0-9]*))?", re.DOTALL)
_CONTROLS = re.compile(
    "[\x00-\x20\x7f-\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\u202a-\u202e\u2066-\u2069]"
)


def read(text: str) -> Url | Flaw:
    """The URL without the question whether its address is public."""
    absolute = _ABSOLUTE.match(text)
    authority = absolute and _AUTHORITY.fullmatch(absolute[2])
    if absolute is None or authority is None:
        return Flaw.NOT_ABSOLUTE
    scheme = absolute[1].lower()
    credentials, raw_host, digits = authority.groups()
    port = _read_port(digits, scheme)
    host = _read_host(raw_host)
    if port is None:
        return Flaw.NOT_ABSOLUTE
    if host is None:
        return Flaw.HOST_INVALID if raw_host else Flaw.HOST_MISSING
    if credentials is not None:
        return Flaw.CREDENTIALS
    if _CONTROLS.search(text):
        return Flaw.CONTROLS
    name, addresses = host
    return Url(
        scheme=scheme, host=name, port=port, target=_target(absolute[3]), addresses=addresses
    )


def _read_port(digits: str | None, scheme: str) -> int | None:
    if not digits:
        return DEFAULT_PORTS[scheme]
    port = int(digits) if len(digits) <= _PORT_DIGITS_MAX else 0
    return port if 0 < port <= PORT_MAX else None


_PORT_DIGITS_MAX = 8
"""Leading zeros are harmless, a megabyte of digits is not worth reading."""


def _target(rest: str) -> str:
    path = rest if rest.startswith("/") else f"/{rest}"
    return path if path.isascii() else quote(path, safe=_ASCII_VISIBLE)


_ASCII_VISIBLE = "".join(map(chr, range(0x21, 0x7F)))

# Letters, digits and inner hyphens (RFC 1123), and the underscore that real host names carry.
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?")
_NUMERIC_TAIL = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)\.?")


def _read_host(raw: str) -> tuple[str, tuple[Address, ...]] | None:
    """The canonical host and, for a literal, its addresses; None when it is no valid host."""
    if raw.startswith("["):
        address = ipv6_reading(raw[1:-1])
        return None if address is None else (str(address), (address,))
    if len(raw.rstrip(".")) > HOST_CHARACTERS_MAX:
        return None
    host = raw.lower() if raw.isascii() else _ascii_host(raw)
    if host is None or not _NAME.fullmatch(host):
        return None
    if not _NUMERIC_TAIL.fullmatch(host):
        return host, ()
    # A host that ends in a number is an address or nothing (WHATWG URL): resolvers would read
    # `2130706433` and `0x7f.1` as one, and a full-width `１２７.０.０.１` became ASCII just above.
    readings = ipv4_readings(host.removesuffix("."))
    return None if not readings else (str(readings[0]), readings)


def _ascii_host(raw: str) -> str | None:
    """IDNA 2008 after the UTS 46 mapping: what the HTTP client would make of the name too."""
    try:
        host = idna.encode(raw, uts46=True).decode("ascii").lower()
    except UnicodeError:
        return None
    return host if len(host.rstrip(".")) <= HOST_CHARACTERS_MAX else None
