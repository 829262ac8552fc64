"""What happened where, and how long it took: spans for an operator's own collector.

Flows, the web edge and the log call the names below, which cost next to nothing while nobody
asked for traces. `otlp` alone knows OpenTelemetry, and is loaded only when the setting says so.
"""

from framegate.tracing.door import (
    Fact,
    Span,
    Tracer,
    call,
    exported,
    is_on,
    of_request,
    of_task,
    span,
    task_begun,
    trace_id,
)

__all__ = [
    "Fact",
    "Span",
    "Tracer",
    "call",
    "exported",
    "is_on",
    "of_request",
    "of_task",
    "span",
    "task_begun",
    "trace_id",
]
