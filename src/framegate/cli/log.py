"""How the server logs: readable lines on a terminal, JSON lines elsewhere, never a secret.

Values come from outside, so control characters are escaped: nobody forges a log line.
"""

import contextlib
import logging
import sys
from typing import Any, TextIO, cast

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from framegate import tracing

TRACEBACK = "exception"


class _Patient:
    """Standard error, which may stand on a full disk or lead to a reader that has gone.

    A line that cannot be written is lost. Were it an error, the worker would end of what it wanted
    to say about a full disk.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with contextlib.suppress(OSError):
            return self._stream.write(text)
        return 0

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            self._stream.flush()


def configure(*, verbose: bool = False) -> None:
    """Set up structlog and the standard library's logging, both to standard error."""
    level = logging.DEBUG if verbose else logging.INFO
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        _traced,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _escape,
    ]
    renderer: Processor = structlog.processors.JSONRenderer()
    if sys.stderr.isatty():
        renderer = structlog.dev.ConsoleRenderer()
    patient = cast("TextIO", _Patient(sys.stderr))
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(patient),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(patient)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processor=renderer)
    )
    logging.basicConfig(level=max(level, logging.WARNING), handlers=[handler], force=True)


def _traced(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    # What leads from a line to the spans around it; nothing while there are none.
    trace_id = tracing.trace_id()
    return {**event, "trace_id": trace_id} if trace_id else event


def _escape(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    # A traceback alone has lines of its own.
    return {
        key: _escaped(value, kept="\n" if key == TRACEBACK else "") for key, value in event.items()
    }


def _escaped(value: Any, *, kept: str) -> Any:
    if not isinstance(value, str):
        return value
    return "".join(
        character if character.isprintable() or character in kept else repr(character)[1:-1]
        for character in value
    )
