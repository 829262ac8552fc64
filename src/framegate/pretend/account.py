"""Whether a request may pass: the API key everywhere, the key pair's JWT on legacy paths alone.

The vendor's pages on logins and codes. Each refusal has the vendor's text where one is known.
"""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any

from framegate.pretend.says import Says, refusal

EMPTY = refusal(401, 1001, "Authorization is empty")
KEY_UNKNOWN = refusal(401, 1002, "api key not found")
NO_PAIR_HERE = refusal(401, 1002, "The current API does not support AK/SK")
PAIR_UNKNOWN = refusal(401, 1002, "access key not found")
BAD_SIGNATURE = refusal(401, 1000, "Authorization signature is invalid")
NOT_YET = refusal(401, 1003, "Authorization is not yet valid")
EXPIRED = refusal(401, 1004, "Authorization is expired")

JWT_PARTS = 3


@dataclass(frozen=True, kw_only=True)
class PretendAccount:
    """The one account of this vendor."""

    api_key: str
    access_key: str
    secret_key: str

    def __repr__(self) -> str:
        """Show nothing: a traceback or a log line may print this value."""
        return "PretendAccount(...)"

    def refuse(self, authorization: str, *, is_legacy: bool, now_s: int) -> Says | None:
        """Why a request may not pass; None when it may."""
        if not authorization:
            return EMPTY
        token = authorization.removeprefix("Bearer ")
        if hmac.compare_digest(token.encode(), self.api_key.encode()):
            return None
        if token.count(".") != JWT_PARTS - 1:
            return KEY_UNKNOWN
        return self._refuse_jwt(token, now_s) if is_legacy else NO_PAIR_HERE

    def _refuse_jwt(self, token: str, now_s: int) -> Says | None:
        head, claims_text, signature = token.split(".")
        try:
            algorithm = _part(head).get("alg")
            claims = _part(claims_text)
            given = _decoded(signature)
        except ValueError:
            return BAD_SIGNATURE
        if claims.get("iss") != self.access_key:
            return PAIR_UNKNOWN
        signed = f"{head}.{claims_text}".encode()
        expected = hmac.new(self.secret_key.encode(), signed, hashlib.sha256).digest()
        if algorithm != "HS256" or not hmac.compare_digest(given, expected):
            return BAD_SIGNATURE
        if _seconds(claims, "nbf") > now_s:
            return NOT_YET
        return EXPIRED if _seconds(claims, "exp") <= now_s else None


def sign_jwt(access_key: str, secret_key: str, *, exp: int, nbf: int) -> str:
    """The token that a caller makes of a key pair (5.1)."""
    head = _encoded(json.dumps({"alg": "HS256", "typ": "JWT"}).encode())
    claims = _encoded(json.dumps({"iss": access_key, "exp": exp, "nbf": nbf}).encode())
    digest = hmac.new(secret_key.encode(), f"{head}.{claims}".encode(), hashlib.sha256).digest()
    return f"{head}.{claims}.{_encoded(digest)}"


def _part(text: str) -> dict[str, Any]:
    value = json.loads(_decoded(text))
    if not isinstance(value, dict):
        raise ValueError("not an object")  # noqa: TRY004 - one kind of trouble: not a JWT
    return value


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode("ascii")


def _seconds(claims: dict[str, Any], name: str) -> int:
    value = claims.get(name)
    return value if type(value) is int else 0
