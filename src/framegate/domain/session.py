"""A person's way into the console: a link that works once, and the session that it opens.

Both are 256 random bits of which only a hash is kept. A session belongs to a Key: what it may do,
and for which account, is what the key may do, for as long as the key is good.
"""

import hashlib
from dataclasses import dataclass

LINK_GOOD_FOR_MS = 15 * 60 * 1_000
SESSION_IDLE_MS = 30 * 86_400 * 1_000
# A session's last use is written down at most this often: reading a page is no write.
SEEN_EVERY_MS = 60 * 60 * 1_000
TOKEN_BYTES = 32
# Longer than any token of ours: more is not worth a hash.
TOKEN_CHARACTERS_MAX = 100


@dataclass(frozen=True, kw_only=True)
class Session:
    """One browser that is signed in. Times are Unix milliseconds."""

    token_sha256: str
    key_id: str
    created_ms: int
    seen_ms: int  # When it was last used, to the hour.
    ended_ms: int  # 0: nobody has signed it out.

    def is_over(self, *, now_ms: int) -> bool:
        """Signed out, or not used for SESSION_IDLE_MS."""
        return bool(self.ended_ms) or self.seen_ms + SESSION_IDLE_MS <= now_ms

    def is_to_be_noted(self, *, now_ms: int) -> bool:
        """Whether its use should be written down again."""
        return self.seen_ms + SEEN_EVERY_MS <= now_ms


def fingerprint(token: str) -> str:
    """What is kept of a token: hex SHA-256 (256 random bits need no salt)."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
