"""Keys under `/api`: made, listed, limited and revoked by those whose they are.

A key is answered at creation only. There is no deletion: a revoked key keeps what it spent. Who may
touch which key is decided in `flows/issue`.
"""

from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from framegate.domain.key_wish import parse_key_wish
from framegate.domain.ledger import Account, Caller, Key
from framegate.domain.limits import KEY_FIELDS, parse_limits
from framegate.domain.money import decimal_from_micros
from framegate.flows import issue
from framegate.gateway import Gateway, new_key, now_ms
from framegate.store import accounts
from framegate.store.database import Transaction
from framegate.web import auth, body, envelope
from framegate.web.envelope import request_id_of


@dataclass(frozen=True)
class Keys:
    """The handlers, with the gateway they ask."""

    gateway: Gateway

    def routes(self) -> list[Route]:
        """Every path about keys."""
        return [
            Route("/api/keys", self.create, methods=["POST"]),
            Route("/api/keys", self.listed),
            Route("/api/keys/{id}", self.show),
            Route("/api/keys/{id}/limits", self.limit, methods=["POST"]),
            Route("/api/keys/{id}/revoke", self.revoke, methods=["POST"]),
        ]

    async def create(self, request: Request) -> Response:
        """`POST /api/keys` {name, scope?, rate?, in_flight?, budget?, expires_at?, account?}."""
        caller = await auth.key_manager_of(request, self.gateway)
        now = now_ms()
        wish = parse_key_wish(await self._body(request), now_ms=now)
        key = new_key()
        made = await self.gateway.database.write(issue.issue, caller, wish, key=key, now_ms=now)
        return envelope.success(key_shown(made, now_ms=now) | {"key": key}, request_id_of(request))

    async def listed(self, request: Request) -> Response:
        """`GET /api/keys?account=`: all of an account's, oldest first; its own unless named."""
        caller = await auth.key_manager_of(request, self.gateway)
        named = request.query_params.get("account", "")
        account, found = await self.gateway.database.read(_keys_of, caller, named)
        data = {
            "account": account.id,
            "result": [key_shown(each, now_ms=now_ms()) for each in found],
            "count": len(found),
        }
        return envelope.success(data, request_id_of(request))

    async def show(self, request: Request) -> Response:
        """`GET /api/keys/{id}`."""
        caller = await auth.key_manager_of(request, self.gateway)
        return await self._shown(request, await self._found(request, caller))

    async def limit(self, request: Request) -> Response:
        """`POST /api/keys/{id}/limits` {rate?, in_flight?, budget?}: null lifts one."""
        caller = await auth.key_manager_of(request, self.gateway)
        key = await self._found(request, caller)
        changes = parse_limits(await self._body(request), KEY_FIELDS)
        changed = await self.gateway.database.write(issue.limit, caller, key.id, changes)
        return await self._shown(request, changed)

    async def revoke(self, request: Request) -> Response:
        """`POST /api/keys/{id}/revoke`: at once and for ever; its tasks go on."""
        caller = await auth.key_manager_of(request, self.gateway)
        key_id = request.path_params["id"]
        ended = await self.gateway.database.write(issue.revoke, caller, key_id, now_ms=now_ms())
        return await self._shown(request, ended)

    # --- inside -------------------------------------------------------------------------------

    async def _body(self, request: Request) -> bytes:
        return await body.read_json(request, wait_s_max=self.gateway.settings.server.body_wait_s)

    async def _found(self, request: Request, caller: Caller) -> Key:
        key_id = request.path_params["id"]
        return await self.gateway.database.read(issue.key_for, caller, key_id)

    async def _shown(self, request: Request, key: Key) -> Response:
        return envelope.success(key_shown(key, now_ms=now_ms()), request_id_of(request))


def key_shown(key: Key, *, now_ms: int) -> dict[str, Any]:
    """A key without the key, here and on the command line.

    Amounts are decimal strings, times Unix milliseconds with 0 for never; a limit that there is not
    is null, and so is what is `left` of no budget.
    """
    budget = key.limits.budget_micros
    return {
        "id": key.id,
        "account": key.account_id,
        "name": key.name,
        "hint": f"fg_...{key.hint}",
        "scope": key.scope.value,
        "state": state_of(key, now_ms=now_ms),
        "limits": key.limits.shown(KEY_FIELDS),
        "in_flight": key.in_flight,
        "spent": decimal_from_micros(key.spent_micros),
        "left": decimal_from_micros(key.left_micros) if budget else None,
        "last_used_at": key.last_used_ms,
        "created_at": key.created_ms,
        "expires_at": key.expires_ms,
        "revoked_at": key.revoked_ms,
    }


def state_of(key: Key, *, now_ms: int) -> str:
    """In a word: good, expired or revoked."""
    if key.revoked_ms:
        return "revoked"
    return "expired" if key.expires_ms and key.expires_ms <= now_ms else "good"


def _keys_of(tx: Transaction, caller: Caller, named: str) -> tuple[Account, list[Key]]:
    account = issue.account_for(tx, caller, named)
    return account, accounts.keys_of(tx, account.id)
