"""Links to our stored files: made for every answer, and recognised when they come back.

A link is `PUBLIC_URL/videos/ID.mp4?expires=UNIX_S&signature=HEX` (contract rule 87). The embedded
renderer recognises a picture of ours by it and reads the file without a socket.
"""

from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from framegate.domain.signature import Keyring, LinkKind
from framegate.domain.url import DEFAULT_PORTS, endpoint

SUFFIXES: dict[LinkKind, str] = {"videos": ".mp4", "images": ""}


@dataclass(frozen=True, kw_only=True)
class Links:
    """How this gateway links what it keeps. `good_for_s` is the life of every new link."""

    keyring: Keyring
    public_url: str
    good_for_s: int

    @property
    def own_endpoint(self) -> str:
        """`host:port` of our public address, as an allow list writes it."""
        parts = urlsplit(self.public_url)
        return endpoint(parts.hostname or "", parts.port or DEFAULT_PORTS[parts.scheme])

    def make(self, kind: LinkKind, file_id: str, *, now_ms: int) -> str:
        """A link that works from now until `good_for_s` later."""
        expires_s = now_ms // 1_000 + self.good_for_s
        signature = self.keyring.sign_link(kind, file_id, expires_s=expires_s)
        path = f"{kind}/{file_id}{SUFFIXES[kind]}"
        return f"{self.public_url}/{path}?expires={expires_s}&signature={signature}"

    def news_of(self, task_id: str) -> str:
        """Where an upstream sends news of a task (contract rule 38)."""
        return f"{self.public_url}/callbacks/{task_id}/{self.keyring.task_token(task_id)}"

    def own_picture(self, url: str, *, now_ms: int) -> str | None:
        """The id of the uploaded picture that a URL names, if it is a good link of ours."""
        prefix = f"{self.public_url}/images/"
        if not url.startswith(prefix):
            return None
        file_id, _, query_text = url.removeprefix(prefix).partition("?")
        query = parse_qs(query_text)
        opens = self.keyring.opens_link(
            "images",
            file_id,
            expires=query.get("expires", [""])[0],
            signature=query.get("signature", [""])[0],
            now_s=now_ms // 1_000,
        )
        return file_id if opens else None

    def points_home(self, url: str) -> bool:
        """Whether a URL is under our own public address, good link or not."""
        return url == self.public_url or url.startswith(f"{self.public_url}/")
