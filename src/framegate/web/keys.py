"""Keys under `/api`: made, listed, limited and revoked by those whose they are.

A key is answered at creation only. There is no deletion: a revoked key keeps what it spent. Who may
touch which key is decided in `flows/issue`.
"""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from framegate.desk.keys import KeyDesk, key_shown
from framegate.domain.key_wish import parse_key_wish
from framegate.domain.ledger import Caller, Key
from framegate.domain.limits import KEY_FIELDS, parse_limits
from framegate.flows import issue
from framegate.gateway import Gateway, new_key, now_ms
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
        data = await KeyDesk(self.gateway).page(caller, named)
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
