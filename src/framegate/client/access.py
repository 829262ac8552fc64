"""Which server, and under which key: what was passed, else the environment, else this machine's.

The admin key that `framegate serve` writes at its first start is used for a server on this machine
alone: it never leaves for an address that somebody put into FRAMEGATE_URL.
"""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from framegate.client.errors import SetupInvalid

URL_DEFAULT = "http://127.0.0.1:8787"
DATA_DEFAULT = "framegate-data"
KEY_FILE = "admin.key"


@dataclass(frozen=True)
class Access:
    """An address without a slash at its end, and a key."""

    url: str
    key: str

    def __repr__(self) -> str:
        """Show the address alone: a traceback may print this value."""
        return f"Access({self.url!r})"


def access(url: str | None, key: str | None, environment: Mapping[str, str]) -> Access:
    """Find the server and the key.

    raises   SetupInvalid when there is no key, or what was given cannot be one
    """
    address = url or environment.get("FRAMEGATE_URL") or URL_DEFAULT
    _check_url(address)
    found = key or environment.get("FRAMEGATE_KEY") or _local_key(address, environment)
    if not all("!" <= character <= "~" for character in found):
        raise SetupInvalid(
            "the key holds a space or a character that no key has", "copy the key anew"
        )
    return Access(address.rstrip("/"), found)


def is_local(url: str) -> bool:
    """Whether an address is this machine's own, by its spelling alone."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        is_good = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_good = False
    if not is_good or not url.isprintable() or " " in url:
        raise SetupInvalid(
            f"{url!r} is not an address of a server",
            f"give one like {URL_DEFAULT} with --url, url= or FRAMEGATE_URL",
        )


def _local_key(url: str, environment: Mapping[str, str]) -> str:
    if not is_local(url):
        raise SetupInvalid(
            f"no key for {url}", "set FRAMEGATE_KEY, or give --key or key=; its operator makes one"
        )
    path = Path(environment.get("FRAMEGATE_DATA_DIR") or DATA_DEFAULT) / KEY_FILE
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        raise SetupInvalid(
            "no key", f"give --key, key= or FRAMEGATE_KEY, or run where {path} can be read"
        ) from None
