"""Everything we sign: webhooks (Standard Webhooks 1.0.0), links to stored files, cursors.

All keys are derived from one master secret that lives beside the database, never in it, so that
the database holds no secret that a copy of it could leak (promise 20).
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

WEBHOOK_TOLERANCE_S = 300
SECRET_PREFIX = "whsec_"  # noqa: S105 - a prefix, not a secret

LinkKind = Literal["videos", "images"]


def sign_webhook(secret: str, *, message_id: str, timestamp_s: int, body: bytes) -> str:
    """Sign one attempt: `v1,` and Base64 of HMAC-SHA256 over `id.timestamp.body` (rule 62)."""
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    content = f"{message_id}.{timestamp_s}.".encode() + body
    digest = hmac.new(key, content, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def webhook_headers(
    secrets: Iterable[str], *, message_id: str, timestamp_s: int, body: bytes
) -> dict[str, str]:
    """The three headers of one attempt, with one signature a secret, in the order given."""
    signatures = (
        sign_webhook(secret, message_id=message_id, timestamp_s=timestamp_s, body=body)
        for secret in secrets
    )
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp_s),
        "webhook-signature": " ".join(signatures),
    }


def is_signed(
    secret: str, *, message_id: str, timestamp_s: int, body: bytes, signatures: str
) -> bool:
    """Whether one of the signatures of a `webhook-signature` header is this secret's.

    The age of the timestamp is another question: a receiver refuses what is older than
    WEBHOOK_TOLERANCE_S.
    raises   ValueError when the secret is not Base64
    """
    own = sign_webhook(secret, message_id=message_id, timestamp_s=timestamp_s, body=body).encode()
    given = signatures.encode("utf-8", "surrogatepass").split()
    return any(hmac.compare_digest(own, each) for each in given)


@dataclass(frozen=True)
class Keyring:
    """What one master secret opens: signatures of links and cursors, secrets of webhooks."""

    master: bytes

    def __repr__(self) -> str:
        """Show nothing: a traceback or a log line may print this value."""
        return "Keyring(...)"

    def webhook_secret(self, owner_id: str, generation: int) -> str:
        """The `whsec_` secret of an account or an endpoint; a rotation is the next generation."""
        return (
            SECRET_PREFIX
            + base64.b64encode(self._derive(f"webhook:{owner_id}:{generation}")).decode()
        )

    def sign_link(self, kind: LinkKind, file_id: str, *, expires_s: int) -> str:
        """Sign one file until a Unix second; hex, over kind, id and expiry (rule 87)."""
        content = f"{kind}/{file_id}?{expires_s}".encode()
        return hmac.new(self._derive("links"), content, hashlib.sha256).hexdigest()

    def sign_cursor(self, account_id: str, text: str) -> str:
        """Sign a place in one account's list of tasks; hex (rule 47)."""
        content = f"{account_id}:{text}".encode()
        return hmac.new(self._derive("cursors"), content, hashlib.sha256).hexdigest()

    def opens_link(
        self, kind: LinkKind, file_id: str, *, expires: str, signature: str, now_s: int
    ) -> bool:
        """Whether a link is one of ours and its time is not over; compared in constant time."""
        if not (expires.isascii() and expires.isdigit() and len(expires) <= len(str(2**63))):
            return False
        expected = self.sign_link(kind, file_id, expires_s=int(expires))
        # Whatever came in the address is compared as bytes: even half a surrogate pair has some.
        given = signature.encode("utf-8", "surrogatepass")
        matches = hmac.compare_digest(expected.encode(), given)
        return matches and now_s <= int(expires)

    def task_token(self, task_id: str) -> str:
        """What an upstream must know to send us news of a task: nobody can guess it."""
        return self._derive(f"news:{task_id}").hex()

    def opens_task(self, task_id: str, token: str) -> bool:
        """Whether a token is the one of this task; compared in constant time."""
        given = token.encode("utf-8", "surrogatepass")
        return hmac.compare_digest(self.task_token(task_id).encode(), given)

    def _derive(self, purpose: str) -> bytes:
        return hmac.new(self.master, purpose.encode(), hashlib.sha256).digest()
