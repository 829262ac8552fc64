"""How the server logs: readable lines on a terminal, JSON lines elsewhere, never a secret.

Values come from outside, so control characters are escaped: nobody forges a log line.
"""

import logging
import sys
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

TRACEBACK = "exception"


def configure(*, verbose: bool = False) -> None:
    """Set up structlog and the standard library's logging, both to standard error."""
    level = logging.DEBUG if verbose else logging.INFO
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _escape,
    ]
    renderer: Processor = structlog.processors.JSONRenderer()
    if sys.stderr.isatty():
        renderer = structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processor=renderer)
    )
    logging.basicConfig(level=max(level, logging.WARNING), handlers=[handler], force=True)


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
