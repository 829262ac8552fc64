"""Spans by OpenTelemetry, sent as OTLP over HTTP to the collector that the operator named.

`door` loads it when the setting asks for traces; nobody else does. The SDK reads its own OTEL_
variables. A task's trace has the task's own 128 bits as its id, so that each process that takes a
step of it knows the trace without having stored anything (docs/decisions/0019).
"""

import logging
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import structlog
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExportResult
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from framegate import ids
from framegate.errors import Refusal, SettingsInvalid
from framegate.tracing.door import Fact, Span

SERVICE = "framegate"
END_WAIT_S_MAX = 5
"""How long the last spans may take to leave. A collector that hangs must not hold up a restart."""

PROTOCOL = "http/protobuf"
HEADER = re.compile(r"[ \t]*[!#-'*+.0-9A-Z^-z|~-]+[ \t]*=[ !#-+\--:<-\[\]-~\t]*", re.ASCII)
"""As the SDK reads one of several, which stand between commas."""

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"})
SERVER_FAULT = 500
SPAN_ID_BITS = 64
TASK = "task"

_log = structlog.get_logger("framegate.tracing")


def begin(environment: Mapping[str, str], *, version: str) -> "Otlp | None":
    """A tracer that sends to the collector of the OTEL_ variables.

    returns  None when OTEL_SDK_DISABLED or OTEL_TRACES_EXPORTER=none wants no spans
    raises   SettingsInvalid for a way of sending that we do not have, and for a value that the
             SDK refuses
    """
    exporters = environment.get("OTEL_TRACES_EXPORTER") or "otlp"
    if environment.get("OTEL_SDK_DISABLED", "").lower() == "true" or exporters == "none":
        return None
    if exporters != "otlp":
        raise SettingsInvalid(f'OTEL_TRACES_EXPORTER must be "otlp" or "none"; got "{exporters}"')
    for name in ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"):
        protocol = environment.get(name) or PROTOCOL
        if protocol != PROTOCOL:
            raise SettingsInvalid(f'{name} must be "{PROTOCOL}"; got "{protocol}"')
    for name in ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"):
        _check_headers(name, environment.get(name, ""))
    collector = Collector()
    try:
        processor = BatchSpanProcessor(collector)
    except ValueError as error:
        collector.shutdown()
        raise SettingsInvalid(f"an OTEL_BSP_ variable cannot be used: {error}") from error
    return Otlp(processor, version=version, give_up=collector.shutdown)


class Collector(OTLPSpanExporter):
    """The SDK's exporter, which says once that its collector is lost and once that it is back.

    The SDK itself warns at every try, five lines for every batch as long as it lasts.
    """

    def __init__(self) -> None:
        """Read where to send, and how, from the OTEL_EXPORTER_OTLP_ variables."""
        super().__init__()
        self._is_lost = False
        # One of these is open at a time; the filter goes when the exporter ends.
        self._logger = logging.getLogger(OTLPSpanExporter.__module__)
        self._logger.addFilter(self._is_news)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send one batch, and notice whether the collector took it."""
        result = super().export(spans)
        if result is SpanExportResult.SUCCESS and self._is_lost:
            self._is_lost = False
            _log.info("tracing.collector_back")
        return result

    def shutdown(self) -> None:
        """Send nothing more."""
        super().shutdown()  # type: ignore[no-untyped-call]
        self._logger.removeFilter(self._is_news)

    def _is_news(self, _: logging.LogRecord) -> bool:
        was_lost, self._is_lost = self._is_lost, True
        return not was_lost


class _Ids(RandomIdGenerator):
    """Random ids, but for the span that begins a task's trace."""

    def __init__(self) -> None:
        self._given: ContextVar[SpanContext | None] = ContextVar("given", default=None)

    def generate_trace_id(self) -> int:
        given = self._given.get()
        return given.trace_id if given else super().generate_trace_id()

    def generate_span_id(self) -> int:
        given = self._given.get()
        return given.span_id if given else super().generate_span_id()

    @contextmanager
    def given(self, context: SpanContext) -> Iterator[None]:
        """Let the next span be this one."""
        token = self._given.set(context)
        try:
            yield
        finally:
            self._given.reset(token)


@dataclass(frozen=True)
class _Open:
    """A span under way, in the words of the door."""

    span: trace.Span
    name: str

    def note(self, **facts: Fact) -> None:
        self.span.set_attributes(_attributes(facts))

    def answered(self, *, status: int, route: str, request_id: str) -> None:
        self.note(request_id=request_id)
        if route:
            self.span.update_name(f"{self.name} {route}")
            self.span.set_attribute("http.route", route)
        if status:
            self.span.set_attribute("http.response.status_code", status)
        if status >= SERVER_FAULT:
            self.span.set_attribute("error.type", str(status))
            self.span.set_status(Status(StatusCode.ERROR))


class Otlp:
    """The door's Tracer. `processor` is what takes the ended spans."""

    def __init__(
        self,
        processor: SpanProcessor,
        *,
        version: str,
        give_up: Callable[[], None],
        end_wait_s_max: float = END_WAIT_S_MAX,
    ) -> None:
        """Make a provider of our own: an embedding program may have another one.

        version  of framegate, which every span is sent with
        give_up  called when the last spans have not left in time
        """
        self._ids = _Ids()
        self._provider = TracerProvider(
            resource=_resource(version),
            id_generator=self._ids,
            shutdown_on_exit=False,  # `end` does it, for a bounded time.
        )
        self._provider.add_span_processor(processor)
        self._give_up = give_up
        self._end_wait_s_max = end_wait_s_max
        self._tracer = self._provider.get_tracer(SERVICE, version)
        self._propagator = TraceContextTextMapPropagator()

    @contextmanager
    def of_request(self, method: str, *, traceparent: str) -> Iterator[Span]:
        """A server's span, named by method and, once that is known, by route."""
        name = method if method in METHODS else "HTTP"
        # Without tracestate: whatever a stranger writes there would travel to the collector.
        context = self._propagator.extract({"traceparent": traceparent}, context=Context())
        facts = {"http.request.method": method if method in METHODS else "_OTHER"}
        with self._opened(name, SpanKind.SERVER, facts, context=context) as opened:
            yield opened

    def span(self, name: str, facts: Mapping[str, Fact]) -> AbstractContextManager[Span]:
        """A part of the span under way, or the first of a trace."""
        return self._noted(name, SpanKind.INTERNAL, facts)

    def call(self, name: str, facts: Mapping[str, Fact]) -> AbstractContextManager[Span]:
        """As `span`, of the kind that waits for another service."""
        return self._noted(name, SpanKind.CLIENT, facts)

    def of_task(
        self, name: str, task_id: str, facts: Mapping[str, Fact]
    ) -> AbstractContextManager[Span]:
        """Below the span that began the task's trace, here or in another process."""
        root, context = self._root_of(task_id), Context()
        if root is not None:
            context = trace.set_span_in_context(NonRecordingSpan(root), context)
        return self._noted(name, SpanKind.CONSUMER, {"task_id": task_id, **facts}, context=context)

    def task_begun(self, task_id: str, facts: Mapping[str, Fact]) -> None:
        """Make the span that every later step is below, and link it and the current one."""
        root = self._root_of(task_id)
        if root is None:
            return
        current = trace.get_current_span()
        context = current.get_span_context()
        with self._ids.given(root):
            self._tracer.start_span(
                TASK,
                context=Context(),
                kind=SpanKind.PRODUCER,
                attributes=_attributes({"task_id": task_id, **facts}),
                links=[Link(context)] if context.is_valid else [],
            ).end()
        current.add_link(root)

    def trace_id(self) -> str:
        """Of the span under way."""
        context = trace.get_current_span().get_span_context()
        return trace.format_trace_id(context.trace_id) if context.is_valid else ""

    def end(self) -> None:
        """Send the last spans, for a bounded time; what has not left by then is lost."""
        ending = threading.Thread(target=self._provider.shutdown, daemon=True)
        ending.start()
        ending.join(self._end_wait_s_max)
        if ending.is_alive():
            self._give_up()

    def _root_of(self, task_id: str) -> SpanContext | None:
        """The span that begins a task's trace: all of it follows from the task's id.

        Whether it is sampled does too, since the samplers look at the trace's id alone.
        """
        number = ids.number_of(task_id)
        if not number:
            return None
        sampled = self._provider.sampler.should_sample(Context(), number, TASK)
        is_sampled = sampled.decision is Decision.RECORD_AND_SAMPLE
        flags = TraceFlags.SAMPLED if is_sampled else TraceFlags.DEFAULT
        return SpanContext(
            trace_id=number,
            span_id=number % (1 << SPAN_ID_BITS) or 1,  # 0 is no span's id.
            is_remote=True,
            trace_flags=TraceFlags(flags),
        )

    def _noted(
        self,
        name: str,
        kind: SpanKind,
        facts: Mapping[str, Fact],
        *,
        context: Context | None = None,
    ) -> AbstractContextManager["_Open"]:
        return self._opened(name, kind, _attributes(facts), context=context)

    @contextmanager
    def _opened(
        self,
        name: str,
        kind: SpanKind,
        attributes: Mapping[str, Fact],
        *,
        context: Context | None = None,
    ) -> Iterator["_Open"]:
        with self._tracer.start_as_current_span(
            name,
            kind=kind,
            attributes=attributes,
            context=context,
            # The SDK would add the sentence and the traceback, which may hold an address.
            record_exception=False,
            set_status_on_exception=False,
        ) as opened:
            try:
                yield _Open(opened, name)
            except BaseException as error:
                opened.set_attribute("error.type", type(error).__name__)
                if _is_fault(error):
                    opened.set_status(Status(StatusCode.ERROR))
                raise


def _check_headers(name: str, value: str) -> None:
    """Refuse what the SDK would leave out and write into the log: a token stands in it.

    raises   SettingsInvalid, which does not repeat the value
    """
    if not all(HEADER.fullmatch(each) for each in value.split(",") if each.strip()):
        raise SettingsInvalid(
            f"{name} must be NAME=VALUE, several by comma; in a value a comma is %2C and a space "
            "%20, as in Authorization=Bearer%20TOKEN"
        )


def _resource(version: str) -> Resource:
    """Who sends: OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES come before our own name."""
    ours = Resource({"service.name": SERVICE, "service.version": version})
    given = OTELResourceDetector().detect()
    return Resource.create().merge(ours).merge(given)


def _attributes(facts: Mapping[str, Fact]) -> dict[str, Fact]:
    return {f"framegate.{name}": fact for name, fact in facts.items() if fact != ""}


def _is_fault(error: BaseException) -> bool:
    """Whether something went wrong here: a refusal or a client that left is no fault of ours."""
    if isinstance(error, Refusal):
        return error.http_status >= SERVER_FAULT
    return isinstance(error, Exception)
