"""Spans kept in memory: the tracer of the product, with the SDK's own exporter for tests."""

from contextlib import contextmanager

from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from framegate.tracing.door import kept_by
from framegate.tracing.otlp import Otlp


class Spans:
    """What ended so far."""

    def __init__(self):
        self._kept = InMemorySpanExporter()
        self.was_given_up = False
        self.tracer = Otlp(
            SimpleSpanProcessor(self._kept),
            version="1.2.3",
            give_up=self._give_up,
        )

    def _give_up(self):
        self.was_given_up = True

    @property
    def all(self):
        return self._kept.get_finished_spans()

    @property
    def names(self):
        return [span.name for span in self.all]

    def named(self, name):
        (found,) = [span for span in self.all if span.name == name]
        return found


@contextmanager
def recorded():
    """Traces on for as long as the block lasts."""
    spans = Spans()
    with kept_by(spans.tracer):
        yield spans
