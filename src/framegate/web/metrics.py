"""`/metrics`: what Prometheus scrapes, in its text format and not in the envelope.

It tells of money, so it wants an admin key. Figures come from the database, at most once in
READ_EVERY_MS however many ask, and from what this process counted; docs/metrics.md has a heading
for each. The registry is handed in: nothing is registered with the library's global one.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any, get_args

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from framegate import __version__
from framegate.domain.health import Breaker
from framegate.domain.task import TaskStatus
from framegate.engine.embedded import Queue
from framegate.errors import Refusal
from framegate.flows.standing import standings
from framegate.flows.tally import OUTCOMES, Spread
from framegate.gateway import Gateway, now_ms
from framegate.store.database import Transaction
from framegate.store.figures import Figures, Reader
from framegate.web import auth
from framegate.web.envelope import ENVELOPE_HEADERS

READ_EVERY_MS = 5_000
ATTEMPT_OUTCOMES = ("2xx", "3xx", "4xx", "5xx", "410", "none")
MS_PER_S = 1_000


@dataclass(frozen=True)
class _Reading:
    """What the database said at one moment."""

    figures: Figures
    upstreams: list[dict[str, Any]]
    at_ms: int


@dataclass(eq=False)
class Metrics(Collector):
    """The handler, and the collector of its registry."""

    gateway: Gateway
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    read_every_ms: int = READ_EVERY_MS
    _reader: Reader = field(default_factory=Reader)
    _reading: _Reading | None = None
    _one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)

    def __post_init__(self) -> None:
        """Fill the registry: our own figures, and the process as the system sees it."""
        self.registry.register(self)
        ProcessCollector(registry=self.registry)

    def routes(self) -> list[Route]:
        """`/metrics`."""
        return [Route("/metrics", self.metrics)]

    async def metrics(self, request: Request) -> Response:
        """`GET /metrics`: every metric that there is.

        raises   RightMissing for any key but an admin key; StoreDown when nothing can be read
        """
        await auth.operator_of(request, self.gateway)
        async with self._one_at_a_time:
            if not self._is_fresh(now_ms()):
                self._reading = await self.gateway.database.read(self._read, at_ms=now_ms())
        headers = ENVELOPE_HEADERS | {"Content-Type": CONTENT_TYPE_LATEST}
        return Response(generate_latest(self.registry), headers=headers)

    def _is_fresh(self, at_ms: int) -> bool:
        # Below 0 the clock was set back, and what was read would be fresh for too long.
        reading = self._reading
        return reading is not None and 0 <= at_ms - reading.at_ms < self.read_every_ms

    def _read(self, tx: Transaction, *, at_ms: int) -> _Reading:
        return _Reading(
            figures=self._reader.read(tx, now_ms=at_ms),
            upstreams=standings(tx, list(self.gateway.upstreams.values()), now_ms=at_ms),
            at_ms=at_ms,
        )

    def collect(self) -> Iterator[Metric]:
        """Every family of ours; the registry calls it for each scrape."""
        yield _build()
        yield from self._audit()
        yield from self._process()
        if self._reading is not None:
            prices = next(iter(self.gateway.submit.prices.values()))
            yield from _rows(self._reading, currency=prices.currency)
            yield from _upstreams(self._reading)

    def _process(self) -> Iterator[Metric]:
        """What this process counted itself."""
        yield GaugeMetricFamily(
            "framegate_write_queue_depth",
            "Transactions that wait for the database's writer.",
            self.gateway.database.waiting,
        )
        tally = self.gateway.submit.tally
        creates = CounterMetricFamily(
            "framegate_upstream_creates",
            "Orders sent to an upstream, by what came of them.",
            labels=("upstream", "outcome"),
        )
        times = HistogramMetricFamily(
            "framegate_upstream_create_seconds",
            "How long an upstream took to answer an order.",
            labels=("upstream",),
        )
        for name in self.gateway.upstreams:
            for outcome in OUTCOMES:
                creates.add_metric((name, outcome), tally.creates[name, outcome])
            _add(times, (name,), tally.create_times[name])
        renders = HistogramMetricFamily(
            "framegate_render_seconds", "How long a run of the embedded renderer took."
        )
        _add(renders, (), tally.render_times)
        refusals = CounterMetricFamily(
            "framegate_refusals",
            "Requests that were answered with an error, by its name in docs/errors.md.",
            labels=("error",),
        )
        for slug in sorted(_slugs(Refusal) - {Refusal.slug}):
            refusals.add_metric((slug,), tally.refusals[slug])
        yield from (creates, times, renders, refusals)

    def _audit(self) -> Iterator[Metric]:
        """The last audit of this process; nothing of it before the first."""
        auditing = self.gateway.auditing
        broken = GaugeMetricFamily(
            "framegate_audit_broken",
            "What breaks a promise of docs/safety.md, as the last audit found it.",
            labels=("promise",),
        )
        by_promise: dict[int, int] = {}
        for finding in auditing.findings:
            by_promise[finding.promise] = by_promise.get(finding.promise, 0) + finding.broken
        for promise, count in by_promise.items():
            broken.add_metric((str(promise),), count)
        yield broken
        yield GaugeMetricFamily(
            "framegate_audit_timestamp_seconds",
            "When the last audit ended; 0: there was none.",
            auditing.ended_ms / MS_PER_S,
        )
        yield GaugeMetricFamily(
            "framegate_audit_seconds",
            "How long the last audit took.",
            auditing.took_ms / MS_PER_S,
        )


def _slugs(error: type[Refusal]) -> set[str]:
    """What every kind of refusal is called: one that nobody has met yet is 0, and not absent."""
    return {error.slug}.union(*(_slugs(each) for each in error.__subclasses__()))


def _build() -> Metric:
    build = GaugeMetricFamily(
        "framegate_build_info", "The version that runs; always 1.", labels=("version",)
    )
    build.add_metric((__version__,), 1)
    return build


def _rows(reading: _Reading, *, currency: str) -> Iterator[Metric]:
    figures = reading.figures
    tasks = GaugeMetricFamily("framegate_tasks", "Tasks by status.", labels=("status",))
    for status in TaskStatus:
        tasks.add_metric((status,), figures.tasks.get(status, 0))
    depth = GaugeMetricFamily(
        "framegate_queue_depth", "Jobs that wait, due or not.", labels=("queue",)
    )
    due = GaugeMetricFamily("framegate_queue_due", "Jobs that are due.", labels=("queue",))
    age = GaugeMetricFamily(
        "framegate_queue_age_seconds",
        "How long the oldest due job has been due.",
        labels=("queue",),
    )
    for name in get_args(Queue):
        queue = figures.queues.get(name)
        late_ms = max(0, reading.at_ms - queue.oldest_due_ms) if queue else 0
        depth.add_metric((name,), queue.jobs if queue else 0)
        due.add_metric((name,), queue.due if queue else 0)
        age.add_metric((name,), late_ms / MS_PER_S)
    attempts = CounterMetricFamily(
        "framegate_webhook_attempts",
        "Attempts to deliver a webhook, by the class of the answer.",
        labels=("outcome",),
    )
    for outcome in ATTEMPT_OUTCOMES:
        attempts.add_metric((outcome,), figures.attempts.get(outcome, 0))
    spend = CounterMetricFamily(
        "framegate_settled_micros",
        "What succeeded tasks have cost their accounts, in millionths of the currency.",
        labels=("currency",),
    )
    spend.add_metric((currency,), figures.settled_micros)
    yield from (tasks, depth, due, age, attempts, spend)
    yield GaugeMetricFamily(
        "framegate_webhooks_pending",
        "Deliveries that are neither taken nor given up.",
        figures.pending_deliveries,
    )


def _upstreams(reading: _Reading) -> Iterator[Metric]:
    breaker = GaugeMetricFamily(
        "framegate_upstream_breaker",
        "1 for the state that the upstream's breaker is in.",
        labels=("upstream", "state"),
    )
    paused = GaugeMetricFamily(
        "framegate_upstream_paused",
        "1: the operator paused it, and it gets no new orders.",
        labels=("upstream",),
    )
    in_flight = GaugeMetricFamily(
        "framegate_upstream_in_flight",
        "Tasks that an upstream has and that have not ended.",
        labels=("upstream",),
    )
    for each in reading.upstreams:
        for state in Breaker:
            breaker.add_metric((each["name"], state), int(each["breaker"] == state))
        paused.add_metric((each["name"],), int(each["paused"]))
        in_flight.add_metric((each["name"],), each["in_flight"])
    yield from (breaker, paused, in_flight)


def _add(family: HistogramMetricFamily, labels: tuple[str, ...], spread: Spread) -> None:
    bounds = [*(str(bound / MS_PER_S) for bound in spread.bounds_ms), "+Inf"]
    counted = list(zip(bounds, accumulate(spread.counts), strict=True))
    family.add_metric(labels, counted, spread.total_ms / MS_PER_S)
