"""What can be added up under `/api`: usage, a ledger, how much there is, and the audit of it."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from framegate.desk.audit import AuditDesk
from framegate.desk.counts import CountDesk
from framegate.desk.ledger import LedgerDesk
from framegate.desk.usage import UsageDesk
from framegate.gateway import Gateway
from framegate.web import auth, envelope
from framegate.web.envelope import ENVELOPE_HEADERS, request_id_of
from framegate.web.query import query_of

CSV = "text/csv"


@dataclass(frozen=True)
class Books:
    """The handlers, with the gateway they ask."""

    gateway: Gateway

    def routes(self) -> list[Route]:
        """Every path about sums and whether they are right."""
        return [
            Route("/api/usage", self.usage),
            Route("/api/ledger", self.ledger),
            Route("/api/counts", self.counts),
            Route("/api/audit", self.audit),
            Route("/api/audit/run", self.run_audit, methods=["POST"]),
        ]

    async def usage(self, request: Request) -> Response:
        """`GET /api/usage?by=&from=&to=&account=&format=`: JSON, or CSV for who asks for it."""
        caller = await auth.caller_of(request, self.gateway)
        query, desk = query_of(request), UsageDesk(self.gateway)
        if _wants_csv(request):
            table = await desk.table(caller, query)
            return Response(
                table,
                headers={
                    **ENVELOPE_HEADERS,
                    "Content-Type": f"{CSV}; charset=utf-8",
                    "Content-Disposition": 'attachment; filename="usage.csv"',
                },
            )
        return envelope.success(await desk.page(caller, query), request_id_of(request))

    async def ledger(self, request: Request) -> Response:
        """`GET /api/ledger?account=&cursor=&limit=`: an account's lines, newest first."""
        caller = await auth.caller_of(request, self.gateway)
        data = await LedgerDesk(self.gateway).page(caller, query_of(request))
        return envelope.success(data, request_id_of(request))

    async def counts(self, request: Request) -> Response:
        """`GET /api/counts`: how many tasks run, and how many videos there are."""
        caller = await auth.caller_of(request, self.gateway)
        return envelope.success(await CountDesk(self.gateway).page(caller), request_id_of(request))

    async def audit(self, request: Request) -> Response:
        """`GET /api/audit`: what the last run found; an admin key."""
        caller = await auth.caller_of(request, self.gateway)
        return envelope.success(await AuditDesk(self.gateway).page(caller), request_id_of(request))

    async def run_audit(self, request: Request) -> Response:
        """`POST /api/audit/run`: check everything now; an admin key."""
        caller = await auth.caller_of(request, self.gateway)
        return envelope.success(await AuditDesk(self.gateway).run(caller), request_id_of(request))


def _wants_csv(request: Request) -> bool:
    """By the parameter, which a link can carry, or by the header, where it names CSV first."""
    wished = request.query_params.get("format", "")
    first = request.headers.get("accept", "").partition(",")[0].partition(";")[0].strip().lower()
    return wished == "csv" or (not wished and first == CSV)
