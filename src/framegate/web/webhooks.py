"""Webhooks under `/api`: an account's endpoints, and what they were told.

A secret is answered at creation and rotation only. There is no deletion: disabling an endpoint
keeps the history of its deliveries. What a receiver needs to know is in docs/webhooks.md.
"""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from framegate.desk.deliveries import attempt_shown, delivery_shown, endpoint_shown
from framegate.desk.webhooks import WebhookDesk
from framegate.domain.delivery import Resender
from framegate.domain.endpoint import Endpoint, parse_overlap_s, parse_wish
from framegate.domain.ledger import Caller
from framegate.flows import subscribe
from framegate.gateway import Gateway, now_ms
from framegate.web import auth, body, envelope
from framegate.web.envelope import request_id_of

FILTERS = ("status", "cursor", "limit")


@dataclass(frozen=True)
class Webhooks:
    """The handlers, with the gateway they ask."""

    gateway: Gateway

    def routes(self) -> list[Route]:
        """Every path about webhooks and deliveries."""
        one = "/api/webhooks/{id}"
        return [
            Route("/api/webhooks", self.create, methods=["POST"]),
            Route("/api/webhooks", self.listed),
            Route(one, self.show),
            Route(f"{one}/rotate", self.rotate, methods=["POST"]),
            Route(f"{one}/disable", self.disable, methods=["POST"]),
            Route(f"{one}/enable", self.enable, methods=["POST"]),
            Route(f"{one}/test", self.test, methods=["POST"]),
            Route(f"{one}/redeliver", self.redeliver_failed, methods=["POST"]),
            Route(f"{one}/deliveries", self.deliveries_of_one),
            Route("/api/deliveries", self.deliveries),
            Route("/api/deliveries/{id}", self.delivery),
            Route("/api/deliveries/{id}/redeliver", self.redeliver, methods=["POST"]),
        ]

    # --- endpoints ----------------------------------------------------------------------------

    async def create(self, request: Request) -> Response:
        """`POST /api/webhooks` {url, events?}: a new endpoint with its secret."""
        caller = await auth.changer_of(request, self.gateway)
        wish = parse_wish(
            await self._body(request),
            allowed_addresses=frozenset(self.gateway.settings.outbound.allow),
        )
        endpoint = await self.gateway.database.write(
            subscribe.create, account_id=caller.account.id, wish=wish, now_ms=now_ms()
        )
        return self._with_secret(endpoint, request)

    async def listed(self, request: Request) -> Response:
        """`GET /api/webhooks`: all of the account's, newest first."""
        caller = await auth.caller_of(request, self.gateway)
        data = await WebhookDesk(self.gateway).listed(caller)
        return envelope.success(data, request_id_of(request))

    async def show(self, request: Request) -> Response:
        """`GET /api/webhooks/{id}`."""
        caller = await auth.caller_of(request, self.gateway)
        data = await WebhookDesk(self.gateway).one(caller, request.path_params["id"])
        return envelope.success(data, request_id_of(request))

    async def rotate(self, request: Request) -> Response:
        """`POST /api/webhooks/{id}/rotate` {overlap_s?}: a new secret, shown this once."""
        caller = await auth.changer_of(request, self.gateway)
        overlap_s = parse_overlap_s(await self._body(request))
        endpoint = await self.gateway.database.write(
            subscribe.rotate,
            caller.account.id,
            request.path_params["id"],
            overlap_s=overlap_s,
            now_ms=now_ms(),
        )
        return self._with_secret(endpoint, request)

    async def disable(self, request: Request) -> Response:
        """`POST /api/webhooks/{id}/disable`: told nothing more; what is pending is given up."""
        caller = await auth.changer_of(request, self.gateway)
        endpoint = await self.gateway.database.write(
            subscribe.disable, caller.account.id, request.path_params["id"], now_ms=now_ms()
        )
        return envelope.success(endpoint_shown(endpoint), request_id_of(request))

    async def enable(self, request: Request) -> Response:
        """`POST /api/webhooks/{id}/enable`: told what happens from now on."""
        caller = await auth.changer_of(request, self.gateway)
        endpoint = await self.gateway.database.write(
            subscribe.enable, caller.account.id, request.path_params["id"]
        )
        return envelope.success(endpoint_shown(endpoint), request_id_of(request))

    async def test(self, request: Request) -> Response:
        """`POST /api/webhooks/{id}/test`: tell it a test now, and answer what came back."""
        caller = await auth.changer_of(request, self.gateway)
        endpoint = await self.gateway.database.read(
            subscribe.endpoint_of, caller.account.id, request.path_params["id"]
        )
        attempt = await self.gateway.deliver.test(endpoint)
        data = {"delivered": attempt.is_success, **attempt_shown(attempt)}
        return envelope.success(data, request_id_of(request))

    # --- deliveries ---------------------------------------------------------------------------

    async def deliveries_of_one(self, request: Request) -> Response:
        """`GET /api/webhooks/{id}/deliveries?status=&cursor=&limit=`: newest first."""
        caller = await auth.caller_of(request, self.gateway)
        return await self._page(request, caller, request.path_params["id"])

    async def deliveries(self, request: Request) -> Response:
        """`GET /api/deliveries?status=&cursor=&limit=`: of every webhook and every callback_url."""
        return await self._page(request, await auth.caller_of(request, self.gateway), None)

    async def delivery(self, request: Request) -> Response:
        """`GET /api/deliveries/{id}`: one delivery with all its attempts; admin keys: anybody's."""
        caller = await auth.caller_of(request, self.gateway)
        data = await WebhookDesk(self.gateway).delivery(caller, request.path_params["id"])
        return envelope.success(data, request_id_of(request))

    async def redeliver(self, request: Request) -> Response:
        """`POST /api/deliveries/{id}/redeliver`: now, by a new schedule, under the same id.

        An admin key sends anybody's again, and the delivery says that the operator did.
        """
        caller = await auth.changer_of(request, self.gateway)
        told = await self.gateway.database.write(
            subscribe.redeliver_seen, caller, request.path_params["id"], now_ms=now_ms()
        )
        return envelope.success(delivery_shown(told), request_id_of(request))

    async def redeliver_failed(self, request: Request) -> Response:
        """`POST /api/webhooks/{id}/redeliver`: everything that was given up for it."""
        caller = await auth.changer_of(request, self.gateway)
        done = await self.gateway.database.write(
            subscribe.redeliver_failed,
            caller.account.id,
            request.path_params["id"],
            by=Resender.OWNER,
            now_ms=now_ms(),
        )
        data = {"redelivered": done.count, "has_more": done.has_more}
        return envelope.success(data, request_id_of(request))

    # --- inside -------------------------------------------------------------------------------

    async def _body(self, request: Request) -> bytes:
        return await body.read_json(request, wait_s_max=self.gateway.settings.server.body_wait_s)

    def _with_secret(self, endpoint: Endpoint, request: Request) -> Response:
        secret = self.gateway.keyring.webhook_secret(endpoint.id, endpoint.generation)
        data = endpoint_shown(endpoint) | {"secret": secret}
        return envelope.success(data, request_id_of(request))

    async def _page(self, request: Request, caller: Caller, endpoint_id: str | None) -> Response:
        asked = {name: request.query_params.get(name, "") for name in FILTERS}
        data = await WebhookDesk(self.gateway).page(caller, endpoint_id, **asked)
        return envelope.success(data, request_id_of(request))
