"""Accounts under `/api`: an operator's, all of them, and what a caller sees of its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from framegate.desk.accounts import AccountDesk, account_shown
from framegate.desk.keys import key_shown
from framegate.domain.account_wish import AccountWish, parse_account_wish, parse_topup
from framegate.domain.ledger import Account
from framegate.domain.limits import ACCOUNT_FIELDS, parse_limits
from framegate.errors import FieldError, FieldsInvalid, NotFound
from framegate.gateway import Gateway, create_account, new_key, now_ms
from framegate.store import accounts, ledger
from framegate.store.database import Transaction
from framegate.web import auth, body, envelope
from framegate.web.envelope import request_id_of


@dataclass(frozen=True)
class Accounts:
    """The handlers, with the gateway they ask."""

    gateway: Gateway

    def routes(self) -> list[Route]:
        """Every path about accounts."""
        one = "/api/accounts/{id}"
        return [
            Route("/api/account", self.own),
            Route("/api/accounts", self.create, methods=["POST"]),
            Route("/api/accounts", self.listed),
            Route(one, self.show),
            Route(f"{one}/topup", self.topup, methods=["POST"]),
            Route(f"{one}/limits", self.limit, methods=["POST"]),
        ]

    async def own(self, request: Request) -> Response:
        """`GET /api/account`: what the caller's account has and may use, and its key."""
        caller = await auth.caller_of(request, self.gateway)
        own = {"key": key_shown(caller.key, now_ms=now_ms())}
        return self._shown(request, caller.account, own)

    # --- the operator's -----------------------------------------------------------------------

    async def create(self, request: Request) -> Response:
        """`POST /api/accounts` {name, credit?, unlimited?, rate?, in_flight?}: with a first key."""
        await auth.operator_of(request, self.gateway)
        wish = parse_account_wish(await self._body(request))
        key = new_key()
        made = await self.gateway.database.write(_create, wish, key=key, now_ms=now_ms())
        secret = self.gateway.keyring.webhook_secret(made.id, made.webhook_generation)
        return self._shown(request, made, {"key": key, "webhook_secret": secret})

    async def listed(self, request: Request) -> Response:
        """`GET /api/accounts?cursor=&limit=`: oldest first."""
        caller = await auth.operator_of(request, self.gateway)
        asked = {name: request.query_params.get(name, "") for name in ("cursor", "limit")}
        data = await AccountDesk(self.gateway).page(caller, **asked)
        return envelope.success(data, request_id_of(request))

    async def show(self, request: Request) -> Response:
        """`GET /api/accounts/{id}`, by id or name."""
        caller = await auth.operator_of(request, self.gateway)
        data = await AccountDesk(self.gateway).one(caller, request.path_params["id"])
        return envelope.success(data, request_id_of(request))

    async def topup(self, request: Request) -> Response:
        """`POST /api/accounts/{id}/topup` {amount}: a negative amount takes back."""
        await auth.operator_of(request, self.gateway)
        account = await self._found(request)
        amount_micros = parse_topup(await self._body(request))
        changed = await self.gateway.database.write(
            ledger.topup, account_id=account.id, amount_micros=amount_micros, now_ms=now_ms()
        )
        return self._shown(request, changed)

    async def limit(self, request: Request) -> Response:
        """`POST /api/accounts/{id}/limits` {rate?, in_flight?}: null lifts one."""
        await auth.operator_of(request, self.gateway)
        account = await self._found(request)
        changes = parse_limits(await self._body(request), ACCOUNT_FIELDS)
        changed = await self.gateway.database.write(limited, account.id, changes)
        return self._shown(request, changed)

    # --- inside -------------------------------------------------------------------------------

    async def _body(self, request: Request) -> bytes:
        return await body.read_json(request, wait_s_max=self.gateway.settings.server.body_wait_s)

    async def _found(self, request: Request) -> Account:
        named = request.path_params["id"]
        found = await self.gateway.database.read(accounts.account_named, named)
        if found is None:
            raise NotFound("account not found")
        return found

    def _shown(
        self, request: Request, account: Account, more: Mapping[str, Any] | None = None
    ) -> Response:
        data = account_shown(account, currency=self.gateway.currency) | dict(more or {})
        return envelope.success(data, request_id_of(request))


def limited(tx: Transaction, account_id: str, changes: Mapping[str, int]) -> Account:
    """Change what an account may use, at once; what runs goes on."""
    accounts.limit_account(tx, account_id, changes)
    return accounts.account_by_id(tx, account_id)


def _create(tx: Transaction, wish: AccountWish, *, key: str, now_ms: int) -> Account:
    if accounts.account_named(tx, wish.name) is not None:
        message = "name is that of another account; choose another"
        raise FieldsInvalid((FieldError(path="/name", message=message),))
    return create_account(
        tx,
        name=wish.name,
        is_unlimited=wish.is_unlimited,
        credit_micros=wish.credit_micros,
        limits=wish.limits,
        key=key,
        now_ms=now_ms,
    )
