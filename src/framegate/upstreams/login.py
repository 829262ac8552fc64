"""How we say who we are at Kling: an API key, or on its older paths a key pair as a JWT.

The model stands in the path of every 3.0 Turbo call, and the vendor refuses the pair there with
401/1002; only the account's own paths take it (the vendor's page on logins).
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import jwt

GOOD_FOR_S = 1_800
EARLY_S = 5
"""The vendor's clock may be behind ours."""

ALGORITHM = "HS256"


@dataclass(frozen=True, kw_only=True)
class Login:
    """One account's keys; shows none of them."""

    api_key: str
    access_key: str = ""
    secret_key: str = ""
    now_s: Callable[[], float] = time.time

    def __repr__(self) -> str:
        """Show nothing: a traceback or a log line may print this value."""
        return "Login(...)"

    @property
    def has_pair(self) -> bool:
        """Whether the older login is there too."""
        return bool(self.access_key and self.secret_key)

    def headers(self) -> Mapping[str, str]:
        """For every path."""
        return {"Authorization": f"Bearer {self.api_key}"}

    def pair_headers(self) -> Mapping[str, str]:
        """For the older paths: a token signed just now, good for half an hour."""
        now_s = int(self.now_s())
        claims = {"iss": self.access_key, "exp": now_s + GOOD_FOR_S, "nbf": now_s - EARLY_S}
        token = jwt.encode(claims, self.secret_key, algorithm=ALGORITHM)
        return {"Authorization": f"Bearer {token}"}
