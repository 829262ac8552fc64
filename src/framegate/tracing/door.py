"""The one door to traces: what the other floors call, whether or not anybody listens.

Off, which is the default, every call is one comparison and nothing of OpenTelemetry is loaded. On,
the calls go to a Tracer, which `otlp` makes. A fact is one of our ids, names, counts or outcomes:
never a key, a prompt or an address, because a collector is somebody else's disk.
"""

import importlib
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol, Self

from framegate.errors import SettingsInvalid

EXTRA = "framegate[otel]"
IMPLEMENTATION = "framegate.tracing.otlp"
FOREIGN = "opentelemetry"

Fact = str | int | bool


class Span(Protocol):
    """One piece of work under way."""

    def note(self, **facts: Fact) -> None:
        """Add what became known of it."""
        ...

    def answered(self, *, status: int, route: str, request_id: str) -> None:
        """How an HTTP request ended.

        status  0 when nobody was left to answer
        route   its template; "" when no route took it
        """
        ...


class Tracer(Protocol):
    """Who keeps the spans: `otlp.Otlp`, or a test's own."""

    def of_request(self, method: str, *, traceparent: str) -> AbstractContextManager[Span]:
        """One HTTP request to us, as a part of its caller's trace if that has one."""
        ...

    def span(self, name: str, facts: Mapping[str, Fact]) -> AbstractContextManager[Span]:
        """A piece of whatever is under way."""
        ...

    def call(self, name: str, facts: Mapping[str, Fact]) -> AbstractContextManager[Span]:
        """As `span`, where we wait for somebody else."""
        ...

    def of_task(
        self, name: str, task_id: str, facts: Mapping[str, Fact]
    ) -> AbstractContextManager[Span]:
        """A step of a task after its create was answered, in that task's own trace."""
        ...

    def task_begun(self, task_id: str, facts: Mapping[str, Fact]) -> None:
        """Begin a task's trace, and link it and what is under way to each other."""
        ...

    def trace_id(self) -> str:
        """32 hex digits, or "" outside of every span."""
        ...

    def end(self) -> None:
        """Send what is left, for a bounded time."""
        ...


class _Nothing:
    """The span of a gateway without traces."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def note(self, **facts: Fact) -> None:
        """Nobody listens."""

    def answered(self, *, status: int, route: str, request_id: str) -> None:
        """Nobody listens."""


_NOTHING = _Nothing()
_tracer: Tracer | None = None


def is_on() -> bool:
    """Whether somebody keeps the spans."""
    return _tracer is not None


def of_request(method: str, *, traceparent: str) -> AbstractContextManager[Span]:
    """One HTTP request to us; traceparent is the caller's header, "" without one."""
    if _tracer is None:
        return _NOTHING
    return _tracer.of_request(method, traceparent=traceparent)


def span(name: str, **facts: Fact) -> AbstractContextManager[Span]:
    """A piece of whatever is under way."""
    return _NOTHING if _tracer is None else _tracer.span(name, facts)


def call(name: str, **facts: Fact) -> AbstractContextManager[Span]:
    """A piece of whatever is under way, in which we wait for somebody else."""
    return _NOTHING if _tracer is None else _tracer.call(name, facts)


def of_task(name: str, task_id: str, **facts: Fact) -> AbstractContextManager[Span]:
    """A step of a task in that task's own trace, in whichever process it is taken."""
    return _NOTHING if _tracer is None else _tracer.of_task(name, task_id, facts)


def task_begun(task_id: str, **facts: Fact) -> None:
    """A task is committed: its trace begins here, linked with the request's."""
    if _tracer is not None:
        _tracer.task_begun(task_id, facts)


def trace_id() -> str:
    """The trace of what is under way, for a log line; "" without one."""
    return "" if _tracer is None else _tracer.trace_id()


@contextmanager
def kept_by(tracer: Tracer) -> Iterator[None]:
    """Have every span of this process kept by a tracer, which is ended at the end."""
    global _tracer  # noqa: PLW0603 - like the log, a trace is the process's own
    _tracer = tracer
    try:
        yield
    finally:
        _tracer = None
        tracer.end()


@contextmanager
def exported(environment: Mapping[str, str], *, is_wanted: bool, version: str) -> Iterator[None]:
    """Send spans to the collector that the OTEL_ variables name, while inside.

    is_wanted  the setting; without it nothing is loaded
    version    of framegate, which every span is sent with
    raises     SettingsInvalid where the extra is missing, or a variable asks for what we have not
    """
    if not is_wanted:
        yield
        return
    try:
        otlp = importlib.import_module(IMPLEMENTATION)
    except ImportError as error:
        if (error.name or "").partition(".")[0] != FOREIGN:
            raise
        raise SettingsInvalid(
            f"observability.traces needs packages that are not installed: pip install '{EXTRA}'"
        ) from error
    tracer = otlp.begin(environment, version=version)
    if tracer is None:
        yield
        return
    with kept_by(tracer):
        yield
