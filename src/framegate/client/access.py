"""Which server, and under which key: what was passed, else the environment, else this machine's.

The admin key that `framegate serve` writes at its first start is used for a server on this machine
alone: it never leaves for an address that somebody put into FRAMEGATE_URL. Beside that key a
running server leaves its own address, for whoever uses the key.
"""

import fcntl
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from framegate.client.errors import SetupInvalid

URL_DEFAULT = "http://127.0.0.1:8787"
DATA_DEFAULT = "framegate-data"
KEY_FILE = "admin.key"
ADDRESS_FILE = "server.url"
ADDRESS_BYTES_MAX = 1_000


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
    address = url or environment.get("FRAMEGATE_URL") or _own_url(key, environment)
    check_url(address)
    found = key or environment.get("FRAMEGATE_KEY") or _local_key(address, environment)
    if not all("!" <= character <= "~" for character in found):
        raise SetupInvalid(
            "the key holds a space or a character that no key has", "copy the key anew"
        )
    return Access(address.rstrip("/"), found)


def recorded_url(folder: Path) -> str:
    """Where the `framegate serve` that runs on a data folder says it listens; "" when none does.

    It holds a lock on the file for as long as it lives. One that was killed left its file and not
    the lock: whoever took its port since must not be sent the folder's key.
    """
    try:
        with (folder / ADDRESS_FILE).open("rb") as file:
            text = file.read(ADDRESS_BYTES_MAX).decode() if _is_held(file) else ""
    except (OSError, UnicodeDecodeError):
        return ""
    return text.strip() if _is_url(text.strip()) else ""


def is_local(url: str) -> bool:
    """Whether an address is this machine's own, by its spelling alone."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def check_url(url: str) -> None:
    """Refuse what cannot be the address of a server. Raises SetupInvalid."""
    if not _is_url(url):
        raise SetupInvalid(
            f"{url!r} is not an address of a server",
            f"give one like {URL_DEFAULT} with --url, url= or FRAMEGATE_URL",
        )


def _is_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        is_good = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return is_good and url.isprintable() and " " not in url


def _is_held(file: BinaryIO) -> bool:
    """Whether a process that lives has locked a file for itself."""
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False


def _own_url(key: str | None, environment: Mapping[str, str]) -> str:
    """The address of this folder's own server, for whoever comes with this folder's own key."""
    if key or environment.get("FRAMEGATE_KEY"):
        return URL_DEFAULT
    recorded = recorded_url(_folder(environment))
    return recorded if is_local(recorded) else URL_DEFAULT


def _folder(environment: Mapping[str, str]) -> Path:
    return Path(environment.get("FRAMEGATE_DATA_DIR") or DATA_DEFAULT)


def _local_key(url: str, environment: Mapping[str, str]) -> str:
    if not is_local(url):
        raise SetupInvalid(
            f"no key for {url}", "set FRAMEGATE_KEY, or give --key or key=; its operator makes one"
        )
    path = _folder(environment) / KEY_FILE
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        raise SetupInvalid(
            "no key", f"give --key, key= or FRAMEGATE_KEY, or run where {path} can be read"
        ) from None
